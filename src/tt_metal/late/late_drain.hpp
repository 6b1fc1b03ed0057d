// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// When has every call ended that began before the slots were changed? Those calls passed no hook, so there is no count
// of them. Each thread that lived at that moment has to show one of these, after which it cannot be in such a call:
//
//   it ended                      there is no such thread any more
//   it passed the gate            it makes a call of a later time
//   it ran for a while            it used more processor time than any such call takes (kLongestCallNs)
//   it sleeps somewhere else      it is in a system call, and no word of its stack points into the functions in question
//   it sleeps and does not move   words of its stack do (often left there by an older call): when all other threads have
//                                 shown theirs, and it has neither run nor woken for kStillNs
//
// A thread that merely waits for a processor shows nothing, however long that takes. Threads that began later cannot be
// in an older call. No thread is stopped, signalled or slowed.
#pragma once

#include <cstdint>
#include <vector>

namespace ttmem::tt_metal {

// A stretch of code.
struct CodeRange {
    uintptr_t begin;
    uintptr_t end;
};

// Waits until all threads but this one have shown it. False after `patience_ms`; `busy_thread` is then the kernel id of
// one that has not. One call at a time.
bool drain_calls(const std::vector<CodeRange>& functions, int patience_ms, int& busy_thread) noexcept;

// The calling thread is about to make a call of the new way. Costs one load while no drain runs.
void drain_passed() noexcept;

}  // namespace ttmem::tt_metal
