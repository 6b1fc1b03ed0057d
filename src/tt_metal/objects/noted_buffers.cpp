// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/noted_buffers.hpp"

#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/fork_lock.hpp"

namespace ttmem::tt_metal {

namespace {

struct Note {
    uint64_t id;
    std::optional<NotedPlace> place;
};

struct Notes {
    std::unordered_map<const Buffer*, Note> by_buffer;
    std::map<std::pair<NotedPlace, const Buffer*>, uint64_t> by_place;  // id

    void forget(std::unordered_map<const Buffer*, Note>::iterator note) noexcept {
        if (note->second.place) {
            by_place.erase({*note->second.place, note->first});
        }
        by_buffer.erase(note);
    }
};

ForkLock g_lock;
Notes* g_notes = nullptr;  // made at the first note, never destroyed

}  // namespace

bool note_buffer(const Buffer* buffer, uint64_t id, const std::optional<NotedPlace>& place) noexcept {
    try {
        const std::lock_guard guard(g_lock);
        if (g_notes == nullptr) {
            g_notes = new Notes;
        }
        if (const auto old = g_notes->by_buffer.find(buffer); old != g_notes->by_buffer.end()) {
            g_notes->forget(old);
            g_hot.noted.fetch_sub(1, std::memory_order_relaxed);
        }
        const auto note = g_notes->by_buffer.emplace(buffer, Note{id, std::nullopt}).first;
        g_hot.noted.fetch_add(1, std::memory_order_relaxed);
        if (place) {
            g_notes->by_place.emplace(std::pair(*place, buffer), id);
            note->second.place = place;
        }
        return true;
    } catch (...) {
        return false;
    }
}

std::optional<uint64_t> take_noted(const Buffer* buffer) noexcept {
    const std::lock_guard guard(g_lock);
    if (g_notes == nullptr) {
        return std::nullopt;
    }
    const auto found = g_notes->by_buffer.find(buffer);
    if (found == g_notes->by_buffer.end()) {
        return std::nullopt;
    }
    const uint64_t id = found->second.id;
    g_notes->forget(found);
    g_hot.noted.fetch_sub(1, std::memory_order_relaxed);
    return id;
}

void for_noted_within(const NotedPlace& from, uint64_t bytes, void (*found)(uint64_t id) noexcept) noexcept {
    const std::lock_guard guard(g_lock);
    if (g_notes == nullptr) {
        return;
    }
    for (auto next = g_notes->by_place.lower_bound({from, nullptr}); next != g_notes->by_place.end(); ++next) {
        const NotedPlace& place = next->first.first;
        if (place.allocator != from.allocator || place.type != from.type || place.address - from.address >= bytes) {
            break;
        }
        found(next->second);
    }
}

void forget_all_noted() noexcept {
    const std::lock_guard guard(g_lock);
    if (g_notes != nullptr) {
        g_notes->by_buffer.clear();
        g_notes->by_place.clear();
    }
    g_hot.noted.store(0, std::memory_order_relaxed);
}

}  // namespace ttmem::tt_metal
