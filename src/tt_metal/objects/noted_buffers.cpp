// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/noted_buffers.hpp"

#include <mutex>
#include <unordered_map>

#include "base/fork_lock.hpp"

namespace ttmem::tt_metal {

namespace {

using Notes = std::unordered_map<const Buffer*, uint64_t>;

ForkLock g_lock;
Notes* g_notes = nullptr;  // made at the first note, never destroyed

}  // namespace

bool note_buffer(const Buffer* buffer, uint64_t id) noexcept {
    try {
        const std::lock_guard guard(g_lock);
        if (g_notes == nullptr) {
            g_notes = new Notes;
        }
        if (g_notes->insert_or_assign(buffer, id).second) {
            g_hot.noted.fetch_add(1, std::memory_order_relaxed);
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
    const auto found = g_notes->find(buffer);
    if (found == g_notes->end()) {
        return std::nullopt;
    }
    const uint64_t id = found->second;
    g_notes->erase(found);
    g_hot.noted.fetch_sub(1, std::memory_order_relaxed);
    return id;
}

void forget_all_noted() noexcept {
    const std::lock_guard guard(g_lock);
    if (g_notes != nullptr) {
        g_notes->clear();
    }
    g_hot.noted.store(0, std::memory_order_relaxed);
}

}  // namespace ttmem::tt_metal
