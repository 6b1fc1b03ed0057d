// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/upstream_region.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/clean_text.hpp"

namespace ttmem::inventory {
namespace {

constexpr uint32_t kOldest = 1;
constexpr uint32_t kNewest = 4;
constexpr uint32_t kReady = 0x52454459;
constexpr size_t kProcesses = 64;
constexpr size_t kNameBytes = 64;

struct Layout {
    size_t processes;    // offset
    size_t figures;      // u64 in each group
    size_t entry_bytes;  // of a process
    size_t bytes() const { return processes + kProcesses * entry_bytes; }
};
constexpr Layout kFirst{992, 6, 128};
constexpr Layout kMerged{856, 5, 120};
constexpr size_t kInitState = 8536;  // v4
static_assert(kMerged.processes + kProcesses * kMerged.entry_bytes == kInitState);

template <typename T>
T at(std::span<const std::byte> bytes, size_t offset) {
    T value{};
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

bool makes_sense(const UpstreamProcess& process) {
    const auto& bytes = process.use.requested_bytes.values;
    return process.pid > 0 && process.use.circular_buffer_bytes <= kMostSensibleBytes &&
           process.use.kernel_bytes <= kMostSensibleBytes &&
           std::all_of(bytes.begin(), bytes.end(), [](uint64_t value) { return value <= kMostSensibleBytes; });
}

}  // namespace

std::variant<UpstreamRegion, RegionProblem> parse_upstream_region(std::span<const std::byte> bytes) {
    if (bytes.size() < sizeof(uint32_t)) {
        return RegionProblem::kStarting;
    }
    UpstreamRegion region;
    region.version = at<uint32_t>(bytes, 0);
    if (region.version == 0) {
        return RegionProblem::kStarting;
    }
    if (region.version < kOldest || region.version > kNewest) {
        return RegionProblem::kForeignVersion;
    }
    const Layout& layout = region.version == 1 ? kFirst : kMerged;
    if (bytes.size() < layout.bytes() + (region.version == 4 ? sizeof(uint32_t) : 0)) {
        return RegionProblem::kCut;
    }
    if (region.version == 4 && at<uint32_t>(bytes, kInitState) != kReady) {
        return RegionProblem::kStarting;
    }
    region.asic_id = at<uint64_t>(bytes, 32);
    region.device_id = at<int32_t>(bytes, 40);
    for (size_t i = 0; i < kProcesses; ++i) {
        const size_t entry = layout.processes + i * layout.entry_bytes;
        UpstreamProcess process;
        process.pid = at<int32_t>(bytes, entry);
        if (process.pid == 0) {
            continue;
        }
        const size_t figures = entry + 8;
        for (size_t kind = 0; kind < api::kMemoryKinds; ++kind) {
            process.use.requested_bytes.values[kind] = at<uint64_t>(bytes, figures + kind * 8);
        }
        process.use.circular_buffer_bytes = at<uint64_t>(bytes, figures + 32);
        if (layout.figures == 6) {
            process.use.kernel_bytes = at<uint64_t>(bytes, figures + 40);
        }
        process.last_update_ns = at<uint64_t>(bytes, figures + layout.figures * 8);
        const char* name = reinterpret_cast<const char*>(bytes.data()) + figures + layout.figures * 8 + 8;
        process.name = clean_text({name, strnlen(name, kNameBytes)});
        if (makes_sense(process)) {
            region.processes.push_back(std::move(process));
        } else {
            ++region.senseless;
        }
    }
    return region;
}

std::optional<uint64_t> parse_region_name(std::string_view name) {
    constexpr std::string_view kBefore = "tt_device_";
    constexpr std::string_view kAfter = "_memory";
    if (!name.starts_with(kBefore) || !name.ends_with(kAfter) || name.size() <= kBefore.size() + kAfter.size()) {
        return std::nullopt;
    }
    const std::string_view digits = name.substr(kBefore.size(), name.size() - kBefore.size() - kAfter.size());
    uint64_t id = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    return error == std::errc() && end == digits.data() + digits.size() ? std::optional(id) : std::nullopt;
}

}  // namespace ttmem::inventory
