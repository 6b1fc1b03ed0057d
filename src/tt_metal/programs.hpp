// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which programs the client was told of. A program is known by its address, from its first launch to its destructor:
// no two live programs share one. Safe from any thread, and in a forked child, whose ledger knows none of them yet.
#pragma once

#include "tt_metal/foreign.hpp"
#include "tt_metal/program_reader.hpp"

namespace ttmem::tt_metal {

// An application's program is on its way to `device`. A relaunch of an unchanged program stores a number and no more.
void record_launch(Program* program, Device* device) noexcept;

// tt-metal compiled one of its own (fabric, dispatch) for a single chip. Told when a mesh that has the chip is open.
void record_system_program(Program* program, Device* device) noexcept;
void tell_waiting_programs() noexcept;

// The one release: the cache was cleared, the device closed, the launch failed.
void forget_program(Program* program) noexcept;

// Tracking ends: no program is known any more. Their records end with their allocators.
void forget_all_programs() noexcept;

// A launch was refused with this text.
void record_clash(Program* program, Device* device, const char* text) noexcept;

}  // namespace ttmem::tt_metal
