// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "base/clean_text.hpp"

#include <gtest/gtest.h>

namespace ttmem {
namespace {

TEST(CleanText, KeepsWhatPeopleWrite) {
    for (const char* text : {"", "python3 train.py", "größe", "模型", "🙂", "a\u00a0b", "👩‍💻"}) {
        EXPECT_EQ(clean_text(text).find('\x1b'), std::string::npos);
        if (std::string(text) != "👩‍💻") {  // joined by an invisible character, which goes
            EXPECT_EQ(clean_text(text), text);
        }
    }
}

TEST(CleanText, ReplacesWhatSteersATerminal) {
    EXPECT_EQ(clean_text("a\x1b[31mb\x07\r\n\tc\x7f"), "a?[31mb????c?");
    EXPECT_EQ(clean_text("\xc2\x9b"
                         "31m"),
              "?31m")
        << "U+009B is ESC [ in one character";
    EXPECT_EQ(clean_text("\xc2\x85"), "?");
    EXPECT_EQ(clean_text(std::string_view("a\0b", 3)), "a?b");
    EXPECT_EQ(clean_text("\xe2\x80\xae"
                         "txt.exe"),
              "?txt.exe")
        << "right-to-left override";
    EXPECT_EQ(clean_text("\xe2\x81\xa6\xe2\x80\xa8\xef\xbb\xbf\xe2\x80\x8b"), "????");
}

TEST(CleanLines, KeepLinesAndTabsAndNothingElseThatSteers) {
    EXPECT_EQ(clean_lines("TT_THROW:\n\tno room\n"), "TT_THROW:\n\tno room\n");
    EXPECT_EQ(clean_lines("a\x1b[31m\r\n\vb\x7f\xff\n"), "a?[31m?\n?b?\xef\xbf\xbd\n");
    EXPECT_EQ(clean_lines("\xe2\x80\xa8\xc2\x85\xe2\x80\xae\t"), "???\t");
    EXPECT_EQ(clean_lines(std::string_view("a\0\n", 3)), "a?\n");
}

TEST(CleanText, IsAlwaysValidUtf8) {
    EXPECT_EQ(clean_text("\xff"
                         "a"),
              "\xef\xbf\xbd"
              "a");
    EXPECT_EQ(clean_text("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd") << "overlong";
    EXPECT_EQ(clean_text("\xed\xa0\x80").find("\xed"), std::string::npos) << "a surrogate";
    EXPECT_EQ(clean_text("\xf4\x90\x80\x80").find("\xf4"), std::string::npos) << "above U+10FFFF";
    EXPECT_EQ(clean_text("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd") << "cut off";
    EXPECT_EQ(clean_text("\x9b"
                         "31m"),
              "\xef\xbf\xbd"
              "31m")
        << "a lone C1 byte";
}

TEST(CleanCell, AFormulaBecomesAText) {
    EXPECT_EQ(clean_cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
    EXPECT_EQ(clean_cell("@SUM(A1)"), "'@SUM(A1)");
    EXPECT_EQ(clean_cell("  =1+A1"), "'  =1+A1");
    EXPECT_EQ(clean_cell("-x"), "'-x");
    EXPECT_EQ(clean_cell("-12.5"), "-12.5");
    EXPECT_EQ(clean_cell("-"), "-");
    EXPECT_EQ(clean_cell("python"), "python");
}

}  // namespace
}  // namespace ttmem
