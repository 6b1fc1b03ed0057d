// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A thread of another process under ptrace: stopped where it stands, looked at, let go.
//
// PTRACE_SEIZE, never PTRACE_ATTACH: nothing is signalled, and when we are killed the kernel lets the thread go on.
// PTRACE_O_EXITKILL is never set. Signals that arrive meanwhile are handed on.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <vector>

#include "base/result.hpp"

namespace ttmem::attach {

class BorrowedThread {
public:
    static Result<BorrowedThread> seize(pid_t thread);
    BorrowedThread(BorrowedThread&& other) noexcept;
    BorrowedThread& operator=(BorrowedThread&&) = delete;
    ~BorrowedThread() { let_go(); }
    void let_go();

    // kHalted: by SIGSTOP or the like, not by us. kBusy: the kernel has not stopped it within two seconds (it waits for
    // a child of vfork or for a device); it is let go when the thread that seized it ends.
    enum class Stop { kStopped, kHalted, kGone, kBusy };

    // Stops it and waits until it stands, two seconds at most.
    Stop stop();
    // Lets it run on. Call poll() from time to time: its signals wait for us.
    void go_on();
    void poll();

    bool read_registers(user_regs_struct& registers) const;
    bool write_registers(const user_regs_struct& registers) const;
    // Also where the process itself may not write. `address` and the size are multiples of 8.
    bool write_code(uint64_t address, const std::vector<unsigned char>& bytes) const;

    pid_t id() const { return thread_; }

private:
    explicit BorrowedThread(pid_t thread) : thread_(thread) {}
    Stop judge(int status);

    pid_t thread_ = 0;
    bool stopped_ = false;
    bool gone_ = false;
};

}  // namespace ttmem::attach
