// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Figures computed from counters over time: PCIe traffic in 64 bits, and how fast the firmware's heart beats.
// Not thread safe; each device's worker owns its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ttmem::telemetry {

// The twelve files of pcie_perf_counters: six kinds for each of the two NOCs. The 0 and 1 at the end of their names is
// the NOC, not the low and high half of one number. Each counts data flits in 32 bits and wraps.
inline constexpr std::size_t kCounterKinds = 6;
inline constexpr std::size_t kCounters = 2 * kCounterKinds;
using RawCounters = std::array<std::uint32_t, kCounters>;

struct CounterKind {
    const char* file;  // without the NOC's digit
    bool to_device;
};
// Host to device is mst_*_wr_sent + slv_rd_sent, device to host is mst_rd_received + slv_*_wr_received. The names are
// tt-kmd's; the direction follows from which side of the PCIe tile's NOC interface is master, and is not confirmed on
// hardware.
extern const std::array<CounterKind, kCounterKinds> kCounterTable;

// Adds up traffic. A counter that falls has wrapped, unless all of them fell, the firmware restarted, or the bytes
// would not fit through the link: then the chip was reset and counts from zero again.
class TrafficMeter {
public:
    static constexpr double kFastestLink = 64e9;    // PCIe 5.0 x16, bytes a second one way
    static constexpr double kRound = 4294967296.0;  // flits after which a counter stands where it stood

    struct Totals {
        std::uint64_t host_to_device_bytes = 0;
        std::uint64_t device_to_host_bytes = 0;
        std::optional<double> host_to_device_per_second;  // over the last two samples; nothing after a gap
        std::optional<double> device_to_host_per_second;
        bool lower_bound = false;
        bool reset_seen = false;  // by this update
    };

    explicit TrafficMeter(unsigned flit_bytes) : flit_bytes_(flit_bytes) {}
    // `link_bytes_per_second`: what the link can carry one way; 0 takes the fastest link there is.
    Totals update(const RawCounters& raw, std::uint64_t now_ns, double link_bytes_per_second, bool firmware_restarted);
    // The counters could not be read for a while in which they may have been zeroed: the next update is a new baseline.
    void gap();

private:
    unsigned flit_bytes_;
    std::optional<RawCounters> last_;
    std::uint64_t last_ns_ = 0;
    std::uint64_t flits_to_device_ = 0;
    std::uint64_t flits_to_host_ = 0;
    bool lower_bound_ = false;
    bool started_ = false;
};

// The rate of a counter that ticks about ten times a second, over the last few seconds.
class HeartbeatMeter {
public:
    struct Answer {
        std::optional<double> per_second;  // 0 is a firmware that hangs; nothing before a second has passed
        bool restarted = false;            // the counter fell: the chip was reset
    };
    Answer update(std::uint32_t count, std::uint64_t now_ns);
    void gap() { used_ = 0; }

private:
    struct Point {
        std::uint64_t at_ns;
        std::uint32_t count;
    };
    static constexpr std::size_t kPoints = 8;
    std::array<Point, kPoints> points_{};  // oldest first
    std::size_t used_ = 0;
};

}  // namespace ttmem::telemetry
