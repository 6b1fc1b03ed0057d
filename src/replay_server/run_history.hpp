// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording as the history that a server would have kept of it, for the page's charts. Pure.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>

#include "replay/playback.hpp"

namespace ttmem::replay_server {

struct RunQuestion {
    std::optional<int> device;  // tt-metal's logical id; absent: all
    bool processes = true;      // series of processes, too; for one device alone
    size_t most_points = 600;   // of a series
};

inline constexpr size_t kMostSeries = 1024;

// As `ttmem history --json` prints an answer: DRAM and L1, of which a point has the most bytes in its part of the
// recording's time, and "seconds_per_point" with fractions. Chips that processes describe alike are one device. At most
// kMostSeries are given.
nlohmann::ordered_json run_history(const replay::Playback& playback, const RunQuestion& question);

}  // namespace ttmem::replay_server
