// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Contexts: how the records of this process came about, as scope, operation and stack, each kept once. Numbers and
// texts belong to the process's ledger; a forked child starts with none. Everything here runs inside the host: noexcept, and
// memory comes from mmap. The sidecar is written only as something is seen for the first time.
#pragma once

#include <cstdint>

#include "client/tracker.hpp"

namespace ttmem::client {

// A frame of a stack. Texts are UTF-8 and terminated; they are copied.
struct ContextFrame {
    const char* file;
    const char* function;
    const char* operation;  // empty: the frame is not the call of an operation
    uint32_t line;          // 0 unknown
};

// Gives the frames of the stack that is to be kept, from the outermost (index 0) on. False: this frame is not known.
using FrameSource = bool (*)(void* of, uint32_t index, ContextFrame& to) noexcept;

// The context of a key that add_context() was called with; 0: none. No lock, no system call. The hot path.
uint32_t find_context(uint64_t key) noexcept;

// A name for a context beside its frames, as TT_ALLOC_OPERATIONS asks for one: what made the record and from which lines.
struct ContextName {
    uint32_t way = 0;                 // how contexts were named as this one was: set_context_names()
    const char* text = "";            // "ttnn.matmul (model.py:42 < main.py:7)"; empty: it has no name. Copied
    uint32_t bytes_of_operation = 0;  // of the text, without the lines: all that is kept where stacks find no room
    bool after_scope = true;          // the thread's scope stands before it
};

// Contexts whose names are made in another way are other contexts: those that were added before are found again once
// their way is set again. `way` is below kContextNameWays; 0, the first, gives no names.
inline constexpr uint32_t kContextNameWays = 11;
void set_context_names(uint32_t way) noexcept;

// Keeps the stack of `frames` frames with the calling thread's scope, and finds it again by `key`. Its context; 0 when
// tracking is off or there is no room. `flags`: ledger::ContextFlags of the stack (cut, native).
uint32_t add_context(uint64_t key, uint32_t frames, uint32_t flags, FrameSource source, void* of,
                     const ContextName& name = {}) noexcept;

// "ttnn.matmul attention.py:42": a context's operation and its innermost line that is not ttnn's own, cut to `room`
// bytes with the terminating zero. False: the context says neither, or is one of those after the first 16,384. No lock.
bool describe_context(uint32_t context, char* to, uint32_t room) noexcept;

// Number of a text about what is in the ledger (kSidecarLabel, kSidecarException); 0 when there is no room.
uint32_t add_text(uint32_t type, const char* text) noexcept;

// The same of an exception's text without its backtrace, of which at most 1024 bytes are kept. Texts of exceptions take
// at most a sixteenth of the room for stacks.
uint32_t add_exception(const char* text) noexcept;

// Keeps what live buffers of an (allocator, account) hold now, by context, as what they held at failure `number`.
// Within the same bound.
void add_holders(uint64_t number, uint32_t allocator, uint32_t account) noexcept;

// Number of a tensor's facts: a TensorHead and its numbers, `bytes` of them; find_context() then finds it again by
// `key`. The same facts have the same number; 0 when there is no room.
uint32_t add_tensor(uint64_t key, const void* facts, uint32_t bytes) noexcept;

// The facts of the tensor in a live buffer are those of add_tensor()'s number `tensor` from now on.
void set_tensor(uint64_t buffer, uint32_t tensor) noexcept;

// While this object lives, the thread's records carry `context` beside its scope (ledger::ThreadSlot).
class RecordContext {
public:
    explicit RecordContext(uint32_t context) noexcept : before_(thread_state.slot.detail) {
        thread_state.slot.detail = context;
    }
    ~RecordContext() { thread_state.slot.detail = before_; }
    RecordContext(const RecordContext&) = delete;
    RecordContext& operator=(const RecordContext&) = delete;

private:
    const uint32_t before_;
};

}  // namespace ttmem::client
