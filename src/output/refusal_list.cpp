// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/refusal_list.hpp"

#include <algorithm>

#include "output/l1_sections.hpp"
#include "output/origin.hpp"
#include "output/text.hpp"
#include "output/why_words.hpp"

namespace ttmem::output {

namespace {

using monitor::printable;
using monitor::Style;

constexpr size_t kMostListed = 5;

std::string process_text(const api::Model& model, const api::Failure& failure) {
    const api::Process& process = model.processes[failure.process];
    return "process " + monitor::l1::pid_text(model, failure.process) +
           (api::counts(process.state) ? "" : " (" + std::string(to_string(process.state)) + ")");
}

std::string one_line(const api::Model& model, const api::Failure& failure) {
    const std::string origin = origin_text(model, failure.context, std::nullopt);
    return monitor::local_time(failure.time_ns) + "  " + process_text(model, failure) + ": " +
           printable(refusal_text(failure)) + (origin.empty() ? "" : ", at " + printable(origin));
}

}  // namespace

monitor::Lines refusal_list(const api::Model& model, size_t width) {
    monitor::Lines lines;
    if (model.failures.empty()) {
        return lines;
    }
    lines.emplace_back("Refused for want of memory, the latest first (ttmem why PID explains)", Style::kTitle);
    const size_t listed = std::min(model.failures.size(), kMostListed);
    for (size_t i = 0; i < listed; ++i) {
        const std::string text = one_line(model, model.failures[model.failures.size() - 1 - i]);
        if (width == 0) {
            lines.emplace_back("  " + text);
        } else {
            monitor::l1::paragraph(lines, text, width, 2);
        }
    }
    if (model.failures.size() > listed) {
        lines.emplace_back("  and " + std::to_string(model.failures.size() - listed) + " before", Style::kDim);
    }
    return lines;
}

std::string refusal_summary(const api::Model& model) {
    if (model.failures.empty()) {
        return "";
    }
    const api::Failure& latest = model.failures.back();
    const size_t count = model.failures.size();
    return std::to_string(count) + (count == 1 ? " refusal" : " refusals") + " for want of memory, the latest in " +
           process_text(model, latest) + ": " + printable(refusal_text(latest)) + " (ttmem why " +
           monitor::l1::pid_text(model, latest.process) + ")";
}

}  // namespace ttmem::output
