// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/terminal/crash_guard.hpp"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ttmem::monitor {
namespace {

constexpr std::array<int, 5> kCrashes = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

// The handler's data, prepared beforehand: it may call nothing but async-signal-safe functions.
struct Keeping {
    bool modes_known = false;
    termios modes{};
    char leave[512] = {};
    size_t leave_length = 0;
    std::array<struct sigaction, kCrashes.size()> before{};
};
Keeping keeping;

void give_back(int signal) {
    size_t done = 0;
    while (done < keeping.leave_length) {
        const ssize_t wrote = write(STDOUT_FILENO, keeping.leave + done, keeping.leave_length - done);
        if (wrote <= 0) {
            break;
        }
        done += static_cast<size_t>(wrote);
    }
    if (keeping.modes_known) {
        tcsetattr(STDIN_FILENO, TCSANOW, &keeping.modes);
    }
    for (size_t i = 0; i < kCrashes.size(); ++i) {
        sigaction(kCrashes[i], &keeping.before[i], nullptr);
    }
    raise(signal);  // delivered when this handler returns
}

}  // namespace

CrashGuard::CrashGuard() {
    keeping.modes_known = tcgetattr(STDIN_FILENO, &keeping.modes) == 0;
    keeping.leave_length = 0;
    struct sigaction action {};
    action.sa_handler = give_back;
    for (size_t i = 0; i < kCrashes.size(); ++i) {
        sigaction(kCrashes[i], &action, &keeping.before[i]);
    }
}

CrashGuard::~CrashGuard() {
    for (size_t i = 0; i < kCrashes.size(); ++i) {
        sigaction(kCrashes[i], &keeping.before[i], nullptr);
    }
}

void CrashGuard::set_leave(const std::string& leave) {
    keeping.leave_length = std::min(leave.size(), sizeof keeping.leave);
    std::memcpy(keeping.leave, leave.data(), keeping.leave_length);
}

}  // namespace ttmem::monitor
