// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "detached.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ttmem::python {
namespace {

constexpr size_t kStackBytes = 64 << 10;

// Arguments of the two short-lived processes, made beforehand: they share this process's memory (CLONE_VM) while the
// thread that started them waits (CLONE_VFORK), so they make system calls only.
struct Start {
    const char* program = nullptr;
    char* const* words = nullptr;
    char* const* environment = nullptr;
    int output = -1;
    char* second_stack = nullptr;  // its end
    int pid = 0;                   // of the program
    int error = 0;
};

int become_the_program(void* argument) {
    auto* start = static_cast<Start*>(argument);
    setsid();
    const int nothing = open("/dev/null", O_RDONLY);
    if (dup2(nothing, 0) < 0 || dup2(start->output, 1) < 0 || dup2(start->output, 2) < 0 || fcntl(0, F_SETFD, 0) != 0 ||
        fcntl(1, F_SETFD, 0) != 0 || fcntl(2, F_SETFD, 0) != 0 ||  // dup2(1, 1) keeps it
        syscall(SYS_close_range, 3u, ~0u, 0u) != 0 || chdir("/") != 0) {
        start->error = errno;
        _exit(1);
    }
    // The memory is shared, the table of handlers is not (no CLONE_SIGHAND).
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) {
        sigaction(number, &usual, nullptr);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve(start->program, start->words, start->environment);
    start->error = errno;
    _exit(1);
}

// Ends at once, so that the program becomes a child of init (or of a subreaper).
int start_the_program(void* argument) {
    auto* start = static_cast<Start*>(argument);
    start->pid = clone(become_the_program, start->second_stack, CLONE_VM | CLONE_VFORK | SIGCHLD, start);
    if (start->pid < 0) {
        start->error = errno;
    }
    _exit(0);
}

std::vector<char*> pointers_of(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts) {
        pointers.push_back(const_cast<char*>(text.c_str()));
    }
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace

int start_detached(const std::string& program, const std::vector<std::string>& words,
                   const std::vector<std::string>& environment, int output) {
    const std::vector<char*> argv = pointers_of(words), variables = pointers_of(environment);
    void* stacks =
        mmap(nullptr, 2 * kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stacks == MAP_FAILED) {
        throw std::system_error(errno, std::generic_category(), program);
    }
    Start start{program.c_str(), argv.data(), variables.data(), output, static_cast<char*>(stacks) + 2 * kStackBytes};
    // No handler of this process may run in processes that share its memory.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // Without a signal number in the flags, the end of the first process sends none, and only __WCLONE waits for it.
    const int first =
        clone(start_the_program, static_cast<char*>(stacks) + kStackBytes, CLONE_VM | CLONE_VFORK, &start);
    const int error = first < 0 ? errno : 0;
    if (first >= 0) {
        while (waitpid(first, nullptr, __WCLONE) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    munmap(stacks, 2 * kStackBytes);
    if (error != 0 || start.error != 0) {
        throw std::system_error(error != 0 ? error : start.error, std::generic_category(), program);
    }
    return start.pid;
}

int process_descriptor(int pid) {
    const long descriptor = syscall(SYS_pidfd_open, pid, 0);
    if (descriptor < 0 && errno != ESRCH) {
        throw std::system_error(errno, std::generic_category(), "pidfd_open");
    }
    return static_cast<int>(descriptor);
}

void end_process(int descriptor) {
    syscall(SYS_pidfd_send_signal, descriptor, SIGTERM, nullptr, 0);
}

}  // namespace ttmem::python
