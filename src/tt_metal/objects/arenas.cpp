// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/arenas.hpp"

#include <atomic>
#include <cstring>
#include <map>
#include <utility>

#include "base/say_once.hpp"

namespace ttmem::tt_metal {
namespace {

constexpr uintptr_t kInside0811 = 0x1a8;  // disassembly of ProgramImpl::reserve_program_local_l1

std::atomic<uintptr_t> g_inside{0};  // 0: no allocator was seen being made

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

bool is_arena(const Arena* arena, uint64_t begin, uint64_t end) noexcept {
    Head head;
    std::memcpy(&head, arena, sizeof head);
    return head.begin == begin && head.end == end && head.counts != nullptr &&
           reinterpret_cast<uintptr_t>(head.self) == reinterpret_cast<uintptr_t>(head.counts) + kCountsBytes &&
           *head.self == arena;
}

// 0 unknown.
uintptr_t inside(const Symbols& symbols) noexcept {
    const uintptr_t learned = g_inside.load(std::memory_order_relaxed);
    return learned != 0 || !symbols.arena_place_known ? learned : kInside0811;
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
    const uintptr_t distance = inside(symbols);
    return distance != 0 ? reinterpret_cast<const Allocator*>(reinterpret_cast<uintptr_t>(arena) - distance) : nullptr;
}

std::vector<Region> read_arena(const Symbols& symbols, const Allocator* allocator, const tt_alloc_banks* banks,
                               const std::vector<Chip>& chips) {
    std::vector<Region> regions;
    const Api& api = symbols.api;
    const uintptr_t distance = inside(symbols);
    if (distance == 0 || api.arena_ranges_on == nullptr || api.device_grid == nullptr || chips.empty()) {
        return regions;
    }
    const auto* arena = reinterpret_cast<const Arena*>(reinterpret_cast<uintptr_t>(allocator) + distance);
    if (g_inside.load(std::memory_order_relaxed) == 0 &&
        !is_arena(arena, banks[TT_ALLOC_L1].base_address,
                  chips[0].description.l1_core_bytes - banks[TT_ALLOC_L1_SMALL].bank_bytes)) {
        static std::atomic<bool> said{false};
        say_once(said,
                 "ttmem: the persistent L1 arena of this libtt_metal.so is not where it is expected; its memory is "
                 "unknown\n");
        return regions;
    }
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
