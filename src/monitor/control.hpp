// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Changes the state by keys and clicks. Has no effects beyond it: effects are returned for the caller to carry out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "monitor/scene.hpp"

namespace ttmem::monitor {

struct KillRequest {
    ProcessKey process;
    int signal = 0;
};

// Where to go in a recording that is replayed.
struct ReplayMove {
    Command command = Command::kGoTo;  // one of kEventBack to kGoTo
    std::string moment;                // of kGoTo, as the user typed it
};

struct Action {
    bool quit = false;
    bool refresh = false;  // the view needs other data than there is
    std::optional<KillRequest> kill;
    std::optional<ReplayMove> move;
};

// `frame`: the one on the screen. The scene's state is that which is changed.
Action press(State& state, Key key, const Scene& scene, const Frame& frame);

enum class Click : uint8_t { kLeft, kDouble, kWheelUp, kWheelDown };
Action click(State& state, Click button, size_t row, size_t column, const Scene& scene, const Frame& frame);

inline constexpr uint64_t kLeastInterval = 100;
inline constexpr uint64_t kMostInterval = 86'400'000;

}  // namespace ttmem::monitor
