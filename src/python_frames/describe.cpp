// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Texts and lines of a frame, read once for each place that is kept. Every object is asked for its type before it is
// read, and every length is bounded.
#include <cstring>

#include "python_frames/interpreter.hpp"

namespace ttmem::python_frames {

namespace {

constexpr uint64_t kMostTextLength = 1u << 20;
constexpr uint64_t kMostLineTable = 16u << 20;

// A code point as UTF-8; 0 bytes for a number that is no code point.
uint32_t encode(uint32_t point, char (&to)[4]) noexcept {
    if (point < 0x80) {
        to[0] = static_cast<char>(point);
        return 1;
    }
    if (point < 0x800) {
        to[0] = static_cast<char>(0xc0 | point >> 6);
        to[1] = static_cast<char>(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        if (point >= 0xd800 && point < 0xe000) {
            return encode(0xfffd, to);  // half of a pair, as names of files that are no UTF-8 have
        }
        to[0] = static_cast<char>(0xe0 | point >> 12);
        to[1] = static_cast<char>(0x80 | (point >> 6 & 0x3f));
        to[2] = static_cast<char>(0x80 | (point & 0x3f));
        return 3;
    }
    if (point > 0x10ffff) {
        return 0;
    }
    to[0] = static_cast<char>(0xf0 | point >> 18);
    to[1] = static_cast<char>(0x80 | (point >> 12 & 0x3f));
    to[2] = static_cast<char>(0x80 | (point >> 6 & 0x3f));
    to[3] = static_cast<char>(0x80 | (point & 0x3f));
    return 4;
}

// --- Lines. Both tables are runs of entries, each for some code units that follow those of the one before.

// 3.10: two bytes an entry, bytes of code and line delta; a delta of -128: no line.
uint32_t line_of_310(const uint8_t* table, uint64_t bytes, int64_t line, uint64_t wanted) noexcept {
    uint64_t end = 0;
    for (uint64_t at = 0; at + 2 <= bytes; at += 2) {
        end += table[at];
        const auto delta = static_cast<int8_t>(table[at + 1]);
        line += delta == -128 ? 0 : delta;
        if (wanted < end) {
            return delta == -128 || line < 0 ? 0 : static_cast<uint32_t>(line);
        }
    }
    return 0;
}

// Numbers of six bits a byte, lowest first.
uint64_t take_number(const uint8_t* table, uint64_t bytes, uint64_t& at) noexcept {
    uint64_t value = 0;
    for (uint32_t shift = 0; at < bytes && shift < 60; shift += 6) {
        const uint8_t byte = table[at++];
        value |= uint64_t{byte & 0x3fu} << shift;
        if ((byte & 0x40) == 0) {
            break;
        }
    }
    return value;
}

// 3.11 on: an entry's first byte has its form and how many code units it is for.
uint32_t line_of_311(const uint8_t* table, uint64_t bytes, int64_t line, uint64_t wanted) noexcept {
    constexpr uint32_t kOneLine0 = 10;
    constexpr uint32_t kOneLine2 = 12;
    constexpr uint32_t kNoColumns = 13;
    constexpr uint32_t kLong = 14;
    constexpr uint32_t kNone = 15;
    uint64_t end = 0;
    for (uint64_t at = 0; at < bytes;) {
        const uint8_t first = table[at++];
        const uint32_t form = first >> 3 & 15;
        end += (first & 7u) + 1;
        if (form == kNoColumns || form == kLong) {
            const uint64_t number = take_number(table, bytes, at);
            const auto half = static_cast<int64_t>(number >> 1);
            line += (number & 1) != 0 ? -half : half;
        } else if (form >= kOneLine0 && form <= kOneLine2) {
            line += form - kOneLine0;
        }
        if (wanted < end) {
            return form == kNone || line < 0 ? 0 : static_cast<uint32_t>(line);
        }
        // To the next entry: only these have their high bit set.
        while (at < bytes && (table[at] & 0x80) == 0) {
            ++at;
        }
    }
    return 0;
}

}  // namespace

bool copy_text(const void* text, char* to, uint32_t room) noexcept {
    to[0] = '\0';
    if (!has_type(text, interpreter.text_type)) {
        return false;
    }
    const auto state = field<uint32_t>(text, kTextState);
    const uint32_t width = state >> 2 & 7;  // bytes a character
    const bool compact = (state >> 5 & 1) != 0;
    const bool ascii = (state >> 6 & 1) != 0;
    const auto length = field<uint64_t>(text, kTextLength);
    if (!compact || length > kMostTextLength || (width != 1 && width != 2 && width != 4)) {
        return false;
    }
    const char* data =
        static_cast<const char*>(text) + (ascii ? interpreter.layout->text_ascii : interpreter.layout->text_wide);
    uint32_t used = 0;
    for (uint64_t i = 0; i < length; ++i) {
        uint32_t point = 0;
        switch (width) {
            case 1:
                point = static_cast<uint8_t>(data[i]);
                break;
            case 2:
                point = field<uint16_t>(data, static_cast<uint32_t>(i * 2));
                break;
            default:
                point = field<uint32_t>(data, static_cast<uint32_t>(i * 4));
                break;
        }
        char bytes[4];
        const uint32_t count = encode(point == 0 ? 0xfffd : point, bytes);
        if (used + count >= room) {
            break;
        }
        std::memcpy(to + used, bytes, count);
        used += count;
    }
    to[used] = '\0';
    return true;
}

uint32_t line_of(const void* code, uint32_t instruction, bool unknown) noexcept {
    const Layout& layout = *interpreter.layout;
    const auto first = field<int32_t>(code, layout.code_first_line);
    if (unknown) {
        return first < 0 ? 0 : static_cast<uint32_t>(first);
    }
    const void* table = field<const void*>(code, layout.code_lines);
    if (!has_type(table, interpreter.bytes_type)) {
        return 0;
    }
    const auto bytes = field<uint64_t>(table, kVarSize);
    if (bytes > kMostLineTable) {
        return 0;
    }
    const auto* data = static_cast<const uint8_t*>(table) + kBytesData;
    return layout.minor == 10 ? line_of_310(data, bytes, first, uint64_t{instruction} * 2)
                              : line_of_311(data, bytes, first, instruction);
}

bool calls_operation(const void* code, const char* file, const char* function) noexcept {
    static constexpr char kFile[] = "ttnn/decorators.py";
    const size_t length = std::strlen(file);
    return field<int32_t>(code, interpreter.layout->code_arguments) == 1 && length >= sizeof kFile - 1 &&
           std::strcmp(file + length - (sizeof kFile - 1), kFile) == 0 &&
           (std::strcmp(function, "__call__") == 0 || std::strncmp(function, "_tracked_", 9) == 0);
}

bool describe(const RawFrame& frame, FrameText& to) noexcept {
    if (!has_type(frame.code, interpreter.code_type)) {
        return false;
    }
    const Layout& layout = *interpreter.layout;
    if (!copy_text(field<const void*>(frame.code, layout.code_file), to.file, sizeof to.file) ||
        !copy_text(field<const void*>(frame.code, layout.code_name), to.function, sizeof to.function)) {
        return false;
    }
    to.line = line_of(frame.code, frame.instruction, frame.unknown);
    to.operation[0] = '\0';
    if (calls_operation(frame.code, to.file, to.function) &&
        operation_name(frame.self, to.operation, sizeof to.operation)) {
        note_call_code(frame.code);
    }
    return true;
}

}  // namespace ttmem::python_frames
