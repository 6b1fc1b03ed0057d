// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Names of contexts after ttnn's operations, where TT_ALLOC_OPERATIONS asks for them:
// "ttnn.matmul (models/attention.py:42 < model.py:7)". Made when a stack is seen for the first time.
#pragma once

#include <cstdint>

#include "client/contexts.hpp"
#include "python_frames/stack.hpp"

namespace ttmem::tt_metal {

// How operations are named (base/operation_names.hpp), from the environment unless name_operations() has set it. A
// value that means nothing costs a line on stderr, once.
uint32_t operation_way() noexcept;

// Names them in another way from now on; false: the value means nothing, and nothing has changed.
bool name_operations(const char* value) noexcept;

// The name of a stack: the outermost operation in progress, and the innermost lines that called it, without ttnn's own.
class OperationName {
public:
    // `frames`: innermost first. `native`: the exported function that the innermost one called, where none of them is the
    // call of an operation; empty: none was. `in_scope`: the thread's scope was given by the program.
    OperationName(const python_frames::RawFrame* frames, uint32_t count, const char* native, bool in_scope) noexcept;
    OperationName(const OperationName&) = delete;
    OperationName& operator=(const OperationName&) = delete;

    // Refers to this object.
    client::ContextName name() const noexcept { return {way_, text_, bytes_of_operation_, after_scope_}; }

private:
    const uint32_t way_;
    uint32_t bytes_of_operation_ = 0;
    bool after_scope_ = true;
    char text_[2048] = {};
};

// "models/attention.py:42": the path of a file below the folder `below`, else the file and its folder; and the line.
// `below` is absolute, or empty where it is not known. Relative files are seen from there. At most `room` bytes with
// the terminating zero; how many were written without it.
uint32_t place_text(const char* file, uint32_t line, const char* below, char* to, uint32_t room) noexcept;

// Whether the file lies in the folder, which is absolute; relative files are seen from `below`.
bool is_in_folder(const char* file, const char* folder, const char* below) noexcept;

}  // namespace ttmem::tt_metal
