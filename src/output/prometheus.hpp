// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The model as Prometheus metrics. docs/server.md lists them. Pure; safe on any thread.
//
// Names are in base units and begin with tt_; where the vendor's exporter (tt-telemetry) has a figure of the same
// meaning, the name is its name in base units. What is not known is absent.
//
// Cardinality: the series of one answer are bounded by the devices and by `most_processes`. The processes that hold
// most are shown one by one, all others together as pid="other"; texts are cut to kMostLabelBytes. Ended processes are
// only counted by state.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "model/host_use.hpp"
#include "model/model.hpp"

namespace ttmem::server {

inline constexpr size_t kMostLabelBytes = 64;

// A figure of the server itself.
struct OwnFigure {
    std::string name;
    std::string help;
    bool counter = false;
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
};

struct MetricsOptions {
    size_t most_processes = 128;
    // Asked, on the thread that writes, about each living process of this pid namespace that has series of its own;
    // empty: those figures are left out.
    std::function<api::HostUse(int pid)> host_use = {};
};

// Text format 0.0.4.
std::string metrics_text(const api::Model& model, const std::vector<OwnFigure>& own, const MetricsOptions& options);

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace ttmem::server
