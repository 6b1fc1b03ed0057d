// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The most that processes held in a time of the observer's choice, counted from outside out of their events: the
// program knows nothing of it. Exact while no event was overwritten before it was read and every picture was of one
// moment; else a lower bound, and marked as one.
//
// Pure: feed it the models of one inventory, each asked for with its events, in their order. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/model.hpp"

namespace ttmem::inventory {

struct ObservedPeak {
    uint64_t bytes = 0;
    bool exact = true;  // false: at least this
};

class ObservedPeaks {
public:
    // The first model is where the time begins: what is held then counts.
    void add(const api::Model& model);

    // Begins again at the next model.
    void restart() { *this = {}; }

    uint64_t began_ns() const { return began_ns_; }  // 0: it has not begun

    // The peak of a process on a device of `model`, the last one that was added. nullopt: its bytes were not known.
    std::optional<ObservedPeak> of(const api::Model& model, api::ProcessIndex process, api::DeviceIndex device,
                                   api::MemoryKind kind) const;

private:
    using Key = std::pair<std::string, std::string>;  // of the process, of the device
    struct Held {
        uint64_t bytes = 0;  // at the model before
        ObservedPeak peak;
    };
    using ByDevice = std::map<Key, api::PerKind<std::optional<Held>>>;

    ByDevice held_;
    bool begun_ = false;
    uint64_t began_ns_ = 0;
};

}  // namespace ttmem::inventory
