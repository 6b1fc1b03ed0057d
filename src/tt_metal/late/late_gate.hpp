// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A gate in front of the allocator's functions, in their slots only while tracking is switched on or off late.
//
// An allocation or a free passes the gate as a whole: the original and what we record of it. While the gate is shut
// none is on its way inside, so the allocator's list of buffers can be written down as one moment, and what waits
// outside is recorded by the hooks afterwards: everything counts once. Functions that may take long, or that wait for
// other threads (opening a mesh, compiling a program), never pass here: shutting the gate would wait for them, and they
// for a thread outside.
//
// A forked child finds the gate open, whatever its parent was about (a page that the kernel zeroes in children).
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "tt_metal/late/late_slots.hpp"
#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

// Makes the gate's page. Before any gate is put into a slot. False when there is no memory.
bool make_gate() noexcept;

// A thread's pass. Nested passes of one thread are one.
class GatePass {
public:
    GatePass() noexcept;
    ~GatePass();
    GatePass(const GatePass&) = delete;
    GatePass& operator=(const GatePass&) = delete;
};

// Shuts the gate and waits until no thread is inside. False when a thread stays for more than `patience_ms`; it is open
// again then.
bool shut_gate(int patience_ms) noexcept;
void open_gate() noexcept;

// Between these two, every allocation that passes is noted with its address, which its caller may not have stored yet.
void start_notes() noexcept;
void end_notes() noexcept;

struct GateNote {
    Allocator* allocator;
    uint64_t address;
};
using GateNotes = std::unordered_map<const Buffer*, GateNote>;
void note_allocation(Allocator* allocator, const Buffer* buffer, uint64_t address) noexcept;
void note_free(const Buffer* buffer) noexcept;
bool noting() noexcept;

// Copies the notes. Only while the gate is shut. False when a note was lost for want of memory.
bool read_notes(GateNotes& notes);

}  // namespace ttmem::tt_metal
