// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/why_text.hpp"

#include <algorithm>
#include <climits>
#include <string>
#include <vector>

#include "analysis/holders.hpp"
#include "base/saturate.hpp"
#include "base/ttnn_files.hpp"
#include "model/device_names.hpp"
#include "output/bank_map.hpp"
#include "output/l1_sections.hpp"
#include "output/origin.hpp"
#include "output/table.hpp"
#include "output/text.hpp"
#include "output/why_course.hpp"
#include "output/why_words.hpp"

namespace ttmem::output {

namespace {

using analysis::Why;
using monitor::exact_bytes;
using monitor::kUnknown;
using monitor::Lines;
using monitor::printable;
using monitor::Style;

constexpr size_t kMostHolders = 10;
constexpr size_t kMostFrames = 5;
constexpr size_t kLeastWidth = 40;

std::string process_text(const api::Model& model, api::ProcessIndex index) {
    const api::Process& process = model.processes[index];
    const std::string command = process.command.empty() ? process.name : process.command;
    return "process " + (process.pid ? std::to_string(*process.pid) : kUnknown) +
           (command.empty() ? "" : " (" + monitor::fit_command(command, 40) + ")");
}

std::string state_text(const api::Process& process, const Why& why) {
    if ((why.saved || why.recorded) && api::counts(process.state)) {
        return why.saved ? "which lived as this was saved" : "which lived then";
    }
    switch (process.state) {
        case api::ProcessState::kLive:
            return "which lives";
        case api::ProcessState::kStopped:
            return "which is stopped";
        case api::ProcessState::kExited:
            return "which has ended";
        case api::ProcessState::kDied:
            return "which was killed";
        default:
            return std::string(to_string(process.state));
    }
}

// The request: its size, its process and its time.
void add_request(Lines& lines, const api::Model& model, const api::Failure& failure, const Why& why, size_t width) {
    const api::Process& process = model.processes[failure.process];
    add_wrapped(lines,
                "At " + monitor::local_time(failure.time_ns) + " in " + process_text(model, failure.process) + ", " +
                    state_text(process, why) + ".",
                width, 2, Style::kPlain);
    std::string request = origin_text(model, failure.context, std::nullopt);
    if (failure.tensor) {
        api::Buffer of_tensor;
        of_tensor.tensor = failure.tensor;
        request += (request.empty() ? "a tensor " : " for a tensor ") + inventory::tensor_text(model, of_tensor);
    }
    if (!request.empty()) {
        add_wrapped(lines, "Asked for by " + request + ".", width, 2, Style::kPlain);
    }
    if (failure.handled == true) {
        add_wrapped(lines, "The same call went on after it.", width, 2, Style::kPlain);
    }
}

void add_arithmetic(Lines& lines, const Why& why, const api::Failure& failure, size_t width) {
    if (failure.type == api::FailureType::kOutOfMemory) {
        add_figure(lines, "wanted",
                   exact_bytes(why.wanted_bytes_per_bank) + " in each of " + std::to_string(failure.banks) + " banks");
        add_figure(lines, "", exact_bytes(why.wanted_bytes) + " together");
        add_figure(lines, "a bank has", exact_bytes(why.limit_bytes));
        add_figure(lines, "free in it", exact_bytes(why.free_bytes_per_bank));
        add_figure(lines, "largest hole", exact_bytes(why.largest_free_bytes_per_bank));
        if (why.missing_bytes) {
            add_figure(lines, "missing", exact_bytes(why.missing_bytes));
        }
        return;
    }
    if (failure.type == api::FailureType::kConfigRing || failure.type == api::FailureType::kTraceRegion) {
        add_figure(lines, "wanted", exact_bytes(why.wanted_bytes));
        add_figure(lines, failure.type == api::FailureType::kTraceRegion ? "the region has" : "the ring has",
                   exact_bytes(why.limit_bytes));
        add_figure(lines, "missing", exact_bytes(why.missing_bytes));
        return;
    }
    const bool clash = failure.type == api::FailureType::kClash;
    add_figure(lines, "they end at", exact_bytes(api::Bytes(failure.end_address)));
    add_figure(lines, clash ? "buffer begins" : "L1 of a core", exact_bytes(why.limit_bytes));
    add_figure(lines, "missing", exact_bytes(why.missing_bytes));
    const std::string cores = failure.cores.empty() ? "" : "on cores " + monitor::core_text(failure.cores);
    const std::string kernels = failure.program.empty() ? "" : "with kernels " + failure.program;
    if (!cores.empty() || !kernels.empty()) {
        add_wrapped(lines, cores + (cores.empty() || kernels.empty() ? "" : ", ") + kernels, width, 2, Style::kPlain);
    }
}

void add_stack(Lines& lines, const api::Model& model, const api::Failure& failure, size_t width) {
    if (!failure.context || model.contexts[*failure.context].stack.empty()) {
        return;
    }
    const std::vector<api::Frame>& stack = model.contexts[*failure.context].stack;
    lines.emplace_back("");
    lines.emplace_back("Called from", Style::kHeading);
    size_t shown = 0;
    for (const api::Frame& frame : stack) {
        if (is_ttnn_file(frame.file)) {
            continue;
        }
        if (shown++ == kMostFrames) {
            lines.emplace_back("  and further ones (--json has them)", Style::kDim);
            break;
        }
        const std::string line = frame.line == 0 ? "" : ":" + std::to_string(frame.line);  // C++ frames have none
        add_wrapped(lines, last_parts(frame.file) + line + " in " + frame.function, width, 2, Style::kPlain);
    }
}

// The moment of a peak, its process, and how exact the answer is.
void add_peak(Lines& lines, const api::Model& model, const Why& why, size_t width) {
    const api::Process& process = model.processes[*why.process];
    add_wrapped(lines,
                "At " + monitor::local_time(model.time_ns) + " in " + process_text(model, *why.process) + ", " +
                    state_text(process, why) + ".",
                width, 2, Style::kPlain);
    lines.emplace_back("");
    add_figure(lines, "held", exact_bytes(why.peak->shown_bytes));
    if (why.peak->bytes > why.peak->shown_bytes) {
        add_figure(lines, "peak", exact_bytes(why.peak->bytes) + ", which came later and has no picture");
    }
    if (!process.one_moment) {
        add_wrapped(lines, "Other threads went on while the picture was taken: it may be some events apart.", width, 2,
                    Style::kDim);
    }
    if (process.unlisted_buffers > 0) {
        add_wrapped(lines,
                    std::to_string(process.unlisted_buffers) + " buffers found no room in the picture, the smallest (" +
                        monitor::human_bytes(why.peak->left_out_bytes) + " together); they are not among these.",
                    width, 2, Style::kDim);
    }
}

std::string holders_title(const api::Model& model, const Why& why) {
    std::string title = (why.holders_then ? "Who held " : "Who holds ") +
                        (why.kind ? kind_name(*why.kind) : std::string("memory")) + " of " +
                        (why.devices.size() == 1 ? "device " : "devices ") +
                        api::DeviceNames(model).labels(why.devices, kUnknown);
    if (!why.failure) {
        return why.peak ? title + " at the peak" : title;
    }
    return title + (why.frozen         ? " at the refusal"
                    : why.holders_then ? " at the refusal (its largest holders)"
                    : why.changed      ? " now (it held other bytes at the refusal)"
                                       : " (the same bytes as at the refusal)");
}

void add_holders(Lines& lines, const api::Model& model, const Why& why, size_t width) {
    lines.emplace_back("");
    if (!why.holders_known) {
        add_wrapped(lines, "Who held the memory is not known: the process has ended, or its device is closed.", width,
                    0, Style::kDim);
        return;
    }
    add_wrapped(lines, holders_title(model, why), width, 0, Style::kHeading);
    if (why.holders.empty()) {
        lines.emplace_back("  no buffer");
        return;
    }
    std::vector<monitor::TableRow> rows{{"BYTES", "SHARE", "BUFFERS", "WHAT"}};
    for (size_t i = 0; i < why.holders.size() && i < kMostHolders; ++i) {
        const analysis::HeldBy& holder = why.holders[i];
        std::string what = holder.scope;
        what += (what.empty() || holder.operation.empty() ? "" : "/") + holder.operation;
        what += (what.empty() || holder.place.empty() ? "" : " ") + last_parts(holder.place);
        what += (what.empty() || holder.tensor.empty() ? "" : ": ") + holder.tensor;
        rows.push_back({std::to_string(holder.bytes), monitor::percent(holder.bytes, why.held_bytes),
                        holder.buffers > 0 ? std::to_string(holder.buffers) : kUnknown,
                        what.empty() ? kUnknown : printable(what)});
    }
    monitor::add_table(lines, rows, {3}, width);
    if (why.holders.size() > kMostHolders) {
        uint64_t rest = 0;
        for (size_t i = kMostHolders; i < why.holders.size(); ++i) {
            saturating_add(rest, why.holders[i].bytes);
        }
        lines.emplace_back(std::to_string(rest) + " in " + std::to_string(why.holders.size() - kMostHolders) +
                               " smaller groups (--json has them)",
                           Style::kDim);
    }
}

void add_advice(Lines& lines, const api::Model& model, const Why& why, size_t width) {
    if (why.fits_now) {
        lines.emplace_back("");
        add_wrapped(lines, "The same request would be granted now.", width, 0, Style::kGood);
    }
    if (why.advice.empty()) {
        return;
    }
    lines.emplace_back("");
    lines.emplace_back(why.advice.size() == 1 ? "What would help" : "What would help (any one of these)",
                       Style::kHeading);
    for (const analysis::Advice& advice : why.advice) {
        add_wrapped(lines, "- " + advice_sentence(model, why, advice), width, 2, Style::kPlain);
    }
}

void add_others(Lines& lines, const api::Model& model, const Why& why, size_t width) {
    std::vector<int> others;
    for (size_t i = 0; i < model.failures.size(); ++i) {
        if (i != *why.failure && model.failures[i].process == *why.process) {
            others.push_back(static_cast<int>(std::min<uint64_t>(model.failures[i].number, INT_MAX)));
        }
    }
    if (!others.empty()) {
        lines.emplace_back("");
        add_wrapped(lines,
                    std::to_string(others.size()) + " more " + (others.size() == 1 ? "refusal" : "refusals") +
                        " of this process: " + (others.size() == 1 ? "number " : "numbers ") + monitor::ranges(others) +
                        " (ttmem why PID --refusal NUMBER).",
                    width, 0, Style::kDim);
    }
}

}  // namespace

void add_wrapped(Lines& lines, const std::string& text, size_t width, size_t indent, Style style) {
    monitor::l1::paragraph(lines, printable(text), width, indent, style);
}

void add_figure(Lines& lines, const std::string& name, const std::string& value, size_t columns) {
    monitor::Line line("  " + monitor::fit_left(name, columns), Style::kDim);
    line.add(value);
    lines.push_back(line);
}

Lines why_text(const api::Model& model, const Why& why, size_t asked_width, bool utf8) {
    const size_t width = std::max(asked_width, kLeastWidth);
    Lines lines;
    add_wrapped(lines, why_sentence(model, why), width, 0, why.failure ? Style::kError : Style::kTitle);
    if (why.failure) {
        const api::Failure& failure = model.failures[*why.failure];
        lines.emplace_back("");
        add_request(lines, model, failure, why, width);
        lines.emplace_back("");
        add_arithmetic(lines, why, failure, width);
        add_bank_map(lines, why, width, utf8);
        add_stack(lines, model, failure, width);
    }
    if (why.peak) {
        lines.emplace_back("");
        add_peak(lines, model, why, width);
    }
    if (why.failure || why.kind) {
        add_holders(lines, model, why, width);
        add_categories(lines, why, width);
    }
    add_course(lines, why, width);
    add_advice(lines, model, why, width);
    if (why.failure) {
        add_others(lines, model, why, width);
    }
    return lines;
}

}  // namespace ttmem::output
