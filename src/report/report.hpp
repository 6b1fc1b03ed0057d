// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The findings of a recording: the peaks and their holders, leaks, short-lived buffers. Pure: from the recording alone.
// Memory is bounded by the most buffers that lived at once and by the number of different origins, not by events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/growth.hpp"
#include "analysis/holders.hpp"
#include "recording/reader.hpp"

namespace ttmem::report {

struct Options {
    inventory::GroupBy by = inventory::GroupBy::kLine;
    uint64_t temporary = 1;  // allocations of the same thread that a short-lived buffer sees at most
    // Names are whole stacks, outermost first, as flame graphs are drawn from: Names::folded(). `by` is ignored then.
    bool folded = false;
    // Whether growth and fragmentation are wanted, too, which takes a second pass.
    bool course = true;
};

// Buffers that have one answer in common. Bytes are those on each of their devices, so a buffer of a mesh counts once.
struct Holder {
    std::optional<std::string> name;  // absent: not known
    uint64_t buffers = 0;
    uint64_t bytes = 0;
};
using Holders = std::vector<Holder>;  // the most bytes first

// The most that an allocator held of one kind of memory.
struct Peak {
    size_t process = 0;  // index into Report::processes
    uint32_t allocator = 0;
    std::vector<int> devices;  // tt-metal's ids
    api::MemoryKind kind = api::MemoryKind::kDram;
    uint64_t bytes = 0;
    uint64_t buffers = 0;
    uint64_t time_ns = 0;
    std::optional<uint64_t> step;  // that had begun (ttmem.step); absent: none
    size_t chunk = 0;              // where the moment is found again (recording::MomentPlace)
    size_t events = 0;
    std::optional<uint64_t> capacity_bytes;
    std::optional<uint64_t> ledger_bytes;  // what the process itself counted; absent: the recording has no end
    bool lower_bound = false;              // events were lost, or the recording began late
    Holders holders;
};

struct Refusal {
    size_t process = 0;
    uint64_t time_ns = 0;
    uint64_t bytes = 0;  // wanted
    std::string what;    // "out of memory", "circular buffers clash with a buffer", "refused"
    std::optional<std::string> name;
};

using analysis::GrowthRow;
using analysis::kLeastCertainty;
struct Growth {
    size_t process = 0;
    // Where a step begins: at ttmem.step() if the program calls it; else at the place, of those that allocate from the first
    // quarter of the run to the last and whose buffers are freed, that allocates most rarely. Absent: a 64th of the events.
    std::optional<std::string> step;
    uint64_t steps = 0;
    uint64_t first_step_ns = 0;  // 0: no step began
    uint64_t last_step_ns = 0;
    std::vector<GrowthRow> rows;  // the steepest first
};

// The moment at which the largest hole of a bank was smallest.
struct Fragmentation {
    size_t process = 0;
    uint32_t allocator = 0;
    std::vector<int> devices;
    api::MemoryKind kind = api::MemoryKind::kDram;
    uint64_t time_ns = 0;
    size_t chunk = 0;  // as in Peak
    size_t events = 0;
    uint64_t largest_hole_bytes = 0;  // of each bank, as all below
    uint64_t free_bytes = 0;
    uint64_t bank_bytes = 0;
    uint64_t holes = 0;
    // The buffers between two neighbouring holes whose absence would leave the largest one; bytes in each bank. Of a moment
    // with fewer than two holes there are none.
    uint64_t joined_bytes = 0;
    Holders between;
};

// The holders within one process.
struct ProcessHolders {
    size_t process = 0;
    Holders holders;
};

struct ProcessSummary {
    std::optional<uint32_t> pid;
    std::string name;
    std::string command;
    std::string library;
    std::optional<recording::Ending> ending;  // absent: the recorder was cut off before
    uint64_t first_ns = 0;
    uint64_t last_ns = 0;
    uint64_t events = 0;
    uint64_t allocations = 0;
    uint64_t frees = 0;
    uint64_t refusals = 0;
    uint64_t missed = 0;         // that the recorder did not get, or that stood in damaged chunks
    uint64_t unknown_frees = 0;  // of buffers that were allocated in a gap
    bool approximate = false;    // a checkpoint was read from a process that did not pause
    bool from_the_beginning = false;
};

struct Report {
    uint64_t file_bytes = 0;
    bool finished = false;
    std::vector<std::string> damages;
    std::vector<ProcessSummary> processes;
    std::vector<Peak> peaks;            // by process, allocator, kind
    std::vector<Refusal> refusals;      // the first kMostRefusals of each process
    std::vector<ProcessHolders> leaks;  // never freed by the program: held at the end, or cleared with its device
    std::vector<ProcessHolders> temporary;
    std::vector<ProcessHolders> churn;         // all that was allocated, ever
    std::vector<Growth> growth;                // by process
    std::vector<Fragmentation> fragmentation;  // by process, allocator, kind; of banks whose addresses are known
};
inline constexpr size_t kMostRefusals = 100;

Report make_report(const recording::Reader& reader, const Options& options);

}  // namespace ttmem::report
