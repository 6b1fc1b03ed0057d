// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/record_context.hpp"

#include <atomic>

#include "base/errno_keeper.hpp"
#include "tt_metal/hook_thread.hpp"
#include "tt_metal/native_caller.hpp"

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
        entry.writer().set_stacks(static_cast<ledger::StackState>(state), python_frames::most_frames());
        g_reported.store(now, std::memory_order_relaxed);
    }
}

struct Stack {
    RawFrame frames[python_frames::kMostFrames];
    uint32_t count = 0;
    bool has_operation = false;
    FrameText text;
    char native[64];
};

bool frame_of(void* of, uint32_t index, client::ContextFrame& to) noexcept {
    Stack& stack = *static_cast<Stack*>(of);
    if (!python_frames::describe(stack.frames[stack.count - 1 - index], stack.text)) {
        return false;
    }
    stack.has_operation = stack.has_operation || stack.text.operation[0] != '\0';
    const bool innermost = index + 1 == stack.count;
    if (innermost && !stack.has_operation && !hook_thread.named && native_caller(stack.native, sizeof stack.native)) {
        to = {stack.text.file, stack.text.function, stack.native, stack.text.line};
        return true;
    }
    to = {stack.text.file, stack.text.function, stack.text.operation, stack.text.line};
    return true;
}

}  // namespace

[[gnu::noinline, gnu::cold]] uint32_t keep_stack(uint64_t key) noexcept {
    report(State::kOn);
    Stack stack;
    bool cut = false;
    stack.count = python_frames::read_stack(stack.frames, python_frames::kMostFrames, cut);
    return client::add_context(key, stack.count, cut, frame_of, &stack);
}

void look_for_stacks() noexcept {
    report(python_frames::prepare());
}

}  // namespace ttmem::tt_metal
