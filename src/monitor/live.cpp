// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/live.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "monitor/render.hpp"

namespace ttmem::monitor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kPipeWidth = 120;  // where nobody says how wide it is
constexpr std::array<int, 4> kEndingSignals = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

volatile sig_atomic_t ended_by = 0;
volatile sig_atomic_t size_changed = 0;
void note_end(int signal) {
    ended_by = signal;
}
void note_size(int) {
    size_changed = 1;
}

// While it lives, ending signals are noted instead of obeyed, and come through only inside wait().
class Signals {
public:
    Signals() {
        sigset_t held;
        sigemptyset(&held);
        struct sigaction action {};
        action.sa_handler = note_end;
        for (size_t i = 0; i < kEndingSignals.size(); ++i) {
            sigaction(kEndingSignals[i], nullptr, &before_[i]);
            if (before_[i].sa_handler != SIG_IGN) {  // nohup
                sigaction(kEndingSignals[i], &action, nullptr);
            }
            sigaddset(&held, kEndingSignals[i]);
        }
        action.sa_handler = note_size;
        sigaction(SIGWINCH, &action, &before_size_);
        sigaddset(&held, SIGWINCH);
        sigprocmask(SIG_BLOCK, &held, &mask_before_);
    }
    ~Signals() {
        for (size_t i = 0; i < kEndingSignals.size(); ++i) {
            sigaction(kEndingSignals[i], &before_[i], nullptr);
        }
        sigaction(SIGWINCH, &before_size_, nullptr);
        sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
    }
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    // Until the moment, a signal, or something to read.
    void wait(Clock::time_point until, bool input) const {
        const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - Clock::now()).count();
        const timespec most{std::max<int64_t>(left, 0) / 1'000'000'000, std::max<int64_t>(left, 0) % 1'000'000'000};
        pollfd keyboard{STDIN_FILENO, POLLIN, 0};
        ppoll(&keyboard, input ? 1 : 0, &most, &mask_before_);
    }

private:
    std::array<struct sigaction, kEndingSignals.size()> before_{};
    struct sigaction before_size_ {};
    sigset_t mask_before_{};
};

// Ends as the signal would have ended it, for the shell to see.
void obey_signal() {
    if (ended_by != 0) {
        raise(ended_by);
    }
}

Clock::duration interval_of(uint64_t interval_ms) {
    return std::chrono::milliseconds(interval_ms);
}

// The next moment of a regular beat; beats that were slept through are left out.
Clock::time_point next_beat(Clock::time_point last, uint64_t interval_ms) {
    return std::max(last + interval_of(interval_ms), Clock::now());
}

void watch_text(inventory::Inventory& inventory, uint64_t interval_ms) {
    const Signals signals;
    Clock::time_point beat = Clock::now();
    while (ended_by == 0) {
        Lines lines = main_view(*inventory.refresh(), {kPipeWidth, 0});
        lines.emplace_back("");
        if (!write_text(STDOUT_FILENO, lines)) {
            return;
        }
        beat = next_beat(beat, interval_ms);
        while (ended_by == 0 && Clock::now() < beat) {
            signals.wait(beat, false);
        }
    }
}

// True when asked to quit.
bool take_keys(Screen& screen) {
    while (const std::optional<int> key = screen.key()) {
        if (*key == 'q' || *key == 'Q') {
            return true;
        }
    }
    return false;
}

void watch_screen(Screen& screen, inventory::Inventory& inventory, uint64_t interval_ms, const Signals& signals) {
    const bool keyboard = isatty(STDIN_FILENO) == 1;
    Clock::time_point beat = Clock::now();
    while (ended_by == 0) {
        const std::shared_ptr<const api::Model> model = inventory.refresh();
        screen.draw(live_screen(*model, screen.size(), interval_ms));
        beat = next_beat(beat, interval_ms);
        while (ended_by == 0 && Clock::now() < beat) {
            signals.wait(beat, keyboard);
            if (take_keys(screen)) {
                return;
            }
            if (size_changed != 0) {
                size_changed = 0;
                screen.fit();
                screen.draw(live_screen(*model, screen.size(), interval_ms));
            }
        }
    }
}

}  // namespace

bool watch(inventory::Inventory& inventory, uint64_t interval_ms, std::string& why) {
    if (isatty(STDOUT_FILENO) != 1) {
        watch_text(inventory, interval_ms);
        obey_signal();
        return true;
    }
    {
        const Signals signals;
        const std::unique_ptr<Screen> screen = Screen::open(why);
        if (!screen) {
            return false;
        }
        watch_screen(*screen, inventory, interval_ms, signals);
    }
    obey_signal();
    return true;
}

bool show_once(inventory::Inventory& inventory) {
    Size size{kPipeWidth, 0};
    winsize window{};
    if (isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) {
        size.width = window.ws_col;
    }
    return write_text(STDOUT_FILENO, main_view(*inventory.refresh(), size));
}

}  // namespace ttmem::monitor
