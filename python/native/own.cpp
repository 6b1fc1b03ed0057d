// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "own.hpp"

#include <array>
#include <cstdlib>

namespace ttmem::python {
namespace {

constexpr uint32_t kMostAllocators = 64;

// The variable as the client reads it. If it asks for tracking and there is no ledger yet, the process holds nothing.
bool asked_for() {
    const char* text = std::getenv("TT_ALLOC_TRACKING_ENABLED");
    const std::string_view value = text == nullptr ? "" : text;
    return value == "1" || value == "true" || value == "on" || value == "yes";
}

}  // namespace

const Loaded& own_library() {
    const Loaded* library = loaded();
    if (library == nullptr || (library->generation() == 0 && !asked_for())) {
        throw NotTracked(
            "this process is not tracked: start it with TT_ALLOC_TRACKING_ENABLED=1, or call ttmem.enable()");
    }
    return *library;
}

std::optional<uint32_t> account_of(std::string_view kind) {
    if (kind == "dram") {
        return 0;
    }
    if (kind == "l1") {
        return 1;
    }
    if (kind == "l1_small") {
        return 3;
    }
    if (kind == "trace") {
        return 4;
    }
    return std::nullopt;
}

std::vector<tt_alloc_own_allocator> own_allocators(int32_t device) {
    std::vector<tt_alloc_own_allocator> all(kMostAllocators);
    all.resize(own_library().allocators(device, all.data(), kMostAllocators));
    return all;
}

std::optional<uint64_t> held_bytes(const Loaded& library, int32_t device, uint32_t account) {
    std::array<tt_alloc_own_allocator, kMostAllocators> all;
    const uint32_t count = library.allocators(device, all.data(), kMostAllocators);
    uint64_t held = 0;
    uint32_t holders = 0;
    for (uint32_t i = 0; i < count; ++i) {
        tt_alloc_own_totals_t totals;
        library.totals(all[i].allocator, account, &totals);
        if (totals.buffers == 0) {
            continue;
        }
        held += totals.bytes;
        if (++holders > 1 || all[i].single_device_rows != 0) {
            return std::nullopt;
        }
    }
    return held;
}

tt_alloc_own_totals_t sum_of(const Loaded& library, int32_t device, uint32_t account) {
    tt_alloc_own_totals_t sum{};
    for (const tt_alloc_own_allocator& allocator : own_allocators(device)) {
        tt_alloc_own_totals_t totals;
        library.totals(allocator.allocator, account, &totals);
        sum.buffers += totals.buffers;
        sum.requested_bytes += totals.requested_bytes;
        sum.allocations += totals.allocations;
        sum.frees += totals.frees;
        sum.allocated_bytes += totals.allocated_bytes;
        sum.freed_bytes += totals.freed_bytes;
        sum.failures += totals.failures;
    }
    return sum;
}

}  // namespace ttmem::python
