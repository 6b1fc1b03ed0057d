// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The addresses of the interpreter in this process that the walk uses. Inside python_frames only.
#pragma once

#include <atomic>
#include <cstdint>

#include "python_frames/layout.hpp"
#include "python_frames/stack.hpp"

namespace ttmem::python_frames {

struct Interpreter {
    const Layout* layout = nullptr;
    void* (*thread_state)() = nullptr;  // of the calling thread; needs no GIL
    int (*is_finalizing)() = nullptr;
    void* main_interpreter = nullptr;
    const void* code_type = nullptr;
    const void* text_type = nullptr;
    const void* bytes_type = nullptr;
    const void* cell_type = nullptr;
    const void* dict_type = nullptr;
};

// Filled in once, before `state` says that it is found.
extern Interpreter interpreter;
extern std::atomic<uint32_t> current_state;

// Whether stack_key() gives keys: the state is kOn, and they are not kept back.
extern std::atomic<bool> gives_keys;

// Code objects whose frames are calls of ttnn operations, found as their first stack is described. The identity of such
// a frame takes in its operation object, since one line may call several operations.
inline constexpr uint32_t kCallCodes = 8;
extern std::atomic<const void*> call_codes[kCallCodes];
void note_call_code(const void* code) noexcept;

// First argument of a frame's function: the object itself, also out of a cell; null when it has none.
const void* first_local(const void* code, const void* frame) noexcept;

// Whether a code object says that it is the call of a ttnn operation.
bool calls_operation(const void* code, const char* file, const char* function) noexcept;

// python_fully_qualified_name of an operation object, read raw from its attributes. False when it has none.
bool operation_name(const void* self, char* to, uint32_t room) noexcept;

// A str as UTF-8, cut to fit between two characters, terminated. False when it is no compact str.
bool copy_text(const void* text, char* to, uint32_t room) noexcept;

uint32_t line_of(const void* code, uint32_t instruction, bool unknown) noexcept;

// Whether a pointer may be that of an object of Python's: not null, aligned.
inline bool may_be_object(const void* object) noexcept {
    return object != nullptr && reinterpret_cast<uintptr_t>(object) % sizeof(void*) == 0;
}
inline bool has_type(const void* object, const void* type) noexcept {
    return may_be_object(object) && field<const void*>(object, kObjectType) == type;
}

// Holds what is read of the calling thread's stack against what Python reports of it. The GIL is held.
bool known_answer_is_right() noexcept;

// The thread state whose frames may be read, or null.
inline void* readable_thread() noexcept {
    if (interpreter.is_finalizing() != 0) {
        return nullptr;
    }
    void* thread = interpreter.thread_state();
    return thread != nullptr &&
                   field<void*>(thread, interpreter.layout->thread_interpreter) == interpreter.main_interpreter
               ? thread
               : nullptr;
}

uint32_t read_frames(void* thread, RawFrame* to, uint32_t room, bool& cut) noexcept;

}  // namespace ttmem::python_frames
