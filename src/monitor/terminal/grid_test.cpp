// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/terminal/grid.hpp"

#include <gtest/gtest.h>

#include "monitor/terminal/theme.hpp"
#include "monitor/views/widgets.hpp"

namespace ttmem::monitor {
namespace {

TEST(Grid, TextIsCutAtTheEdgeOfThePart) {
    Grid grid(3, 10);
    const Canvas part = Canvas(grid).part(1, 2, 1, 4);
    EXPECT_EQ(part.put(0, 0, "abcdef"), 4u);
    EXPECT_EQ(part.put(1, 0, "below"), 0u);
    EXPECT_EQ(grid.text(), "\n  abcd\n\n");
    EXPECT_EQ(Canvas(grid).part(5, 20, 3, 3).width(), 0u);
}

TEST(Grid, WideAndCombiningCharacters) {
    Grid grid(1, 8);
    const Canvas canvas(grid);
    // LATIN SMALL LETTER E, COMBINING ACUTE ACCENT, two ideographs, and one that has half the room it needs.
    canvas.put(0, 0, "e\xcc\x81\xe6\xbc\xa2\xe5\xad\x97xx\xe6\xbc\xa2");
    EXPECT_EQ(grid.text(), "e\xcc\x81\xe6\xbc\xa2\xe5\xad\x97xx\n");
    EXPECT_TRUE(grid.at(0, 2).tail);
    EXPECT_FALSE(grid.at(0, 7).drawn);
    EXPECT_EQ(grid.overlaps(), 0u);
    canvas.part(0, 2, 1, 2).clear();
    EXPECT_EQ(grid.text(), "e\xcc\x81    xx\n") << "no half of a character is left";
}

TEST(Grid, NothingSteersTheTerminal) {
    Grid grid(1, 20);
    Canvas(grid).put(0, 0, "a\x1b[31m\n\xff\xe2\x80\xae");
    EXPECT_EQ(grid.text(), "a?[31m???\n");
}

TEST(Grid, AsciiTakesTheSameRoom) {
    Grid grid(1, 10);
    Canvas(grid, true).put(0, 0, "\xe6\xbc\xa2 \xc2\xb0 e\xcc\x81");
    EXPECT_EQ(grid.text(), "?? ? e\n");
}

TEST(Grid, OverlapsAreCounted) {
    Grid grid(1, 10);
    const Canvas canvas(grid);
    canvas.put(0, 0, "abc");
    canvas.put(0, 2, "xy");
    EXPECT_EQ(grid.overlaps(), 1u);
    canvas.clear();
    canvas.put(0, 0, "abc");
    EXPECT_EQ(grid.overlaps(), 1u);
}

std::string bar_text(size_t width, const std::vector<BarPart>& parts, bool ascii) {
    Grid grid(1, width);
    draw_bar(Canvas(grid, ascii), 0, 0, width, parts);
    return grid.row_text(0);
}

TEST(Bar, ShareOfItsWidth) {
    EXPECT_EQ(bar_text(10, {}, true), "[--------]");
    EXPECT_EQ(bar_text(10, {{0.5}}, true), "[####----]");
    EXPECT_EQ(bar_text(10, {{1}}, true), "[########]");
    EXPECT_EQ(bar_text(10, {{2}}, true), "[########]");
    EXPECT_EQ(bar_text(10, {{1e-9}}, true), "[#-------]") << "a little is not nothing";
    EXPECT_EQ(bar_text(10, {{0.99999}}, true), "[#######-]") << "almost is not full";
    EXPECT_EQ(bar_text(6, {{0.4375}}, false), "[\u2588\u258a\u00b7\u00b7]") << "in eighths of a cell";
}

TEST(Appearance, ColoursAreThoseThatTheTerminalHas) {
    Look look;
    EXPECT_EQ(appearance(Style::kDram, look).foreground, -1);
    look.colours = Colours::k8;
    EXPECT_EQ(appearance(Style::kDram, look).foreground, 2);
    look.colours = Colours::k256;
    EXPECT_EQ(appearance(Style::kDram, look).foreground, 78);
    look.colours = Colours::kTrue;
    EXPECT_EQ(appearance(Style::kDram, look).foreground, 0x5fd787);
    look.light = true;
    EXPECT_EQ(appearance(Style::kDram, look).foreground, 0x008700);
    EXPECT_EQ(appearance(Style::kPlain, look), Appearance());
}

}  // namespace
}  // namespace ttmem::monitor
