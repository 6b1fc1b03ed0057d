// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The programs that were reported to the client. A program's address identifies it, from first launch to destructor:
// no two live programs share one. Safe from any thread, and in a forked child, whose ledger knows none of them yet.
#pragma once

#include <exception>

#include "tt_metal/objects/program_reader.hpp"
#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

// An application's program is on its way to `device`.
void record_launch(Program* program, Device* device) noexcept;

// Records the launch of a program that was recorded before and did not change since: true. It reads the program's last
// launch alone, and stores a launch number unless the process launched nothing else since. False: did nothing.
bool record_relaunch(Program* program) noexcept;

// Circular buffers of the program get, or may get, other addresses or sizes: the next launch looks at them again.
void note_change(const Program* program) noexcept;
void note_change_of_all() noexcept;

// Records what each newly launched program takes in the kernel-config ring, which is known once tt-metal has laid the
// program out.
// Call after the launch; one load where there are none.
void size_new_programs() noexcept;
// A program of tt-metal itself (fabric, dispatch), compiled for one chip. Reported once a mesh with that chip is open.
void record_system_program(Program* program, Device* device) noexcept;
void report_waiting_programs() noexcept;

// The one release: the cache was cleared, the device closed, the launch failed.
void forget_program(Program* program) noexcept;

// Tracking ends: no program is known any more. Their records end with their allocators.
void forget_all_programs() noexcept;

// A launch was refused: circular buffers clash with a buffer, or are larger than L1 by themselves. The exception gets its
// last lines (extend_exception.hpp). One with another text is neither recorded nor changed.
void record_refusal(Program* program, Device* device, std::exception& error) noexcept;

}  // namespace ttmem::tt_metal
