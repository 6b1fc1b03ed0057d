// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The choices of view 7: which refusal, or which peak. A part of control.hpp.
#pragma once

#include "monitor/scene.hpp"

namespace ttmem::monitor {

// To the refusal or peak on the left, or on the right. At the latest refusal view 7 stays with whichever is the latest.
void step_explained(State& state, const Scene& scene, bool right);

// Peaks instead of refusals, or refusals again. False: a recording has none here.
bool turn_peaks(State& state);

}  // namespace ttmem::monitor
