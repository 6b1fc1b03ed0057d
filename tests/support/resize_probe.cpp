// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Resizes circular buffers of cached programs through tt-metal's own function, which operations of ttnn 0.79 and before
// call and those of 0.81.1 do not. Preloaded in front of the hooks: it notes every program of which a circular buffer
// is placed over a tensor, and calls what any library would call, which the hooks stand in for.
#include <dlfcn.h>

#include <cstdint>
#include <mutex>
#include <set>

#include "tt_metal/release/foreign.hpp"
#include "tt_metal/release/names.hpp"

using namespace ttmem::tt_metal;

namespace {

using Handle = Program* const;

std::mutex g_mutex;
std::set<Handle*> g_programs;

template <typename Function>
Function* find(void* where, const char* name) {
    return reinterpret_cast<Function*>(dlsym(where, name));
}

}  // namespace

#define EXPORTED(name) __asm__(name) __attribute__((visibility("default"), used))

void place_in_buffer_at(Handle*, uint64_t, const Buffer*, uint32_t) EXPORTED(TTMEM_PLACE_IN_BUFFER_AT);
void place_in_buffer_at(Handle* program, uint64_t id, const Buffer* buffer, uint32_t offset) {
    static const auto next =
        find<void(Handle*, uint64_t, const Buffer*, uint32_t)>(RTLD_NEXT, TTMEM_PLACE_IN_BUFFER_AT);
    {
        const std::lock_guard guard(g_mutex);
        g_programs.insert(program);
    }
    next(program, id, buffer, offset);
}

// Gives every circular buffer in memory of its own, of every program noted, this size. How many there were.
extern "C" __attribute__((visibility("default"))) int resize_probe(uint32_t bytes) {
    void* library = dlopen("libtt_metal.so", RTLD_LAZY | RTLD_NOLOAD);
    const auto list = find<SharedSpan<CircularBufferImpl>(const Program*)>(library, TTMEM_PROGRAM_CIRCULAR_BUFFERS);
    const auto is_global = find<bool(const CircularBufferView*)>(library, TTMEM_CIRCULAR_BUFFER_IS_GLOBAL);
    const auto id_of = find<uint64_t(const CircularBufferView*)>(library, TTMEM_CIRCULAR_BUFFER_ID);
    const auto resize = find<void(Handle*, uint64_t, uint32_t)>(RTLD_DEFAULT, TTMEM_RESIZE_CIRCULAR_BUFFER);
    int resized = 0;
    const std::lock_guard guard(g_mutex);
    for (Handle* program : g_programs) {
        const SharedSpan<CircularBufferImpl> buffers = list(*program);
        for (size_t i = 0; i < buffers.size; ++i) {
            const CircularBufferView view{buffers.data[i].get()};
            if (!is_global(&view)) {
                resize(program, id_of(&view), bytes);
                ++resized;
            }
        }
    }
    return resized;
}
