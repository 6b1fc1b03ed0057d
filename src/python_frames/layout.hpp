// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Where CPython keeps what is read of it, by version: offsets into its structs, as its headers lay them out on x86-64
// and arm64 without Py_DEBUG. ttnn has wheels for 3.10 and 3.12 alone. No offset is trusted because it stands here:
// known_answer.cpp holds all of them against what the interpreter itself reports before the first stack is kept.
#pragma once

#include <cstdint>

namespace ttmem::python_frames {

struct Layout {
    uint32_t minor;  // 3.minor

    // PyThreadState
    uint16_t thread_interpreter;
    uint16_t thread_frame;  // 3.12: the word at the address that stands there points to the frame

    // _PyInterpreterFrame (3.12), PyFrameObject (3.10)
    uint16_t frame_code;
    uint16_t frame_back;
    uint16_t frame_position;  // 3.12: address of the instruction; 3.10: its index (int)
    uint16_t frame_owner;     // 3.12: one byte
    uint16_t frame_locals;

    // PyCodeObject
    uint16_t code_arguments;
    uint16_t code_first_line;
    uint16_t code_file;
    uint16_t code_name;
    uint16_t code_lines;         // bytes object
    uint16_t code_traceable;     // 3.12: index of the first instruction that a traceback may show
    uint16_t code_instructions;  // 3.12: they begin there; 3.10: the bytes object that holds them

    // PyUnicodeObject, compact
    uint16_t text_ascii;
    uint16_t text_wide;

    // PyDictObject and its keys
    uint16_t dict_keys;
    uint16_t dict_values;
    uint16_t keys_entry_count;
    uint16_t keys_indices;
};

inline constexpr Layout kLayouts[] = {
    {10, 16, 24, 32, 24, 96, 0, 352, 16, 40, 104, 112, 120, 0, 48, 48, 72, 32, 40, 32, 40},
    {12, 16, 56, 0, 8, 56, 70, 72, 52, 68, 112, 120, 136, 176, 192, 40, 56, 32, 40, 24, 32},
};

// Offsets that both versions share.
inline constexpr uint32_t kObjectType = 8;
inline constexpr uint32_t kVarSize = 16;
inline constexpr uint32_t kBytesData = 32;
inline constexpr uint32_t kTextLength = 16;
inline constexpr uint32_t kTextState = 32;
inline constexpr uint32_t kTypeFlags = 168;
inline constexpr uint32_t kTypeDictOffset = 288;
inline constexpr uint32_t kCellContent = 16;
inline constexpr uint32_t kCodeVersion312 = 92;
inline constexpr uint32_t kTypeCachedKeys312 = 880;
inline constexpr uint8_t kOwnedByCStack312 = 3;  // a frame between interpreter and C: no code of a program
inline constexpr uint8_t kOwnedByGenerator312 = 1;

template <typename T>
inline T field(const void* object, uint32_t offset) noexcept {
    T value;
    __builtin_memcpy(&value, static_cast<const char*>(object) + offset, sizeof value);
    return value;
}

}  // namespace ttmem::python_frames
