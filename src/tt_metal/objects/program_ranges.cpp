// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/program_ranges.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <unordered_map>

#include "base/fork_lock.hpp"

namespace ttmem::tt_metal {
namespace {

constexpr size_t kMostDimensions = 8;  // tt-metal keeps as many without memory of its own; meshes have two

struct Corner {
    std::array<uint32_t, kMostDimensions> values{};
    size_t count = 0;
};

struct Range {
    Corner start;
    Corner end;
};

ForkLock g_lock;
std::unordered_map<const Program*, Range>* g_ranges = nullptr;  // never destroyed, as programs.cpp's registry
std::atomic<size_t> g_count{0};

bool read(const Symbols& symbols, const MeshCoordinate* coordinate, Corner& to) noexcept {
    const Span32 values = symbols.api.coordinate_values(coordinate);
    to.count = values.size;
    for (size_t i = 0; i < values.size && i < kMostDimensions; ++i) {
        to.values[i] = values.data[i];
    }
    return values.size <= kMostDimensions;
}

bool can_read(const Api& api) noexcept {
    return api.mesh_view != nullptr && api.view_devices_in != nullptr && api.range_start != nullptr &&
           api.range_end != nullptr && api.range_make != nullptr && api.coordinate_values != nullptr &&
           api.coordinate_make != nullptr;
}

// Room for a foreign object that keeps up to kMostDimensions numbers within itself, so that nothing is lost when it is
// let go without its destructor. Coordinates take 48 bytes and ranges about twice that.
struct alignas(std::max_align_t) Room {
    std::byte bytes[512];
};

}  // namespace

void keep_range(const Symbols& symbols, const Program* program, const MeshRange* range) noexcept {
    Range kept;
    if (!can_read(symbols.api) || !read(symbols, symbols.api.range_start(range), kept.start) ||
        !read(symbols, symbols.api.range_end(range), kept.end)) {
        return;
    }
    try {
        const std::lock_guard guard(g_lock);
        if (g_ranges == nullptr) {
            g_ranges = new std::unordered_map<const Program*, Range>;
        }
        (*g_ranges)[program] = kept;
        g_count.store(g_ranges->size(), std::memory_order_release);
    } catch (...) {
        return;  // the program is then taken to run on the whole mesh
    }
}

void forget_range(const Program* program) noexcept {
    if (g_count.load(std::memory_order_acquire) == 0) {
        return;
    }
    const std::lock_guard guard(g_lock);
    g_ranges->erase(program);
    g_count.store(g_ranges->size(), std::memory_order_release);
}

std::vector<Device*> devices_of_program(const Symbols& symbols, const Program* program, const MeshDevice* mesh) {
    Range kept;
    {
        const std::lock_guard guard(g_lock);
        if (g_ranges == nullptr) {
            return {};
        }
        const auto found = g_ranges->find(program);
        if (found == g_ranges->end()) {
            return {};
        }
        kept = found->second;
    }
    const Api& api = symbols.api;
    Room start;
    Room end;
    Room range;
    api.coordinate_make(&start, {kept.start.values.data(), kept.start.count});
    api.coordinate_make(&end, {kept.end.values.data(), kept.end.count});
    api.range_make(&range, &start, &end);
    return api.view_devices_in(api.mesh_view(mesh), reinterpret_cast<const MeshRange*>(&range));
}

}  // namespace ttmem::tt_metal
