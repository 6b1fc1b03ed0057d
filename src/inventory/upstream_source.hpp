// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Processes that are not hooked, from upstream's counters (upstream_region.hpp), as the last and least of the sources:
// a process that a ledger or the old socket reports is left to them.
//
// A region is no more than a claim, and it keeps the figures of processes that were killed. So an entry counts
// only if the kernel confirms it: the process maps that very file, and runs as its owner. Entries of other pid
// namespaces are looked up by the pid that the process has there, and shown by the pid that it has here. What is not
// confirmed is a ghost: shown as died, with a reason, and not counted.
//
// Upstream counts requested bytes. They are added to a device's allocated bytes, as the known part of them
// (MemoryUse::upstream_bytes says how many), and the figures that they make unknowable (peaks, largest free stretch,
// number of buffers) become unknown.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "inventory/ledger_directory.hpp"
#include "inventory/listing_stamp.hpp"
#include "inventory/upstream_region.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// TT_ALLOC_REGION_DIR, else where ledgers are.
std::string default_region_directory();

struct UpstreamProcesses {
    std::vector<api::Process> living;
    std::vector<api::Process> ghosts;
};

class UpstreamSource {
public:
    static constexpr size_t kMostRegionsOfUser = 256;

    explicit UpstreamSource(std::string directory) : directory_(std::move(directory)) {}

    // Reads all regions and judges their processes.
    void refresh();
    // Counts the living ones on the model's devices, with a new device after the others for a chip that is not there
    // yet; what it gives names these devices. `living`, `ended`: processes that other sources
    // have; a ghost with the pid of an ended one is that one.
    UpstreamProcesses add_devices(api::Model& model, const std::vector<int>& living,
                                  const std::vector<int>& ended) const;
    const std::vector<std::string>& notices() const { return notices_; }

private:
    struct Judged {
        UpstreamProcess entry;
        std::optional<pid_t> pid;  // in our namespace, confirmed; absent: a ghost
        uint64_t start_time_ticks = 0;
        bool stopped = false;
    };
    struct Region {
        std::string path;
        uid_t owner = 0;
        FileIdentity file;
        uint64_t id = 0;
        int32_t device_id = 0;
        std::vector<Judged> processes;
    };
    // A process at a file: confirmed once, it needs no second look as long as it is the same process.
    struct Confirmed {
        pid_t pid = 0;
        uint64_t start_time_ticks = 0;
    };
    using Entry = std::tuple<dev_t, ino_t, int32_t>;

    void read(const std::string& name, uint64_t id, int directory);
    Judged judge(const UpstreamProcess& entry, const Region& region);
    std::optional<pid_t> find_elsewhere(int32_t pid, const Region& region);

    std::string directory_;
    std::optional<ListingStamp> none_there_;  // of the directory, when it was found to have no regions
    std::vector<Region> regions_;
    std::vector<std::string> notices_;
    std::map<Entry, Confirmed> confirmed_;
    std::optional<std::multimap<pid_t, pid_t>> strangers_;  // pid in their namespace, and in ours; of this refresh
    // Entries whose process was not found, with the time of their last update: not searched again before the next one.
    std::map<Entry, uint64_t> ghosts_;
};

}  // namespace ttmem::inventory
