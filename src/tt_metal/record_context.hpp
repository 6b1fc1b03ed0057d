// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The context of a hook's next report: the calling thread's Python stack and scope, and on request its C++ stack. In
// the hooks library only.
#pragma once

#include <cstdint>

#include "client/contexts.hpp"
#include "python_frames/stack.hpp"

namespace ttmem::tt_metal {

// Keeps the stack, which was not known yet; its context. Also looks whether stacks can be read by now.
uint32_t keep_stack(uint64_t key) noexcept;

// The context where the hot path has no Python stack: with the C++ stack, where the application asked for it; else 0,
// and a look whether Python's can be read by now.
[[gnu::cold]] uint32_t context_beside_python() noexcept;

// Says in the ledger why no stacks are read, once for each reason, and looks whether they can be by now.
[[gnu::cold]] void look_for_stacks() noexcept;

// Odd times the scope: equal stacks in different scopes are different contexts.
inline uint64_t key_in_scope(uint64_t stack) noexcept {
    return (stack + client::thread_state.slot.scope * 0x9e3779b97f4a7c15u) | 1;
}

// 0: nothing is known beside the thread's scope. The GIL is not needed and never taken.
inline uint32_t event_context() noexcept {
    const uint64_t stack = python_frames::stack_key();
    if (stack == 0) [[unlikely]] {
        return context_beside_python();
    }
    const uint64_t key = key_in_scope(stack);
    const uint32_t known = client::find_context(key);
    return known != 0 ? known : keep_stack(key);
}

}  // namespace ttmem::tt_metal
