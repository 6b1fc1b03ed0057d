// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A program that crashes while it has the terminal leaves it as it found it: modes, screen, cursor, mouse. The crash
// itself goes on as it would have.
#pragma once

#include <string>

namespace ttmem::monitor {

// Remembers the terminal's modes now. `leave`: what the terminal has to be sent. One at a time in a process.
class CrashGuard {
public:
    CrashGuard();
    ~CrashGuard();
    CrashGuard(const CrashGuard&) = delete;
    CrashGuard& operator=(const CrashGuard&) = delete;

    void set_leave(const std::string& leave);
};

}  // namespace ttmem::monitor
