// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Where telemetry looks and how often.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "telemetry/file_reader.hpp"

namespace ttmem::telemetry {

struct Options {
    std::string sysfs_root = "/sys";    // has class/tenstorrent
    std::string procfs_root = "/proc";  // has driver/tenstorrent
    // How often each device is read. Taken into 100 ms .. 2 s: one PCIe counter wraps in about 4 s at full speed.
    std::chrono::milliseconds interval{1000};
    // A value older than this is stale. What is read only now and then (limits, versions) gets kFixedPeriod intervals
    // more.
    std::chrono::milliseconds stale_after{3000};
    // A read that takes longer than this makes the device "blocked".
    std::chrono::milliseconds blocked_after{1000};
    // A device that is gone is forgotten after this.
    std::chrono::milliseconds forget_after{std::chrono::minutes(10)};
    // The bytes of one count of the PCIe counters. tt-kmd's documentation says 32 for both architectures;
    // Tenstorrent's ISA documentation says a Blackhole flit is 64. Unresolved without hardware, hence settable.
    unsigned flit_bytes_wormhole = 32;
    unsigned flit_bytes_blackhole = 32;

    std::shared_ptr<FileReader> reader;     // nullptr: the real file system
    std::function<std::uint64_t()> now_ns;  // empty: CLOCK_MONOTONIC
};

// How much of a device a pass reads.
enum class Look : std::uint8_t {
    kWhole,   // everything that moves
    kGlance,  // temperature, AI clock, power and users; the rest less often, see below
};

// Limits and versions are read every so many times, and after every change of condition.
inline constexpr unsigned kFixedPeriod = 10;
// Every so many glances there is a whole look, and always at a device that is not well. Counters of traffic are read
// before one of them can have wrapped.
inline constexpr unsigned kGlancesToAWhole = 5;
// Limits and versions of a device that is glanced at and well.
inline constexpr unsigned kFixedPeriodOfGlances = 60;

// Defaults changed by TT_ALLOC_SYSFS_ROOT, TT_ALLOC_PROCFS_ROOT and TT_ALLOC_PCIE_FLIT_BYTES ("64", or
// "wormhole=32,blackhole=64"). A flit size that is no number from 1 to 4096 is an error.
Result<Options> options_from_environment();

// Replaces empty fields by their defaults and brings the interval into its bounds.
Options completed(Options options);

}  // namespace ttmem::telemetry
