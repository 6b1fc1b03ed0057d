// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The Python stack of the calling thread, read raw from its own frames: no call into Python, no GIL, no lock, no memory
// of Python's. The thread stands in a call that these frames made, so nothing else changes them, whether or not it
// holds the GIL; its frames hold references to their code objects, so those live as long as the call does.
//
// Not to be called in a signal handler. Everything here is noexcept and safe from any thread, also from one that Python
// does not know.
#pragma once

#include <cstdint>

namespace ttmem::python_frames {

inline constexpr uint32_t kDefaultFrames = 32;
inline constexpr uint32_t kMostFrames = 128;

enum class State : uint32_t {
    kNoInterpreter = 0,  // none was found in this process
    kOn = 1,
    kOffByRequest = 2,    // TT_ALLOC_STACK_FRAMES=0
    kUnknownVersion = 3,  // neither 3.10 nor 3.12
    kUnusualBuild = 4,    // a debug or free-threaded build
    kCheckFailed = 5,     // what was read is not what Python reports
    kUnverified = 6,      // found; the check runs as soon as the interpreter comes to it
};

// A frame as it was found: good until the call returns to Python.
struct RawFrame {
    const void* code = nullptr;
    uint32_t instruction = 0;    // its index in the code
    bool unknown = false;        // not begun yet: the code's first line stands for it
    const void* self = nullptr;  // of the call of a ttnn operation: the operation object; else null
};

// Most frames that are read, from TT_ALLOC_STACK_FRAMES; 0 off.
uint32_t most_frames() noexcept;

// Looks for the interpreter, once it may be there, and starts its check: at once when the calling thread holds the GIL,
// else as a pending call of the interpreter's main thread. Cheap when there is nothing to be done. The state after it.
State prepare() noexcept;

// The state as it is, without looking.
State state() noexcept;

// Identifies the calling thread's stack, at most most_frames() of it: equal for equal stacks, and different for
// different ones but for a chance of 2^-64. 0: none can be read. The hot path.
uint64_t stack_key() noexcept;

// From the check on, stack_key() gives 0 and own_stack_key() what it would have given: for a caller that adds frames of
// its own to each stack, and whose question for that the hot path of others must not pay. Call before prepare().
void keep_stack_key_back() noexcept;
uint64_t own_stack_key() noexcept;

// The frames that stack_key() went through, innermost first: how many were written to `to`. `cut`: there are more.
uint32_t read_stack(RawFrame* to, uint32_t room, bool& cut) noexcept;

// Texts of a frame, UTF-8, cut to fit and terminated. False when the code object is not what it should be.
struct FrameText {
    char file[1024];
    char function[256];
    char operation[256];  // name of the ttnn operation whose call this frame is; empty: it is none
    uint32_t line;        // 0 unknown
};
bool describe(const RawFrame& frame, FrameText& to) noexcept;

}  // namespace ttmem::python_frames
