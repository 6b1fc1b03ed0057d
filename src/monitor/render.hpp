// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Puts lines out.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "monitor/layout.hpp"

namespace ttmem::monitor {

// Plain text without any control code, for pipes and for one-shot output. False: nobody reads any more, or the file is
// full.
bool write_text(int fd, const Lines& lines);

// The whole terminal, by ncurses. One at a time in a process. Gives the terminal back as it was when it goes.
class Screen {
public:
    // Nothing, with the reason, when the terminal cannot be driven.
    static std::unique_ptr<Screen> open(std::string& why);
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    Size size() const;
    void fit();  // takes the terminal's size as it is now
    void draw(const Lines& lines);
    // The next key that is waiting.
    std::optional<int> key();

private:
    Screen();
};

}  // namespace ttmem::monitor
