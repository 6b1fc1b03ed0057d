// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The C++ stack of the calling thread, for applications that ask for it with TT_ALLOC_STACKS=native.
//
// The unwinder is libgcc's, which unwinds the application's exceptions as well: it is loaded wherever libstdc++ is,
// opens nothing, allocates nothing and keeps no state. libunwind's is ten times faster, but tests addresses by writing
// them to a pipe that it keeps open, and an application may have closed that descriptor and opened a file of its own
// under it.
//
// Not to be called in a signal handler. Everything here is noexcept and safe from any thread.
#pragma once

#include <cstdint>

namespace ttmem::native_frames {

inline constexpr uint32_t kMostFrames = 128;

// Whether TT_ALLOC_STACKS=native is set. Looked up once; another value of the variable is answered with a line on
// stderr.
bool requested() noexcept;

// The calls that the thread is in, innermost first, as addresses within the instructions that called: how many were
// written to `to`. Frames of this library are left out. `below_python`: the walk ends where Python's interpreter
// begins. `cut`: there are more than `room` frames. Some hundred nanoseconds a frame.
uint32_t read_stack(uintptr_t* to, uint32_t room, bool below_python, bool& cut) noexcept;

// Equal for equal stacks, and different for different ones but for a chance of 2^-64. Never 0.
uint64_t stack_key(const uintptr_t* frames, uint32_t count) noexcept;

// Texts of a frame, terminated. They belong to this library or to the loaded object that has the frame, and stay for as
// long as that is loaded.
struct FrameText {
    const char* file = "";      // path of the loaded object
    const char* function = "";  // see below
};

// Function: the name of the exported function that the address is in, without arguments (readable_name). In a function
// that is not exported: its place in the file, "+0x1a2b", which addr2line and a debugger take. "?" beyond 16,384
// addresses and 4 MiB of names. May wait for the dynamic loader, so no lock of ours may be held.
FrameText describe(uintptr_t address) noexcept;

}  // namespace ttmem::native_frames
