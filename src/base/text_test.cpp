// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <gtest/gtest.h>

namespace ttmem {
namespace {

TEST(Utf8, TakesWhatRfc3629Allows) {
    struct Case {
        const char* text;
        char32_t code;
        size_t bytes;
    };
    for (const Case& good :
         {Case{"A", 'A', 1}, Case{"\xc2\x80", 0x80, 2}, Case{"\xdf\xbf", 0x7ff, 2}, Case{"\xe0\xa0\x80", 0x800, 3},
          Case{"\xed\x9f\xbf", 0xd7ff, 3}, Case{"\xee\x80\x80", 0xe000, 3}, Case{"\xef\xbf\xbf", 0xffff, 3},
          Case{"\xf0\x90\x80\x80", 0x10000, 4}, Case{"\xf4\x8f\xbf\xbf", 0x10ffff, 4}}) {
        const Utf8Character character = first_utf8_character(std::string(good.text) + "x");
        EXPECT_TRUE(character.good) << hex_text(good.code);
        EXPECT_EQ(character.code, good.code);
        EXPECT_EQ(character.bytes, good.bytes);
    }
}

TEST(Utf8, TakesOneByteOfWhatIsNoCharacter) {
    for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x80\x80", "\xe0\x9f\xbf",
                            "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
                            "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
        const Utf8Character character = first_utf8_character(bad);
        EXPECT_FALSE(character.good) << hex_text(static_cast<unsigned char>(bad[0]));
        EXPECT_EQ(character.bytes, 1u);
    }
}

TEST(HexText, HasAtLeastTheDigitsThatAreAskedFor) {
    EXPECT_EQ(hex_text(0), "0x0");
    EXPECT_EQ(hex_text(0x1f40), "0x1f40");
    EXPECT_EQ(hex_text(0x1f40, 8), "0x00001f40");
    EXPECT_EQ(hex_text(UINT64_MAX, 8), "0xffffffffffffffff");
}

}  // namespace
}  // namespace ttmem
