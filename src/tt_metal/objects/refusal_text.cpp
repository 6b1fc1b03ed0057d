// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/refusal_text.hpp"

#include <cstdlib>
#include <cstring>

namespace ttmem::tt_metal {
namespace {

// The number that follows `words`, and where it ends. nullopt: the words or the number are not there.
std::optional<uint64_t> number_after(const char* text, const char* words, const char** end = nullptr) noexcept {
    const char* found = text != nullptr ? std::strstr(text, words) : nullptr;
    if (found == nullptr) {
        return std::nullopt;
    }
    const char* digits = found + std::strlen(words);
    while (*digits == ' ') {
        ++digits;
    }
    if (*digits < '0' || *digits > '9') {
        return std::nullopt;
    }
    char* behind = nullptr;
    const unsigned long long value = std::strtoull(digits, &behind, 10);
    if (end != nullptr) {
        *end = behind;
    }
    return value;
}

// "... on core range [0-0 - 7-7]" or "... on core range [(x=0,y=0) - (x=7,y=7)]": four numbers before the bracket ends.
bool cores_in(const char* text, tt_alloc_core_range& cores) noexcept {
    const char* found = std::strstr(text, "core range ");
    uint16_t numbers[4] = {};
    int count = 0;
    for (const char* c = found; c != nullptr && *c != '\0' && *c != ']' && count < 4;) {
        if (*c < '0' || *c > '9') {
            ++c;
            continue;
        }
        char* behind = nullptr;
        numbers[count++] = static_cast<uint16_t>(std::strtoul(c, &behind, 10));
        c = behind;
    }
    cores = {numbers[0], numbers[1], numbers[2], numbers[3]};
    return count == 4;
}

}  // namespace

std::optional<AllocationRefusal> read_allocation_refusal(const char* text) noexcept {
    const char* behind = nullptr;
    const auto requested = number_after(text, " to allocate ", &behind);
    if (!requested || std::strncmp(behind, " B ", 3) != 0) {
        return std::nullopt;
    }
    const auto banks = number_after(behind, " across ", &behind);
    if (!banks || std::strncmp(behind, " banks", 6) != 0) {
        return std::nullopt;
    }
    // "... across 48 banks, where each bank needs to store 32 B", or from the allocator that looks at dependencies,
    // "... across 48 banks (32 B per bank)".
    const auto per_bank = std::strncmp(behind, " banks (", 8) == 0 ? number_after(behind, " banks (")
                                                                   : number_after(behind, "each bank needs to store ");
    if (!per_bank) {
        return std::nullopt;
    }
    return AllocationRefusal{*requested, static_cast<uint32_t>(*banks), *per_bank,
                             number_after(behind, "bank size is").value_or(UINT64_MAX),
                             number_after(behind, ", free:").value_or(UINT64_MAX)};
}

uint64_t read_largest_free_block(const char* text) noexcept {
    return number_after(text, "largest free block: ").value_or(UINT64_MAX);
}

std::optional<ClashRefusal> read_clash(const char* text) noexcept {
    if (text == nullptr || std::strstr(text, " clash with ") == nullptr) {
        return std::nullopt;
    }
    auto buffer = number_after(text, "L1 buffer allocated at");
    auto end = number_after(text, "buffer region ends at");
    if (!buffer || !end) {
        buffer = number_after(text, "lowest service allocation at");
        end = number_after(text, "CB region ends at");
    }
    if (!buffer || !end) {
        return std::nullopt;
    }
    ClashRefusal clash;
    clash.buffer_address = *buffer;
    clash.end_address = *end;
    clash.cores_known = cores_in(text, clash.cores);
    return clash;
}

std::optional<SizeRefusal> read_beyond_l1(const char* text) noexcept {
    const char* behind = nullptr;
    const auto end = number_after(text, " grow to ", &behind);
    const auto limit = end ? number_after(behind, " beyond max L1 size of ") : std::nullopt;
    if (!limit) {
        return std::nullopt;
    }
    SizeRefusal refusal;
    refusal.end_address = *end;
    refusal.limit_bytes = *limit;
    refusal.dataflow = std::strstr(text, "dataflow buffers on ") != nullptr;
    refusal.cores_known = cores_in(text, refusal.cores);
    return refusal;
}

std::optional<RegionRefusal> read_ring_refusal(const char* text) noexcept {
    const char* after = nullptr;
    const auto wanted = number_after(text, "Program size (", &after);
    const auto ring = wanted ? number_after(after, ") too large for kernel config buffer (", &after) : std::nullopt;
    if (!ring) {
        return std::nullopt;
    }
    constexpr const char* kWorkers[] = {") on TENSIX", ") on WORKER"};
    const bool workers = std::strncmp(after, kWorkers[0], std::strlen(kWorkers[0])) == 0 ||
                         std::strncmp(after, kWorkers[1], std::strlen(kWorkers[1])) == 0;
    return RegionRefusal{*wanted, *ring, workers};
}

std::optional<RegionRefusal> read_trace_refusal(const char* text) noexcept {
    const char* after = nullptr;
    const auto wanted = number_after(text, "Creating trace buffers of size ", &after);
    const auto region = wanted ? number_after(after, ", but only ", &after) : std::nullopt;
    if (!region || std::strncmp(after, "B is allocated for trace region", 31) != 0) {
        return std::nullopt;
    }
    return RegionRefusal{*wanted, *region, false};
}

}  // namespace ttmem::tt_metal
