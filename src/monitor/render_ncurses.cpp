// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>

#include "monitor/render.hpp"

// Last: it is full of macros.
#include <curses.h>

namespace ttmem::monitor {
namespace {

enum ColourPair : short { kGreen = 1, kCyan = 2, kYellow = 3 };

attr_t attributes(Style style) {
    switch (style) {
        case Style::kTitle:
            return A_BOLD;
        case Style::kHeading:
            return A_REVERSE;
        case Style::kDram:
            return COLOR_PAIR(kGreen);
        case Style::kL1:
            return COLOR_PAIR(kCyan);
        case Style::kDim:
            return A_DIM;
        case Style::kWarning:
            return COLOR_PAIR(kYellow);
        case Style::kPlain:
            break;
    }
    return A_NORMAL;
}

}  // namespace

Screen::Screen() = default;

std::unique_ptr<Screen> Screen::open(std::string& why) {
    std::setlocale(LC_CTYPE, "");
    const char* terminal = std::getenv("TERM");
    if (newterm(terminal, stdout, stdin) == nullptr) {
        why = std::string("the terminal type ") + (terminal == nullptr ? "(TERM is not set)" : terminal) +
              " is not known here";
        return nullptr;
    }
    std::unique_ptr<Screen> screen(new Screen);
    cbreak();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    curs_set(0);
    const char* no_colour = std::getenv("NO_COLOR");
    if (has_colors() && (no_colour == nullptr || *no_colour == '\0')) {
        start_color();
        use_default_colors();
        init_pair(kGreen, COLOR_GREEN, -1);
        init_pair(kCyan, COLOR_CYAN, -1);
        init_pair(kYellow, COLOR_YELLOW, -1);
    }
    return screen;
}

Screen::~Screen() {
    endwin();
}

Size Screen::size() const {
    return {static_cast<size_t>(COLS > 0 ? COLS : 1), static_cast<size_t>(LINES > 0 ? LINES : 1)};
}

void Screen::fit() {
    winsize window{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_row > 0 && window.ws_col > 0) {
        resizeterm(window.ws_row, window.ws_col);
    }
}

void Screen::draw(const Lines& lines) {
    erase();
    for (size_t row = 0; row < lines.size() && row < size().height; ++row) {
        move(static_cast<int>(row), 0);
        for (const Span& span : lines[row].spans) {
            attrset(attributes(span.style));
            addstr(span.text.c_str());
        }
        attrset(A_NORMAL);
    }
    refresh();
}

std::optional<int> Screen::key() {
    const int pressed = getch();
    return pressed == ERR ? std::nullopt : std::optional<int>(pressed);
}

}  // namespace ttmem::monitor
