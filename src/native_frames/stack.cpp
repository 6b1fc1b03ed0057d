// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "native_frames/stack.hpp"

#include <dlfcn.h>
#include <unwind.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "base/say_once.hpp"
#include "native_frames/loaded_object.hpp"

namespace ttmem::native_frames {

namespace {

// As many frames as are gone through in search of those that count.
constexpr uint32_t kMostSteps = 4 * kMostFrames;

// An object that was looked for once. Threads that look at the same time find the same.
class FoundObject {
public:
    template <typename Find>
    Extent get(Find find) noexcept {
        if (!known_.load(std::memory_order_acquire)) {
            const Extent found = find();
            begin_.store(found.begin, std::memory_order_relaxed);
            end_.store(found.end, std::memory_order_relaxed);
            known_.store(true, std::memory_order_release);
        }
        return {begin_.load(std::memory_order_relaxed), end_.load(std::memory_order_relaxed), false};
    }

private:
    std::atomic<bool> known_{false};
    std::atomic<uintptr_t> begin_{0};
    std::atomic<uintptr_t> end_{0};
};

FoundObject g_own;
FoundObject g_interpreter;

// Empty where this code is linked into the program itself, as in a unit test.
Extent find_own() noexcept {
    const Extent found = object_at(reinterpret_cast<uintptr_t>(&find_own));
    return found.is_program ? Extent{} : found;
}

Extent find_interpreter() noexcept {
    void* inside = dlsym(RTLD_DEFAULT, "PyGILState_GetThisThreadState");
    return inside == nullptr ? Extent{} : object_at(reinterpret_cast<uintptr_t>(inside));
}

struct Walk {
    uintptr_t* to;
    uint32_t room;
    Extent own;
    Extent interpreter;
    uint32_t count = 0;
    uint32_t steps = 0;
    bool cut = false;
};

_Unwind_Reason_Code step(_Unwind_Context* context, void* of) {
    Walk& walk = *static_cast<Walk*>(of);
    int is_interrupted = 0;  // by a signal: the address is that of the next instruction, not one after a call
    const uintptr_t next = _Unwind_GetIPInfo(context, &is_interrupted);
    if (next == 0 || ++walk.steps > kMostSteps) {
        return _URC_END_OF_STACK;
    }
    const uintptr_t address = next - (is_interrupted != 0 ? 0 : 1);
    if (walk.own.covers(address)) {
        return _URC_NO_REASON;
    }
    if (walk.interpreter.covers(address)) {
        return _URC_END_OF_STACK;
    }
    if (walk.count == walk.room) {
        walk.cut = true;
        return _URC_END_OF_STACK;
    }
    walk.to[walk.count++] = address;
    return _URC_NO_REASON;
}

bool look_up_request() noexcept {
    static std::atomic<bool> said{false};
    const char* text = std::getenv("TT_ALLOC_STACKS");
    if (text == nullptr || *text == '\0' || std::strcmp(text, "python") == 0) {
        return false;
    }
    if (std::strcmp(text, "native") != 0) {
        say_once(said, "ttmem: TT_ALLOC_STACKS is neither python nor native; Python stacks are kept\n");
        return false;
    }
    return true;
}

}  // namespace

bool requested() noexcept {
    static std::atomic<uint32_t> answer{0};  // 0 not looked up, 1 no, 2 yes
    uint32_t known = answer.load(std::memory_order_relaxed);
    if (known == 0) {
        known = look_up_request() ? 2 : 1;
        answer.store(known, std::memory_order_relaxed);
    }
    return known == 2;
}

uint32_t read_stack(uintptr_t* to, uint32_t room, bool below_python, bool& cut) noexcept {
    Walk walk{to, room, g_own.get(find_own), below_python ? g_interpreter.get(find_interpreter) : Extent{}};
    _Unwind_Backtrace(step, &walk);
    cut = walk.cut;
    return walk.count;
}

uint64_t stack_key(const uintptr_t* frames, uint32_t count) noexcept {
    uint64_t hash = 0x243f6a8885a308d3u + count;
    for (uint32_t i = 0; i < count; ++i) {
        hash = (hash << 29 | hash >> 35) + frames[i] * 0x9e3779b97f4a7c15u;
    }
    hash = (hash ^ hash >> 31) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 29) * 0x94d049bb133111ebu;
    hash ^= hash >> 32;
    return hash == 0 ? 1 : hash;
}

}  // namespace ttmem::native_frames
