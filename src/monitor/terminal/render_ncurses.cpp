// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <string_view>

#include "monitor/terminal/crash_guard.hpp"
#include "monitor/terminal/render.hpp"

// Last: they are full of macros.
#include <curses.h>
#include <term.h>

namespace ttmem::monitor {
namespace {

constexpr uint64_t kDoubleClickMs = 400;

std::unique_ptr<CrashGuard> guard;

uint64_t now_ms() {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
            .count());
}

bool knows(const std::string& terminal) {
    int error = 0;
    return setupterm(terminal.c_str(), STDOUT_FILENO, &error) == OK;
}

// Where the terminal says that it has all colours and its type has a description that says so too, that description.
std::string terminal_type() {
    const char* type = std::getenv("TERM");
    const std::string name = type == nullptr ? "" : type;
    const char* depth = std::getenv("COLORTERM");
    const std::string said = depth == nullptr ? "" : depth;
    if (said == "truecolor" || said == "24bit") {
        const size_t suffix = name.find("-256color");
        const std::string direct = name.substr(0, suffix) + "-direct";
        if (knows(direct)) {
            return direct;
        }
    }
    return name;
}

Colours depth_of_terminal() {
    if (!has_colors()) {
        return Colours::kNone;
    }
    if (tigetflag("RGB") > 0) {
        return Colours::kTrue;
    }
    return tigetnum("colors") >= 256 ? Colours::k256 : Colours::k8;
}

// A picture is longer than one write; between these two a terminal that knows them shows none of it before all of it is
// there. Private mode 2026 ("synchronized output"); a terminal that does not know a private mode ignores it (ECMA-48).
constexpr std::string_view kBeginSynchronized = "\033[?2026h";
constexpr std::string_view kEndSynchronized = "\033[?2026l";

// Past the buffer of ncurses, which is empty before and after each refresh(). A terminal that takes nothing is found
// out by the next picture.
void send(std::string_view words) {
    if (write(STDOUT_FILENO, words.data(), words.size()) < 0) {
        return;
    }
}

void append_capability(std::string& text, const char* name) {
    const char* value = tigetstr(name);
    if (value != nullptr && value != reinterpret_cast<char*>(-1)) {
        text += value;
    }
}

// The escape sequences that give the terminal back to the shell.
std::string leaving() {
    std::string text(kEndSynchronized);
    text += "\x1b[?1006l\x1b[?1000l";  // the mouse, as ncurses turned it on
    for (const char* name : {"sgr0", "rmkx", "cnorm", "rmcup"}) {
        append_capability(text, name);
    }
    return text;
}

Key translate(int code) {
    switch (code) {
        case KEY_UP:
            return kKeyUp;
        case KEY_DOWN:
            return kKeyDown;
        case KEY_LEFT:
            return kKeyLeft;
        case KEY_RIGHT:
            return kKeyRight;
        case KEY_PPAGE:
            return kKeyPageUp;
        case KEY_NPAGE:
            return kKeyPageDown;
        case KEY_HOME:
            return kKeyHome;
        case KEY_END:
            return kKeyEnd;
        case KEY_BTAB:
            return kKeyBackTab;
        case KEY_ENTER:
            return kKeyEnter;
        case KEY_BACKSPACE:
        case KEY_DC:
            return kKeyBackspace;
        case KEY_F(1):
            return kKeyF1;
        default:
            return 0;
    }
}

Key translate_character(wint_t character) {
    switch (character) {
        case '\t':
            return kKeyTab;
        case '\r':
        case '\n':
            return kKeyEnter;
        case 27:
            return kKeyEscape;
        case 8:
        case 127:
            return kKeyBackspace;
        default:
            return static_cast<Key>(character);
    }
}

}  // namespace

std::unique_ptr<Screen> Screen::open(bool ascii, std::string& why) {
    std::setlocale(LC_CTYPE, "");
    guard = std::make_unique<CrashGuard>();
    const std::string terminal = terminal_type();
    if (newterm(terminal.empty() ? nullptr : terminal.c_str(), stdout, stdin) == nullptr) {
        why = "the terminal type " + (terminal.empty() ? "(TERM is not set)" : terminal) + " is not known here";
        guard.reset();
        return nullptr;
    }
    guard->set_leave(leaving());
    std::unique_ptr<Screen> screen(new Screen);
    cbreak();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    curs_set(0);
    mouseinterval(0);
    mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, nullptr);
    screen->look_ = look_of_environment(depth_of_terminal());
    screen->look_.ascii |= ascii;
    if (screen->look_.colours != Colours::kNone) {
        start_color();
        use_default_colors();
        screen->init_colours();
    }
    return screen;
}

