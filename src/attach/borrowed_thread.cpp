// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "attach/borrowed_thread.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.hpp"

namespace ttmem::attach {
namespace {

constexpr uint64_t kStopPatienceNs = 2'000'000'000;
constexpr int kEventStop = 128;  // PTRACE_EVENT_STOP of linux/ptrace.h, which clashes with sys/ptrace.h

bool halts(int signal) {
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

}  // namespace

Result<BorrowedThread> BorrowedThread::seize(pid_t thread) {
    if (ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) {
        const int why = errno;
        return Error{std::strerror(why), why};
    }
    return BorrowedThread(thread);
}

BorrowedThread::BorrowedThread(BorrowedThread&& other) noexcept
    : thread_(other.thread_), stopped_(other.stopped_), gone_(other.gone_) {
    other.gone_ = true;
}

void BorrowedThread::let_go() {
    if (!gone_ && !stopped_ && stop() == Stop::kBusy) {
        gone_ = true;  // only a thread that stands can be detached; the kernel does it as this thread ends
    }
    if (!gone_) {
        ptrace(PTRACE_DETACH, thread_, nullptr, nullptr);
        gone_ = true;
    }
}

// Interprets a change of state, and hands a pending signal on. kGone: the thread ended; kStopped, kHalted: it stands.
BorrowedThread::Stop BorrowedThread::judge(int status) {
    if (!WIFSTOPPED(status)) {
        gone_ = true;
        return Stop::kGone;
    }
    stopped_ = true;
    const int signal = WSTOPSIG(status);
    if (status >> 16 == kEventStop) {
        return halts(signal) ? Stop::kHalted : Stop::kStopped;
    }
    // A signal on its way to the thread: hand it on. The stop that we asked for comes after it.
    ptrace(PTRACE_CONT, thread_, nullptr, reinterpret_cast<void*>(static_cast<intptr_t>(signal)));
    stopped_ = false;
    return Stop::kStopped;
}

BorrowedThread::Stop BorrowedThread::stop() {
    if (gone_) {
        return Stop::kGone;
    }
    if (stopped_) {
        return Stop::kStopped;
    }
    if (ptrace(PTRACE_INTERRUPT, thread_, nullptr, nullptr) != 0) {
        gone_ = errno == ESRCH;
        return Stop::kGone;
    }
    const uint64_t limit = clock_ns(CLOCK_MONOTONIC) + kStopPatienceNs;
    for (long wait_ns = 20'000;;) {
        int status = 0;
        const pid_t waited = waitpid(thread_, &status, __WALL | WNOHANG);
        if (waited < 0 && errno == EINTR) {
            continue;
        }
        if (waited == 0) {
            if (clock_ns(CLOCK_MONOTONIC) > limit) {
                return Stop::kBusy;
            }
            const timespec pause{0, wait_ns};
            nanosleep(&pause, nullptr);
            wait_ns = std::min(wait_ns * 2, 2'000'000L);
            continue;
        }
        if (waited != thread_) {
            gone_ = true;
            return Stop::kGone;
        }
        const Stop found = judge(status);
        if (found == Stop::kGone || stopped_) {
            return found;
        }
    }
}

void BorrowedThread::go_on() {
    if (!gone_ && stopped_) {
        ptrace(PTRACE_CONT, thread_, nullptr, nullptr);
        stopped_ = false;
    }
}

void BorrowedThread::poll() {
    int status = 0;
    while (!gone_ && !stopped_ && waitpid(thread_, &status, __WALL | WNOHANG) == thread_) {
        if (judge(status) == Stop::kHalted) {
            ptrace(PTRACE_LISTEN, thread_, nullptr, nullptr);  // it stays halted, as SIGSTOP demands
            stopped_ = false;
            return;
        }
        go_on();
    }
}

bool BorrowedThread::read_registers(user_regs_struct& registers) const {
    return ptrace(PTRACE_GETREGS, thread_, nullptr, &registers) == 0;
}

bool BorrowedThread::write_registers(const user_regs_struct& registers) const {
    return ptrace(PTRACE_SETREGS, thread_, nullptr, &registers) == 0;
}

bool BorrowedThread::write_code(uint64_t address, const std::vector<unsigned char>& bytes) const {
    for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        if (ptrace(PTRACE_POKEDATA, thread_, reinterpret_cast<void*>(address + at), reinterpret_cast<void*>(word)) !=
            0) {
            return false;
        }
    }
    return true;
}

}  // namespace ttmem::attach
