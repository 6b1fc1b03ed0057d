// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/traces.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "base/fork_lock.hpp"

namespace ttmem::tt_metal {
namespace {

struct State {
    std::vector<std::pair<const void*, const Allocator*>> meshes;
    std::vector<std::pair<const void*, uint32_t>> alive;

    const Allocator* allocator_of(const void* impl) const noexcept {
        for (const auto& [mesh, allocator] : meshes) {
            if (mesh == impl) {
                return allocator;
            }
        }
        return nullptr;
    }
};

ForkLock g_lock;
State* g_state = nullptr;  // made when it is first needed, never destroyed

// g_lock is held. Throws when there is no memory.
State& state() {
    if (g_state == nullptr) {
        g_state = new State;
    }
    return *g_state;
}

// g_lock is held.
void publish() noexcept {
    g_hot.traces.store(g_state == nullptr ? 0 : g_state->alive.size(), std::memory_order_relaxed);
}

}  // namespace

void trace_mesh_opened(const void* impl, const Allocator* allocator) noexcept {
    try {
        const std::lock_guard guard(g_lock);
        State& known = state();
        std::erase_if(known.meshes, [&](const auto& mesh) { return mesh.first == impl || mesh.second == allocator; });
        // A new mesh at the address of one whose end was not seen has no trace yet.
        std::erase_if(known.alive, [&](const auto& trace) { return trace.first == impl; });
        known.meshes.emplace_back(impl, allocator);
        publish();
    } catch (...) {
        // No memory: the mesh stays unknown, and its traces count for every allocator.
    }
}

void trace_captured(const void* impl, uint32_t trace) noexcept {
    try {
        const std::lock_guard guard(g_lock);
        std::erase(state().alive, std::pair(impl, trace));
        g_state->alive.emplace_back(impl, trace);
        publish();
    } catch (...) {
        // No memory: buffers made while this trace is alive are not marked.
    }
}

void trace_released(const void* impl, uint32_t trace) noexcept {
    const std::lock_guard guard(g_lock);
    if (g_state != nullptr) {
        std::erase(g_state->alive, std::pair(impl, trace));
        publish();
    }
}

const Allocator* trace_allocator(const void* impl) noexcept {
    const std::lock_guard guard(g_lock);
    return g_state == nullptr ? nullptr : g_state->allocator_of(impl);
}

void trace_forget(const Allocator* allocator) noexcept {
    const std::lock_guard guard(g_lock);
    if (g_state == nullptr) {
        return;
    }
    std::erase_if(g_state->alive, [&](const auto& trace) { return g_state->allocator_of(trace.first) == allocator; });
    std::erase_if(g_state->meshes, [&](const auto& mesh) { return mesh.second == allocator; });
    publish();
}

bool any_trace_of(const Allocator* allocator) noexcept {
    const std::lock_guard guard(g_lock);
    return g_state != nullptr && std::any_of(g_state->alive.begin(), g_state->alive.end(), [&](const auto& trace) {
               const Allocator* of = g_state->allocator_of(trace.first);
               return of == nullptr || of == allocator;
           });
}

}  // namespace ttmem::tt_metal
