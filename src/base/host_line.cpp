// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// System calls are made by number: write(2), poll(2) and open(2) of the C library are cancellation points.
#include "base/host_line.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include "base/host_guard.hpp"

namespace ttmem {
namespace {

constexpr size_t kMostBytes = 1024;

struct StderrFile {
    bool known = false;
    dev_t device = 0;
    ino_t inode = 0;
    dev_t special = 0;
    mode_t type = 0;
};
StderrFile g_stderr;

bool is_still_stderr() noexcept {
    struct stat now {};
    return g_stderr.known && fstat(STDERR_FILENO, &now) == 0 && now.st_dev == g_stderr.device &&
           now.st_ino == g_stderr.inode && now.st_rdev == g_stderr.special && (now.st_mode & S_IFMT) == g_stderr.type;
}

// Holds all signals off for the calling thread, and takes those away that the write itself raised.
class SignalHold {
public:
    SignalHold() noexcept {
        sigset_t all;
        sigfillset(&all);
        held_ = pthread_sigmask(SIG_SETMASK, &all, &before_) == 0 && sigpending(&pending_before_) == 0;
    }
    ~SignalHold() {
        sigset_t raised;
        sigemptyset(&raised);
        for (const int number : {SIGPIPE, SIGXFSZ}) {
            if (sigismember(&pending_before_, number) == 0) {
                sigaddset(&raised, number);
            }
        }
        const timespec at_once{};
        while (held_ && syscall(SYS_rt_sigtimedwait, &raised, nullptr, &at_once, kSignalSetBytes) > 0) {
        }
        if (held_) {
            pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        }
    }
    SignalHold(const SignalHold&) = delete;
    SignalHold& operator=(const SignalHold&) = delete;
    bool held() const noexcept { return held_; }

private:
    static constexpr size_t kSignalSetBytes = 8;  // the kernel's sigset_t
    sigset_t before_;
    sigset_t pending_before_;
    bool held_ = false;
};

bool is_ready(int fd) noexcept {
    pollfd wanted{fd, POLLOUT, 0};
    const timespec at_once{};
    return syscall(SYS_ppoll, &wanted, 1, &at_once, nullptr, 0) == 1 && (wanted.revents & POLLOUT) != 0 &&
           (wanted.revents & (POLLERR | POLLNVAL)) == 0;
}

// A pipe that poll() finds ready may be full at the next moment, since others write to it as well: the write itself has
// to refuse to wait. The flag for that is younger than the oldest kernels here; there a descriptor of our own has it.
bool write_to_pipe(const char* line, size_t bytes) noexcept {
    const iovec part{const_cast<char*>(line), bytes};
    const long written = syscall(SYS_pwritev2, STDERR_FILENO, &part, 1, -1L, -1L, RWF_NOWAIT);
    if (written >= 0 || (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOSYS)) {
        return written == static_cast<long>(bytes);
    }
    const long own = syscall(SYS_openat, AT_FDCWD, "/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
    if (own < 0) {
        return false;
    }
    const long result = syscall(SYS_write, own, line, bytes);
    syscall(SYS_close, own);
    return result == static_cast<long>(bytes);
}

bool write_now(const char* line, size_t bytes) noexcept {
    if (g_stderr.type == S_IFSOCK) {
        return syscall(SYS_sendto, STDERR_FILENO, line, bytes, MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0) ==
               static_cast<long>(bytes);
    }
    if (!is_ready(STDERR_FILENO)) {
        return false;
    }
    return g_stderr.type == S_IFIFO ? write_to_pipe(line, bytes)
                                    : syscall(SYS_write, STDERR_FILENO, line, bytes) == static_cast<long>(bytes);
}

__attribute__((constructor)) void at_load() {
    remember_stderr();
}

}  // namespace

void remember_stderr() noexcept {
    const ErrnoKeeper keeper;
    struct stat found {};
    g_stderr = {};
    if (fstat(STDERR_FILENO, &found) == 0) {
        g_stderr = {true, found.st_dev, found.st_ino, found.st_rdev, static_cast<mode_t>(found.st_mode & S_IFMT)};
    }
}

bool write_host_line(const char* line, size_t bytes) noexcept {
    const HostGuard guard;
    if (bytes == 0 || !is_still_stderr()) {
        return false;
    }
    char clean[kMostBytes];
    const size_t length = bytes < sizeof clean ? bytes : sizeof clean;
    for (size_t i = 0; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(line[i]);
        clean[i] = byte < 0x20 || byte == 0x7f || (byte == 0xc2 && i + 1 < length && (line[i + 1] & 0xe0) == 0x80)
                       ? '?'
                       : line[i];
    }
    clean[length - 1] = '\n';
    const SignalHold signals;
    return signals.held() && write_now(clean, length);
}

}  // namespace ttmem
