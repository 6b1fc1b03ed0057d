// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/arenas.hpp"

#include <atomic>
#include <cstring>
#include <map>
#include <utility>

#include "base/say_once.hpp"
#include "tt_metal/release/known_releases.hpp"
#include "tt_metal/release/readable_memory.hpp"

namespace ttmem::tt_metal {
namespace {

std::atomic<uintptr_t> g_inside{0};  // 0: no allocator was seen being made
std::atomic<uintptr_t> g_found{0};   // where the last arena that was read stood; 0: none was read

[[gnu::tls_model("initial-exec")]] thread_local const Allocator* t_making = nullptr;

// How an arena of 0.81.1 begins (disassembly of its constructor): what its seals share, a word with the arena's own
// address in memory that is counted, and the addresses that it may hand out.
struct Head {
    const Arena* const* self;
    const void* counts;
    uint64_t begin;
    uint64_t end;
};
constexpr uintptr_t kCountsBytes = 16;  // before the word

// In a release that was not looked into the words may be anything: the kernel reads them.
bool copy_word(LayoutTrust trust, const void* from, void* to, size_t bytes) noexcept {
    if (trust == LayoutTrust::kProbe) {
        return copy_if_readable(from, to, bytes);
    }
    std::memcpy(to, from, bytes);
    return true;
}

bool is_arena(LayoutTrust trust, const Arena* arena, uint64_t begin, uint64_t end) noexcept {
    Head head;
    const Arena* self = nullptr;
    return copy_word(trust, arena, &head, sizeof head) && head.begin == begin && head.end == end &&
           head.counts != nullptr &&
           reinterpret_cast<uintptr_t>(head.self) == reinterpret_cast<uintptr_t>(head.counts) + kCountsBytes &&
           copy_word(trust, head.self, &self, sizeof self) && self == arena;
}

const Arena* arena_at(const Allocator* allocator, uintptr_t distance) noexcept {
    return reinterpret_cast<const Arena*>(reinterpret_cast<uintptr_t>(allocator) + distance);
}

// How far inside an allocator that was not seen being made its arena stands; 0: not found. It is searched where the
// release was not looked into.
uintptr_t find_arena(LayoutTrust trust, const Allocator* allocator, uint64_t begin, uint64_t end) noexcept {
    const auto is_at = [&](uintptr_t distance) { return is_arena(trust, arena_at(allocator, distance), begin, end); };
    if (is_at(arena_offsets::kInAllocator)) {
        return arena_offsets::kInAllocator;
    }
    const uintptr_t end_of_search = trust == LayoutTrust::kProbe ? arena_offsets::kSearched : 0;
    for (uintptr_t distance = sizeof(void*); distance < end_of_search; distance += sizeof(void*)) {
        if (is_at(distance)) {
            return distance;
        }
    }
    return 0;
}

// Adds a core to ranges that were built row by row, from the left.
void add_core(std::vector<tt_alloc_core_range>& ranges, uint16_t x, uint16_t y) {
    if (!ranges.empty() && ranges.back().end_y == y && ranges.back().end_x + 1 == x) {
        ++ranges.back().end_x;
    } else {
        ranges.push_back({x, y, x, y});
    }
}

}  // namespace

AllocatorMade::AllocatorMade(const Allocator* allocator) noexcept : outer_(t_making) {
    t_making = allocator;
}

AllocatorMade::~AllocatorMade() {
    t_making = outer_;
}

void arena_made(const Arena* arena) noexcept {
    const auto begin = reinterpret_cast<uintptr_t>(t_making);
    const auto at = reinterpret_cast<uintptr_t>(arena);
    if (begin != 0 && at > begin) {
        g_inside.store(at - begin, std::memory_order_relaxed);
    }
}

const Allocator* allocator_of(const Symbols& symbols, const Arena* arena) noexcept {
    uintptr_t distance = g_inside.load(std::memory_order_relaxed);
    distance = distance != 0 ? distance : g_found.load(std::memory_order_relaxed);
    if (distance == 0 && symbols.arena_layout == LayoutTrust::kKnown) {
        distance = arena_offsets::kInAllocator;
    }
    return distance != 0 ? reinterpret_cast<const Allocator*>(reinterpret_cast<uintptr_t>(arena) - distance) : nullptr;
}

std::vector<Region> read_arena(const Symbols& symbols, const Allocator* allocator, const tt_alloc_banks* banks,
                               const std::vector<Chip>& chips) {
    std::vector<Region> regions;
    const Api& api = symbols.api;
    uintptr_t distance = g_inside.load(std::memory_order_relaxed);
    if ((distance == 0 && symbols.arena_layout == LayoutTrust::kOther) || api.arena_ranges_on == nullptr ||
        api.device_grid == nullptr || chips.empty()) {
        return regions;
    }
    if (distance == 0) {
        distance = find_arena(symbols.arena_layout, allocator, banks[TT_ALLOC_L1].base_address,
                              chips[0].description.l1_core_bytes - banks[TT_ALLOC_L1_SMALL].bank_bytes);
    }
    if (distance == 0) {
        static std::atomic<bool> said{false};
        say_once(said,
                 "ttmem: the persistent L1 arena of this libtt_metal.so is not where it is expected; its memory is "
                 "unknown\n");
        return regions;
    }
    g_found.store(distance, std::memory_order_relaxed);
    const Arena* arena = arena_at(allocator, distance);
    const Grid grid = api.device_grid(chips[0].device);
    std::map<std::pair<uint64_t, uint64_t>, std::vector<tt_alloc_core_range>> found;
    for (uint16_t y = 0; y < grid.y; ++y) {
        for (uint16_t x = 0; x < grid.x; ++x) {
            const Grid core{x, y};
            for (const auto& range : api.arena_ranges_on(arena, &core)) {
                add_core(found[range], x, y);
            }
        }
    }
    for (auto& [range, cores] : found) {
        Region& region = regions.emplace_back();
        region.description.struct_size = sizeof region.description;
        region.description.buffer_type = TT_ALLOC_L1;
        region.description.type = TT_ALLOC_REGION_ARENA;
        region.description.source = TT_ALLOC_SOURCE_ARENA;
        region.description.address = range.first;
        region.description.bytes = range.second - range.first;
        region.cores = std::move(cores);
    }
    return regions;
}

}  // namespace ttmem::tt_metal
