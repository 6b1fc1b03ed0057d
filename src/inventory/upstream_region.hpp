// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The counters that stock tt-metal (0.70 and later) keeps in /dev/shm/tt_device_<id>_memory: how many bytes each
// process has asked for on one chip. Read from bytes that any user may have written. Pure.
//
//   v2-v4   0 version u32 · 16 reference_count u32 · 32 asic_id u64 · 40 device_id u32 · 48 totals 5 x u64 (dram, l1,
//           l1_small, trace, circular buffers) · 88 chips 16 x 48 · 856 processes 64 x 120: pid i32 (0: unused), pad,
//           5 x u64, time of the last update u64 ns, name char[64] · v4 8536 init_state u32, "READY" as 0x52454459
//   v1      six u64 in each group, a sixth for kernels; chips at 96, 16 x 56; processes at 992, 64 x 128
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/model.hpp"

namespace ttmem::inventory {

inline constexpr size_t kMostRegionBytes = 16384;  // more than any version has
// No chip has as much. A larger claim is nonsense, and sums of smaller ones never overflow.
inline constexpr uint64_t kMostSensibleBytes = uint64_t{1} << 48;

// Bytes asked for, not bytes taken: upstream does not know banks.
struct UpstreamUse {
    api::PerKind<uint64_t> requested_bytes;
    uint64_t circular_buffer_bytes = 0;  // mostly not kept up: 0 says nothing
    uint64_t kernel_bytes = 0;           // v1
};

struct UpstreamProcess {
    int32_t pid = 0;  // in the writer's pid namespace
    UpstreamUse use;
    uint64_t last_update_ns = 0;
    std::string name;
};

struct UpstreamRegion {
    uint32_t version = 0;
    uint64_t asic_id = 0;
    int32_t device_id = 0;  // tt-metal's logical id
    std::vector<UpstreamProcess> processes;
    uint32_t senseless = 0;  // entries left out: impossible pids or sizes
};

enum class RegionProblem : uint8_t {
    kStarting,        // being made
    kForeignVersion,  // none of 1 to 4
    kCut              // too short for its version
};

std::variant<UpstreamRegion, RegionProblem> parse_upstream_region(std::span<const std::byte> bytes);

// The chip's id in "tt_device_<id>_memory"; nothing for other names.
std::optional<uint64_t> parse_region_name(std::string_view name);

}  // namespace ttmem::inventory
