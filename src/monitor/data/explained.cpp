// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/data/explained.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "inventory/picture_model.hpp"
#include "monitor/scene.hpp"
#include "output/why_text.hpp"

namespace ttmem::monitor {
namespace {

std::optional<api::DeviceIndex> chosen_device(const api::Model& model, const State& state) {
    for (api::DeviceIndex device{0}; device < model.devices.size() && !state.device.empty(); ++device) {
        if (key_of(model.devices[device]) == state.device) {
            return device;
        }
    }
    return std::nullopt;
}

RefusalKey key_of_refusal(const api::Model& model, size_t refusal) {
    const api::Failure& failure = model.failures[refusal];
    return {key_of(model.processes[failure.process]), failure.number};
}

std::string text_of(const ProcessKey& key) {
    return std::to_string(key.pid) + "@" + std::to_string(key.start_time_ns);
}

// The state of its buffers, as far as it shows without reading them.
std::string state_of(const api::Model& model, api::ProcessIndex place, const Explained::Source& source) {
    const api::Process& process = model.processes[place];
    std::string text = text_of(key_of(process)) + ":" + std::string(to_string(process.state)) + ":" +
                       std::to_string(source.events_of(place).value_or(0));
    for (const api::ProcessDevice& use : process.devices) {
        text += " " + std::to_string(use.device);
        for (const api::MemoryKind kind : api::kAllMemoryKinds) {
            text +=
                ":" + std::to_string(use.bytes[kind].value_or(0)) + "/" + std::to_string(use.buffers[kind].value_or(0));
        }
    }
    return text + "\n";
}

// The choices of the user.
std::string asked_for(const api::Model& model, const State& state, const std::vector<size_t>& refusals, size_t width) {
    std::string text = std::to_string(width) + " " + state.device + " ";
    if (state.peaks) {
        return text + "peak " + (state.peak ? text_of(state.peak->process) : "") +
               (state.peak ? std::string(to_string(state.peak->kind)) : "");
    }
    if (refusals.empty()) {
        return text + "fullest";
    }
    const size_t refusal = refusals[chosen_refusal(model, state, refusals)];
    const RefusalKey key = key_of_refusal(model, refusal);
    return text + text_of(key.process) + "#" + std::to_string(key.number);
}

// The state that the explanation rests on.
std::string rests_on(const api::Model& model, const State& state, const std::vector<size_t>& refusals,
                     const Explained::Source& source) {
    std::string text;
    if (!state.peaks && !refusals.empty()) {
        const api::Failure& failure = model.failures[refusals[chosen_refusal(model, state, refusals)]];
        text = state_of(model, failure.process, source) + (failure.handled == true ? "handled " : "");
        return text + std::to_string(model.failures.size());
    }
    for (api::ProcessIndex process{0}; process < model.processes.size(); ++process) {
        text += state_of(model, process, source);
    }
    for (const api::Device& device : model.devices) {
        for (const api::MemoryKind kind : {api::MemoryKind::kDram, api::MemoryKind::kL1}) {
            text += std::to_string(device.memory[kind].allocated_bytes.value_or(0)) + " ";
        }
    }
    return text;
}

inventory::Explanation explain(std::shared_ptr<const api::Model> model, const State& state,
                               const Explained::Source& source) {
    const std::vector<size_t> refusals = shown_refusals(*model, state);
    if (!refusals.empty()) {
        const size_t refusal = refusals[chosen_refusal(*model, state, refusals)];
        if (source.of_past) {
            if (std::optional<inventory::Explanation> then = source.of_past(*model, refusal)) {
                return *std::move(then);
            }
        }
        return inventory::explain_refusal(std::move(model), refusal);
    }
    analysis::Why why = analysis::fullest(*model, std::nullopt, chosen_device(*model, state));
    if (!why.kind && state.device.empty()) {  // no device is open: the processes that ended lately
        if (std::optional<inventory::LatestPeak> peak = inventory::explain_latest_peak(*model)) {
            return std::move(peak->explanation);
        }
    }
    return {std::move(model), std::move(why)};
}

}  // namespace

// Of the processes that use the chosen device, or of all.
std::vector<inventory::PeakOfProcess> shown_peaks(const api::Model& model, const State& state) {
    const std::optional<api::DeviceIndex> device = chosen_device(model, state);
    return inventory::list_peaks(model, [&](api::ProcessIndex process) {
        const std::vector<api::ProcessDevice>& uses = model.processes[process].devices;
        return state.device.empty() || std::any_of(uses.begin(), uses.end(),
                                                   [&](const api::ProcessDevice& use) { return use.device == device; });
    });
}

std::vector<size_t> shown_refusals(const api::Model& model, const State& state) {
    const std::optional<api::DeviceIndex> device = chosen_device(model, state);
    std::vector<size_t> shown;
    for (size_t i = model.failures.size(); i > 0; --i) {
        const std::vector<api::DeviceIndex>& of = model.failures[i - 1].devices;
        if (state.device.empty() || (device && std::find(of.begin(), of.end(), *device) != of.end())) {
            shown.push_back(i - 1);
        }
    }
    return shown;
}

size_t chosen_refusal(const api::Model& model, const State& state, const std::vector<size_t>& refusals) {
    for (size_t place = 0; place < refusals.size() && state.refusal; ++place) {
        if (key_of_refusal(model, refusals[place]) == *state.refusal) {
            return place;
        }
    }
    return 0;
}

size_t chosen_peak(const std::vector<PeakKey>& peaks, const State& state) {
    const auto found = state.peak ? std::find(peaks.begin(), peaks.end(), *state.peak) : peaks.end();
    return found == peaks.end() ? 0 : static_cast<size_t>(found - peaks.begin());
}

void Explained::explain_peaks(const State& state, const Look& look, const Source& source) {
    const std::shared_ptr<const api::Model> model = source.read();
    const std::vector<inventory::PeakOfProcess> known = shown_peaks(*model, state);
    page_.peaks.clear();
    for (const inventory::PeakOfProcess& peak : known) {
        page_.peaks.push_back({key_of(model->processes[peak.process]), peak.kind});
    }
    page_.count = known.size();
    page_.place = chosen_peak(page_.peaks, state);
    std::optional<inventory::Explanation> explanation;
    if (!known.empty()) {
        explanation = inventory::explain_peak(*model, known[page_.place].process, known[page_.place].kind);
    }
    page_.lines.clear();
    if (explanation) {
        page_.lines = output::why_text(*explanation->model, explanation->why, look.width, look.utf8);
    } else {
        page_.lines.emplace_back("A peak has a picture once memory is freed of which at least 1 MiB was held.");
    }
}

void Explained::update(const api::Model& model, const State& state, const Look& look, uint64_t now_ns,
                       const Source& source) {
    const std::vector<size_t> refusals = shown_refusals(model, state);
    if (!state.peaks) {
        page_.place = refusals.empty() ? 0 : chosen_refusal(model, state, refusals);
        page_.count = refusals.size();
        page_.peaks.clear();
    }
    std::string asked = asked_for(model, state, refusals, look.width);
    std::string of = rests_on(model, state, refusals, source);
    const bool rests = !source.of_past && now_ns < not_before_ns_;
    if (asked == asked_ && (of == of_ || rests)) {
        return;
    }
    const uint64_t began_ns = clock_ns(CLOCK_MONOTONIC);
    page_.of_peaks = state.peaks;
    if (state.peaks) {
        explain_peaks(state, look, source);
    } else {
        const inventory::Explanation explanation = explain(source.read(), state, source);
        page_.lines = output::why_text(*explanation.model, explanation.why, look.width, look.utf8);
    }
    not_before_ns_ = now_ns + (clock_ns(CLOCK_MONOTONIC) - began_ns) * kRestAfterWork;
    asked_ = std::move(asked);
    of_ = std::move(of);
    ++made_;
}

void Explained::clear() {
    page_ = {};
    asked_.clear();
    of_.clear();
}

}  // namespace ttmem::monitor