Screen::~Screen() {
    endwin();
    guard.reset();
}

void Screen::init_colours() {
    for (size_t i = 0; i < kStyles; ++i) {
        const Appearance how = appearance(static_cast<Style>(i), look_);
        init_extended_pair(static_cast<int>(i) + 1, how.foreground, how.background);
    }
}

void Screen::set_ground(bool light) {
    if (light == look_.light) {
        return;
    }
    look_.light = light;
    if (look_.colours != Colours::kNone) {
        init_colours();
    }
    shown_ = Grid(0, 0);
    clear();
}

Size Screen::size() const {
    return {static_cast<size_t>(COLS > 0 ? COLS : 1), static_cast<size_t>(LINES > 0 ? LINES : 1)};
}

void Screen::fit() {
    winsize window{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_row > 0 && window.ws_col > 0) {
        resizeterm(window.ws_row, window.ws_col);
    }
    shown_ = Grid(0, 0);
    clear();
}

void Screen::draw(const Grid& grid) {
    const bool anew = shown_.height() != grid.height() || shown_.width() != grid.width();
    bool differs = anew;
    std::wstring run;
    const size_t height = std::min(grid.height(), size().height);
    const size_t width = std::min(grid.width(), size().width);
    for (size_t row = 0; row < height; ++row) {
        if (!anew) {
            bool same = true;
            for (size_t column = 0; column < width && same; ++column) {
                same = grid.at(row, column) == shown_.at(row, column);
            }
            if (same) {
                continue;
            }
            differs = true;
        }
        move(static_cast<int>(row), 0);
        for (size_t column = 0; column < width;) {
            const Style style = grid.at(row, column).style;
            run.clear();
            for (; column < width && grid.at(row, column).style == style; ++column) {
                const Cell& cell = grid.at(row, column);
                if (cell.tail) {
                    continue;
                }
                run += static_cast<wchar_t>(cell.glyph);
                for (const char32_t mark : cell.marks) {
                    if (mark != 0) {
                        run += static_cast<wchar_t>(mark);
                    }
                }
            }
            const Appearance how = appearance(style, look_);
            const attr_t attributes =
                (how.bold ? A_BOLD : A_NORMAL) | (how.dim ? A_DIM : A_NORMAL) | (how.reverse ? A_REVERSE : A_NORMAL);
            const short pair = look_.colours == Colours::kNone ? 0 : static_cast<short>(static_cast<short>(style) + 1);
            attr_set(attributes, pair, nullptr);
            addwstr(run.c_str());
        }
    }
    attr_set(A_NORMAL, 0, nullptr);
    // A picture ends in the corner: a reader of the terminal knows a whole picture from one still being written.
    move(LINES - 1, COLS - 1);
    if (differs) {
        send(kBeginSynchronized);
        refresh();
        send(kEndSynchronized);
    }
    shown_ = grid;
}

Input Screen::input() {
    wint_t character = 0;
    const int what = get_wch(&character);
    if (what == ERR) {
        return NoInput{};
    }
    if (what == OK) {
        return translate_character(character);
    }
    if (character != KEY_MOUSE) {
        return translate(static_cast<int>(character));
    }
    MEVENT event;
    if (getmouse(&event) != OK) {
        return Key{0};
    }
    MouseEvent mouse{Click::kLeft, static_cast<size_t>(event.y), static_cast<size_t>(event.x)};
    if ((event.bstate & BUTTON4_PRESSED) != 0) {
        mouse.click = Click::kWheelUp;
    } else if ((event.bstate & BUTTON5_PRESSED) != 0) {
        mouse.click = Click::kWheelDown;
    } else if ((event.bstate & BUTTON1_PRESSED) != 0) {
        const uint64_t now = now_ms();
        const bool again = pressed_at_ms_ != 0 && now - pressed_at_ms_ < kDoubleClickMs && pressed_row_ == mouse.row &&
                           pressed_column_ == mouse.column;
        mouse.click = again ? Click::kDouble : Click::kLeft;
        pressed_at_ms_ = again ? 0 : now;
        pressed_row_ = mouse.row;
        pressed_column_ = mouse.column;
    } else {
        return Key{0};
    }
    return mouse;
}

}  // namespace ttmem::monitor
