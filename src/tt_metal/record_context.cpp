// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/record_context.hpp"

#include <atomic>

#include "base/errno_keeper.hpp"
#include "native_frames/stack.hpp"
#include "tt_metal/hook_thread.hpp"
#include "tt_metal/native_caller.hpp"
#include "tt_metal/operation_name.hpp"

namespace ttmem::tt_metal {

namespace {

using python_frames::FrameText;
using python_frames::RawFrame;
using python_frames::State;

static_assert(static_cast<uint32_t>(State::kOn) == ledger::kStacksOn);
static_assert(static_cast<uint32_t>(State::kUnverified) == ledger::kStacksUnverified);

// The state that was last recorded, with the generation of the ledger that has it.
std::atomic<uint64_t> g_reported{0};

void report(State state) noexcept {
    const uint64_t now = client::Entry::generation() << 4 | static_cast<uint64_t>(state);
    if (g_reported.load(std::memory_order_relaxed) == now) {
        return;
    }
    const ErrnoKeeper keeper;
    if (const client::Entry entry(client::Need::kExisting); entry) {
        entry.writer().header().set_stacks(static_cast<ledger::StackState>(state), python_frames::most_frames());
        g_reported.store(now, std::memory_order_relaxed);
    }
}

// A stack to be kept: Python's frames, and the C++ frames that its innermost one called.
struct Stack {
    RawFrame frames[python_frames::kMostFrames];
    uint32_t count = 0;
    const native_frames::FrameText* calls = nullptr;  // innermost first
    uint32_t call_count = 0;
    uint32_t named_call = 0;  // the one of them that names the operation, where no frame of Python's is there
    FrameText text;
    char native[64] = {};  // the exported C++ function that was called, where no operation of ttnn's is in progress
};

bool has_operation(Stack& stack) noexcept {
    for (uint32_t i = 0; i < stack.count; ++i) {
        if (python_frames::describe(stack.frames[i], stack.text) && stack.text.operation[0] != '\0') {
            return true;
        }
    }
    return false;
}

bool call_of(Stack& stack, uint32_t index, client::ContextFrame& to) noexcept {
    const native_frames::FrameText& call = stack.calls[index];
    to = {call.file, call.function, stack.count == 0 && index == stack.named_call ? stack.native : "", 0};
    return true;
}

bool frame_of(void* of, uint32_t index, client::ContextFrame& to) noexcept {
    Stack& stack = *static_cast<Stack*>(of);
    if (index >= stack.count) {
        return call_of(stack, stack.call_count - 1 - (index - stack.count), to);
    }
    if (!python_frames::describe(stack.frames[stack.count - 1 - index], stack.text)) {
        return false;
    }
    const bool is_innermost = index + 1 == stack.count;
    const bool by_caller = is_innermost && stack.native[0] != '\0';
    to = {stack.text.file, stack.text.function, by_caller ? stack.native : stack.text.operation, stack.text.line};
    return true;
}

// Keeps the calls of a C++ stack with the Python stack that they were made from. Texts are looked up before the
// contexts' lock is taken: a thread that holds the loader's lock may be waiting for it.
[[gnu::noinline, gnu::cold]] uint32_t keep_calls(uint64_t key, const uintptr_t* calls, uint32_t call_count,
                                                 uint32_t flags) noexcept {
    report(python_frames::state());
    native_frames::FrameText texts[native_frames::kMostFrames];
    Stack stack;
    stack.calls = texts;
    stack.call_count = call_count;
    bool cut = false;
    stack.count = python_frames::read_stack(stack.frames, python_frames::kMostFrames, cut);
    for (uint32_t i = 0; i < call_count; ++i) {
        texts[i] = native_frames::describe(calls[i]);
    }
    // As native_caller() finds it: the outermost exported function.
    const bool is_unnamed = !hook_thread.named && !has_operation(stack);
    for (uint32_t i = call_count; is_unnamed && stack.native[0] == '\0' && i > 0; --i) {
        stack.named_call = i - 1;
        exported_function(calls[i - 1], stack.native, sizeof stack.native);
    }
    flags |= cut ? uint32_t{ledger::kContextCut} : 0;
    const OperationName named(stack.frames, stack.count, stack.native, !hook_thread.named);
    return client::add_context(key, stack.count + call_count, flags, frame_of, &stack, named.name());
}

uint32_t context_with_calls() noexcept {
    const ErrnoKeeper keeper;
    const uint64_t python = python_frames::own_stack_key();
    uintptr_t calls[native_frames::kMostFrames];
    bool cut = false;
    const uint32_t count = native_frames::read_stack(calls, python_frames::most_frames(), python != 0, cut);
    if (count == 0 && python == 0) {
        return 0;
    }
    const uint64_t key = key_in_scope(native_frames::stack_key(calls, count) + python * 0xd6e8feb86659fd93u);
    const uint32_t known = client::find_context(key);
    return known != 0 ? known
                      : keep_calls(key, calls, count,
                                   (count > 0 ? uint32_t{ledger::kContextNative} : 0) |
                                       (cut ? uint32_t{ledger::kContextCut} : 0));
}

}  // namespace

uint32_t context_beside_python() noexcept {
    if (python_frames::state() != State::kOn) {
        look_for_stacks();
    }
    return native_frames::requested() && python_frames::most_frames() != 0 ? context_with_calls() : 0;
}

[[gnu::noinline, gnu::cold]] uint32_t keep_stack(uint64_t key) noexcept {
    report(State::kOn);
    Stack stack;
    bool cut = false;
    stack.count = python_frames::read_stack(stack.frames, python_frames::kMostFrames, cut);
    // Before the contexts' lock is taken, as in keep_calls().
    if (!hook_thread.named && !has_operation(stack) && !native_caller(stack.native, sizeof stack.native)) {
        stack.native[0] = '\0';
    }
    const OperationName named(stack.frames, stack.count, stack.native, !hook_thread.named);
    return client::add_context(key, stack.count, cut ? uint32_t{ledger::kContextCut} : 0, frame_of, &stack,
                               named.name());
}

void look_for_stacks() noexcept {
    if (native_frames::requested()) {
        python_frames::keep_stack_key_back();
    }
    report(python_frames::prepare());
    operation_way();  // now, for the line about a value that means nothing
}

}  // namespace ttmem::tt_metal
