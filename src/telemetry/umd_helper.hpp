// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Readings of Tenstorrent's user-mode driver alone (GDDR temperatures and errors, board power, remote chips), from a
// helper process over the PyPI package tt-umd. Off unless asked for: only the helper opens a device.
//
// The helper may be late, hang or die. It is a child with a pipe that never blocks us: its last readings grow stale
// visibly, a silent helper is killed, and one that ended is started again after ever longer times. Its
// lines are not trusted: what is no answer is counted and left out.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "telemetry/reading.hpp"

namespace ttmem::telemetry {

struct UmdSensor {
    std::string name;
    std::string unit;
    Reading<double> reading;
};

struct UmdChip {
    std::optional<std::uint64_t> unique_id;
    std::optional<std::string> pci;
    std::string board;    // empty unknown
    bool remote = false;  // reached over ethernet: the driver has no files for it
    std::vector<UmdSensor> sensors;
};

// The chips in a line of the helper, read at that time; the error is the helper's own, or says what is wrong with the
// line. Values that no card can have are implausible.
Result<std::vector<UmdChip>> parse_umd_line(std::string_view line, std::uint64_t now_ns);

struct UmdOptions {
    std::vector<std::string> command;  // the helper with its interpreter
    std::chrono::milliseconds silent_after{15'000};
    std::chrono::milliseconds stale_after{10'000};
    std::chrono::milliseconds first_restart{1'000};
    std::chrono::milliseconds last_restart{60'000};
    std::function<std::uint64_t()> now_ns;  // empty: CLOCK_MONOTONIC
};

// Asked for by TT_ALLOC_UMD=1; nothing otherwise. The helper is the one beside this program (../libexec/ttmem, or in
// the source tree), or TT_ALLOC_UMD_HELPER; its interpreter python3, or TT_ALLOC_UMD_PYTHON.
std::optional<UmdOptions> umd_options_from_environment();

// Not thread safe. No call waits, except end (a little).
class UmdHelper {
public:
    explicit UmdHelper(UmdOptions options);
    ~UmdHelper();
    UmdHelper(const UmdHelper&) = delete;
    UmdHelper& operator=(const UmdHelper&) = delete;

    // Starts the helper when it is due, takes what it has said, kills it when it is silent for too long.
    void poll();
    // As above, until it has answered or failed once; at most that long.
    void wait_for_answer(std::chrono::milliseconds most);
    // The present readings; old values are stale.
    const std::vector<UmdChip>& chips() const { return chips_; }
    // The helper's problem; empty while it works.
    const std::string& trouble() const { return trouble_; }
    pid_t pid() const { return pid_; }
    unsigned starts() const { return starts_; }

private:
    void start();
    void end(const std::string& why);
    void take(std::string_view line);
    std::uint64_t now() const;

    UmdOptions options_;
    pid_t pid_ = -1;
    UniqueFd from_;
    UniqueFd to_;  // its stdin: when this goes, it ends
    std::string bytes_;
    std::vector<UmdChip> chips_;
    std::string trouble_;
    unsigned starts_ = 0;
    bool answered_ = false;
    std::uint64_t heard_ns_ = 0;  // last line, or the start
    std::uint64_t due_ns_ = 0;    // of the next start
    std::chrono::milliseconds pause_{0};
};

}  // namespace ttmem::telemetry
