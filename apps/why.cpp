// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/why.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ask_server.hpp"
#include "commands.hpp"
#include "inventory/inventory.hpp"
#include "inventory/picture_model.hpp"
#include "inventory/saved_picture.hpp"
#include "new_file.hpp"
#include "output/text.hpp"
#include "output/why_text.hpp"
#include "output/write_text.hpp"
#include "output_width.hpp"
#include "recording/reader.hpp"
#include "replay/explain_moment.hpp"
#include "report/recorded_course.hpp"
#include "why_peak.hpp"

namespace ttmem {
namespace {

// The newest process of this number.
std::optional<api::ProcessIndex> find_process(const api::Model& model, int pid) {
    for (api::ProcessIndex i{0}; i < model.processes.size(); ++i) {
        if (model.processes[i].pid == pid) {
            return i;
        }
    }
    return std::nullopt;
}

// All digits; nothing of other words.
std::optional<int> number(const std::string& word) {
    int value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc() && end == word.data() + word.size() ? std::optional(value) : std::nullopt;
}

int refuse(const std::string& why) {
    std::fprintf(stderr, "ttmem why: %s\n", why.c_str());
    return kExitFailure;
}

int print(const inventory::Explanation& explanation, const std::vector<std::string>& notices,
          const WhyOptions& options) {
    monitor::Lines lines;
    if (options.json) {
        nlohmann::ordered_json all = output::why_json(*explanation.model, explanation.why);
        all["notices"] = notices;
        lines.emplace_back(all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    } else {
        lines = output::why_text(*explanation.model, explanation.why, width_of_output(options.width), output_is_utf8());
        for (const std::string& notice : notices) {
            lines.emplace_back(monitor::printable(notice), monitor::Style::kWarning);
        }
    }
    return monitor::write_text(STDOUT_FILENO, lines) ? 0 : kExitFailure;
}

int keep(const Result<std::string>& bytes, const WhyOptions& options) {
    if (!bytes) {
        return refuse(bytes.error().message);
    }
    const std::optional<std::string> complaint = write_new_file(options.save, bytes.value());
    return complaint ? refuse(*complaint) : 0;
}

int save(const api::Model& model, const std::optional<size_t>& failure, const WhyOptions& options) {
    return failure ? keep(inventory::save_picture(model, *failure, options.redact), options)
                   : refuse("nothing was refused, so there is nothing to save; --peak --save keeps the peak");
}

// Whether the recording's process is the model's: pids come again, start times do not.
bool is_same(const recording::RecordedProcess& recorded, const api::Process& process) {
    constexpr uint64_t kOneSecond = 1'000'000'000;
    if (!recorded.facts || !process.pid || !process.start_time_ns ||
        recorded.facts->pid != static_cast<uint32_t>(*process.pid)) {
        return false;
    }
    const uint64_t one = recorded.facts->start_time_ns, other = *process.start_time_ns;
    return std::max(one, other) - std::min(one, other) < kOneSecond;
}

const recording::RecordedProcess* find_recorded(const recording::Reader& recording, const api::Process& process) {
    for (const recording::RecordedProcess& each : recording.processes()) {
        if (is_same(each, process)) {
            return &each;
        }
    }
    return nullptr;
}

// Of the processes that the recording is of, the one that was refused last, else any. nullopt: none has a ledger.
std::optional<api::ProcessIndex> refused_last(const api::Model& model, const recording::Reader& recording) {
    for (size_t i = model.failures.size(); i > 0; --i) {
        if (find_recorded(recording, model.processes[model.failures[i - 1].process]) != nullptr) {
            return model.failures[i - 1].process;
        }
    }
    for (api::ProcessIndex i{0}; i < model.processes.size(); ++i) {
        if (find_recorded(recording, model.processes[i]) != nullptr) {
            return i;
        }
    }
    return std::nullopt;
}

// The number in its process's ledger of the allocator that refused; nullopt: not known.
std::optional<uint32_t> number_of_allocator(const api::Model& model, const analysis::Why& why) {
    if (!why.failure || !model.failures[*why.failure].allocator) {
        return std::nullopt;
    }
    const api::AllocatorIndex allocator = *model.failures[*why.failure].allocator;
    const api::ProcessIndex process = model.allocators[allocator].process;
    return static_cast<uint32_t>(
        std::count_if(model.allocators.begin(), model.allocators.begin() + static_cast<int64_t>(allocator),
                      [process](const api::Allocator& each) { return each.process == process; }));
}

// The latest refusal at or before a moment of a recording, or the fullest device then: from the recording alone.
int explain_at(const WhyOptions& options, const std::string& at) {
    const Result<std::shared_ptr<replay::Playback>> opened = replay::Playback::open(options.of);
    if (!opened) {
        return refuse(opened.error().message);
    }
    if (const Result<bool> found = opened.value()->go_to(at); !found) {
        return refuse(options.of + ": " + found.error().message);
    }
    return print(replay::explain_moment(opened.value()), opened.value()->notices(), options);
}

// The ledger explains the refusal, the recording of its process says how it came to this.
int explain_recorded(std::shared_ptr<const api::Model> model, const recording::Reader& recording,
                     const WhyOptions& options) {
    const std::optional<api::ProcessIndex> process = refused_last(*model, recording);
    if (!process) {
        return explain_at(options, "end");  // no process of it has a ledger here any more
    }
    const recording::RecordedProcess& recorded = *find_recorded(recording, model->processes[*process]);
    const std::vector<std::string> notices = model->notices;
    inventory::Explanation explanation = inventory::explain_latest(std::move(model), process);
    analysis::Why& why = explanation.why;
    if (why.kind) {
        const uint64_t until_ns =
            why.failure ? explanation.model->failures[*why.failure].time_ns : explanation.model->time_ns;
        std::optional<analysis::Course> course = report::recorded_course(
            recording, recorded, *why.kind, number_of_allocator(*explanation.model, why), until_ns);
        if (course) {
            analysis::set_course(why, *explanation.model, std::move(*course));
        }
    }
    return print(explanation, notices, options);
}

// The model with its buffers, refusals and programs.
std::shared_ptr<const api::Model> read_all(inventory::Inventory& inventory) {
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    request.programs = inventory::ProgramDepth::kPrograms;
    return inventory.refresh(request);
}

std::string not_tracked(const std::string& pid) {
    return "no process " + pid + " is tracked, and none of that number ended lately";
}

}  // namespace

int why_command(const WhyOptions& options) {
    const std::optional<int> pid = number(options.of);
    if (options.refusal && !pid) {
        return refuse("--refusal is a number in one process: give its pid, too");
    }
    if (!options.at.empty()) {
        return options.of.empty() || pid || !options.save.empty()
                   ? refuse("--at is a moment of a recording: give its file, and no --save")
                   : explain_at(options, options.at);
    }
    std::optional<recording::Reader> recording;
    if (!options.of.empty() && !pid) {
        if (Result<recording::Reader> reader = recording::Reader::open(options.of)) {
            recording = std::move(reader.value());
        }
    }
    if (!options.of.empty() && !pid && (!recording || !options.save.empty())) {
        if (!options.save.empty()) {
            return refuse("--save takes a process, not a file");
        }
        const Result<inventory::Explanation> saved = inventory::explain_saved(options.of);
        return saved ? print(saved.value(), {}, options) : refuse(saved.error().message);
    }
    ServerAsker server;
    inventory::Inventory inventory(server.settings(inventory::TelemetryUse::kOff));
    const auto model = read_all(inventory);
    if (!server.complaint().empty()) {
        return refuse(server.complaint());
    }
    if (recording) {
        return explain_recorded(model, *recording, options);
    }
    std::optional<api::ProcessIndex> process;
    if (pid) {
        process = find_process(*model, *pid);
        if (!process) {
            return refuse(not_tracked(options.of));
        }
    }
    std::optional<size_t> failure;
    if (options.refusal) {
        failure = analysis::find_refusal(*model, *process, *options.refusal);
        if (!failure) {
            return refuse("process " + options.of + " has no refusal " + std::to_string(*options.refusal));
        }
    }
    if (!options.save.empty()) {
        return save(*model, failure ? failure : analysis::explain_latest(*model, process).failure, options);
    }
    const inventory::Explanation explanation =
        failure ? inventory::explain_refusal(model, *failure) : inventory::explain_latest(model, process);
    if (!explanation.why.failure && !explanation.why.kind) {
        // No device is open: the processes that ended lately.
        if (const auto peak = inventory::explain_latest_peak(*model)) {
            return print(peak->explanation, model->notices, options);
        }
    }
    return print(explanation, model->notices, options);
}

int why_peak_command(const WhyOptions& options, const std::string& memory) {
    const std::optional<int> pid = number(options.of);
    if (!options.of.empty() && !pid) {
        return refuse("--peak is of a process: give its pid, or nothing");
    }
    ServerAsker server;
    inventory::Inventory inventory(server.settings(inventory::TelemetryUse::kOff));
    const auto model = read_all(inventory);
    if (!server.complaint().empty()) {
        return refuse(server.complaint());
    }
    const std::optional<api::ProcessIndex> process = pid ? find_process(*model, *pid) : std::nullopt;
    if (pid && !process) {
        return refuse(not_tracked(options.of));
    }
    const std::optional<api::MemoryKind> kind = inventory::memory_kind_named(memory);
    const std::optional<inventory::LatestPeak> peak = inventory::explain_latest_peak(
        *model, kind, [&process](api::ProcessIndex each) { return !process || each == *process; });
    if (!peak) {
        return refuse((process ? "process " + options.of + " has no" : "no tracked process has a") +
                      std::string(" picture of a peak") + (kind ? " of " + memory : "") +
                      ": it is taken when memory is freed of which at least 1 MiB was held");
    }
    return options.save.empty()
               ? print(peak->explanation, model->notices, options)
               : keep(inventory::save_peak(*model, peak->process, peak->explanation.why.kind, options.redact), options);
}

}  // namespace ttmem
