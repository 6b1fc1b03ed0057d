// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Text at the lowest level: UTF-8 and hexadecimal numbers. Pure; no locale is asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ttmem {

struct Utf8Character {
    char32_t code = 0;  // 0 of a byte that is part of no character
    size_t bytes = 1;
    bool good = true;
};

// The first character of a text that is not empty, by RFC 3629: no overlong forms, no surrogates, nothing above
// U+10FFFF. Of a byte that is part of no character: bytes is 1 and good is false.
Utf8Character first_utf8_character(std::string_view text);

// "0x1f40", with at least `digits` digits after the 0x.
std::string hex_text(uint64_t value, int digits = 1);

}  // namespace ttmem
