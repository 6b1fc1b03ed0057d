// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "held_command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "commands.hpp"

namespace ttmem {
namespace {

std::atomic<int> g_child{0};
std::atomic<int> g_stop{0};

void on_signal(int signal) {
    const int kept = errno;
    g_stop.store(signal, std::memory_order_relaxed);
    if (const int child = g_child.load(std::memory_order_relaxed); child > 0 && signal != SIGINT && signal != SIGQUIT) {
        kill(child, signal);
    }
    errno = kept;
}

constexpr std::array<int, 4> kSignals{SIGINT, SIGQUIT, SIGTERM, SIGHUP};

}  // namespace

bool HeldCommand::let_go() {
    const bool sent = write(go.get(), "", 1) == 1;
    go.reset();
    return sent;
}

void take_signals() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    for (const int signal : kSignals) {
        sigaction(signal, &action, nullptr);
    }
}

int signal_taken() {
    return g_stop.load();
}

void command_has_ended() {
    g_child.store(0);
    g_stop.store(0);
}

Result<HeldCommand> hold_command(const std::function<int()>& become) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);  // what the command leaves running stays a descendant of this process
    std::array<struct sigaction, kSignals.size()> before{};
    for (size_t i = 0; i < kSignals.size(); ++i) {
        sigaction(kSignals[i], nullptr, &before[i]);
    }
    take_signals();
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return Error{std::string("cannot start a process: ") + std::strerror(errno), errno};
    }
    UniqueFd wait(ends[0]);
    HeldCommand held{0, UniqueFd(ends[1])};
    std::fflush(nullptr);
    held.pid = fork();
    if (held.pid < 0) {
        return Error{std::string("cannot start a process: ") + std::strerror(errno), errno};
    }
    if (held.pid == 0) {
        held.go.reset();
        for (size_t i = 0; i < kSignals.size(); ++i) {
            signal(kSignals[i], before[i].sa_handler == SIG_IGN ? SIG_IGN : SIG_DFL);  // what nohup ignores stays so
        }
        char byte = 0;
        if (read(wait.get(), &byte, 1) != 1) {
            _exit(kExitRunFailed);
        }
        const int code = become();
        std::fflush(nullptr);
        _exit(code);
    }
    g_child.store(held.pid);
    return Result<HeldCommand>(std::move(held));
}

std::optional<int> reap_children(pid_t command, const std::function<void()>& look) {
    siginfo_t child{};
    int waited = 0;
    while ((waited = waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT)) == 0 && child.si_pid != 0) {
        look();
        int status = 0;
        if (waitpid(child.si_pid, &status, 0) == command) {
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        child.si_pid = 0;
    }
    return waited != 0 && errno == ECHILD ? std::optional(kExitFailure) : std::nullopt;
}

}  // namespace ttmem
