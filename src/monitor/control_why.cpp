// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/control_why.hpp"

#include <algorithm>

#include "monitor/data/explained.hpp"

namespace ttmem::monitor {
namespace {

// The older ones are on the left.
void step_refusal(State& state, const Scene& scene, bool right) {
    const api::Model& model = *scene.model;
    const std::vector<size_t> refusals = shown_refusals(model, state);
    if (refusals.empty()) {
        return;
    }
    const size_t place = chosen_refusal(model, state, refusals);
    const size_t next = right ? place - std::min<size_t>(place, 1) : std::min(place + 1, refusals.size() - 1);
    const api::Failure& failure = model.failures[refusals[next]];
    state.refusal =
        next == 0 ? std::nullopt : std::optional(RefusalKey{key_of(model.processes[failure.process]), failure.number});
    state.own().position = next == place ? state.own().position : 0;
}

// In the order of their list.
void step_peak(State& state, const Scene& scene, bool right) {
    if (scene.explained == nullptr || scene.explained->peaks.empty()) {
        return;
    }
    const std::vector<PeakKey>& peaks = scene.explained->peaks;
    const size_t place = chosen_peak(peaks, state);
    const size_t next = right ? std::min(place + 1, peaks.size() - 1) : place - std::min<size_t>(place, 1);
    state.peak = next == 0 ? std::nullopt : std::optional(peaks[next]);
    state.own().position = next == place ? state.own().position : 0;
}

}  // namespace

void step_explained(State& state, const Scene& scene, bool right) {
    if (state.peaks) {
        step_peak(state, scene, right);
    } else {
        step_refusal(state, scene, right);
    }
}

bool turn_peaks(State& state) {
    if (state.replay) {
        return false;
    }
    state.peaks = !state.peaks;
    state.peak.reset();
    state.own().position = 0;
    return true;
}

}  // namespace ttmem::monitor
