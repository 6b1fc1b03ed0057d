// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Processes that report on the old socket, as a source of the model. The server of that socket gives their figures;
// here they find their place beside the ledgers.
//
// A process counts once: one that the model shows alive from its ledger is left out. The old protocol knows a device by
// tt-metal's logical id alone, which does not say which chip it is, so its devices stand for themselves, after those of
// the ledgers.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "model/model.hpp"

namespace ttmem::inventory {

// The bytes held on one device, by one process or by all.
struct SocketHolding {
    int32_t device = 0;  // logical id
    api::PerKind<uint64_t> bytes;
    api::PerKind<uint64_t> peak_bytes;
    api::PerKind<uint64_t> buffers;
    uint64_t circular_buffer_bytes = 0;
    uint64_t kernel_application_bytes = 0;
    uint64_t kernel_fabric_bytes = 0;
    uint64_t kernel_dispatch_bytes = 0;
};

struct SocketBufferRow {
    int32_t device = 0;
    uint64_t address = 0;
    uint64_t bytes = 0;
    api::BufferKind kind = api::BufferKind::kDram;
    uint64_t allocated_at_ns = 0;
};

struct SocketProcess {
    pid_t pid = 0;  // 0: of a pid namespace that cannot be seen from here
    uid_t uid = 0;
    uint64_t start_time_ticks = 0;  // 0 unknown
    std::vector<SocketHolding> devices;
    std::vector<SocketBufferRow> buffers;  // used when the model lists buffers
};

// Whether the model counts this process from its ledger.
bool counts_from_ledger(const api::Model& model, pid_t pid);

// Not thread safe.
class SocketSource {
public:
    // Facts from /proc expire after this time: a process may have replaced its program.
    static constexpr uint64_t kFreshNs = 1'000'000'000;

    // `totals`: of all the processes that are to be counted, shared memory once. `now_ns`: CLOCK_MONOTONIC.
    void add_to(api::Model& model, const std::vector<SocketProcess>& processes,
                const std::vector<SocketHolding>& totals, uint64_t now_ns);

private:
    struct Described {
        std::string name;
        std::string command;
        std::string user;
        std::optional<api::Container> container;
        std::optional<uint64_t> start_time_ns;
        uint64_t read_ns = 0;
    };
    using Key = std::tuple<pid_t, uint64_t, uid_t>;  // pid, start time, user
    static Described look_up(const SocketProcess& process, uint64_t now_ns);

    std::map<Key, Described> known_;  // those of the last call
};

}  // namespace ttmem::inventory
