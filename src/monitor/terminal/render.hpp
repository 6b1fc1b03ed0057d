// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Puts pictures out.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <variant>

#include "monitor/control.hpp"
#include "monitor/keys.hpp"
#include "monitor/terminal/grid.hpp"
#include "monitor/terminal/theme.hpp"

namespace ttmem::monitor {

struct MouseEvent {
    Click click = Click::kLeft;
    size_t row = 0;
    size_t column = 0;
};
struct NoInput {};
struct Hangup {};  // the terminal is gone: no key will ever come
using Input = std::variant<NoInput, Key, MouseEvent, Hangup>;

// The whole terminal, by ncurses. One at a time in a process. Gives the terminal back as it was when it goes, and when
// the program crashes.
class Screen {
public:
    // Nothing, with the reason, when the terminal cannot be driven. `ascii`: draw with ASCII alone, whatever the
    // locale.
    static std::unique_ptr<Screen> open(bool ascii, std::string& why);
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    const Look& look() const { return look_; }
    void set_ground(bool light);

    Size size() const;
    void fit();  // takes the terminal's size as it is now
    void draw(const Grid& grid);
    // The input that is waiting.
    Input input();

private:
    Screen() = default;
    void init_colours();

    Look look_;
    Grid shown_{0, 0};
    uint64_t pressed_at_ms_ = 0;  // of the mouse, for double clicks
    size_t pressed_row_ = 0;
    size_t pressed_column_ = 0;
};

}  // namespace ttmem::monitor
