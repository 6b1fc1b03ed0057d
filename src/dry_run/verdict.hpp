// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The result of a run on a mock board: peaks against capacity for each chip, the first refusal, and whether the program
// fits. Pure: from the ledgers of the run's processes and how the command ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dry_run/peaks.hpp"

namespace ttmem::dry_run {

struct Refusal {
    ledger::Failure failure;
    uint32_t pid = 0;
    std::string kind;  // "dram", "l1", "l1_small", "trace"; empty unknown
    std::vector<int32_t> devices;
    std::string operation;  // empty unknown
    std::string program;    // of a clash: its kernels; empty unknown
    std::string sentence;   // what was refused and why
};

// How the command ended.
struct Ending {
    std::optional<int> exit_code;  // absent: ended by a signal
    int signal = 0;
    bool timed_out = false;
    bool interrupted = false;  // the user ended the dry run
};

struct Verdict {
    std::optional<bool> fits;  // absent: the run does not answer it
    int exit_code = 0;         // of the dry run for this board: kFits, kDoesNotFit or kRunFailed
    std::string sentence;
    std::vector<DevicePeaks> devices;
    std::optional<Refusal> first_refusal;
    uint64_t refusals = 0;
    bool all_handled = true;         // the program went on after each refusal that is kept
    std::vector<std::string> notes;  // what is not exact, and why
};

inline constexpr int kFits = 0;
inline constexpr int kDoesNotFit = 1;
inline constexpr int kRunFailed = 3;

Verdict judge(const std::vector<RunLedger>& ledgers, const Ending& ending);

// "exit code 1", "signal 9 (Killed)"
std::string how_it_ended(const Ending& ending);

}  // namespace ttmem::dry_run
