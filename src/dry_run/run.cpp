// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/run.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/dry_run_record.hpp"
#include "base/pidfd.hpp"
#include "dry_run/run_folder.hpp"

namespace ttmem::dry_run {
namespace {

constexpr int kLookMs = 100;    // between two looks for new ledgers
constexpr int kGraceMs = 3000;  // between asking a command to end and ending it
constexpr const char* kPreload = "LD_PRELOAD";

std::atomic<int> g_child{0};
std::atomic<int> g_forwarded{0};

void forward(int signal) {
    const int kept = errno;
    g_forwarded.store(signal, std::memory_order_relaxed);
    if (const int child = g_child.load(std::memory_order_relaxed); child > 0) {
        kill(-child, signal);
    }
    errno = kept;
}

// While it lives, signals that end this program go to the command instead.
class ForwardSignals {
public:
    ForwardSignals() {
        struct sigaction action {};
        action.sa_handler = forward;
        sigemptyset(&action.sa_mask);
        for (size_t i = 0; i < kSignals.size(); ++i) {
            sigaction(kSignals[i], &action, &before_[i]);
        }
    }
    ~ForwardSignals() {
        g_child.store(0);
        for (size_t i = 0; i < kSignals.size(); ++i) {
            sigaction(kSignals[i], &before_[i], nullptr);
        }
    }
    ForwardSignals(const ForwardSignals&) = delete;
    ForwardSignals& operator=(const ForwardSignals&) = delete;

private:
    static constexpr std::array<int, 3> kSignals{SIGINT, SIGTERM, SIGHUP};
    std::array<struct sigaction, kSignals.size()> before_{};
};

void set_if_absent(const char* name, const std::string& value) {
    setenv(name, value.c_str(), 0);
}

// The environment of the command. In the child, between fork and exec of a program with one thread.
void set_environment(const RunRequest& request, const RunFolder& folder) {
    const char* before = std::getenv(kPreload);
    const std::string others = before == nullptr || *before == '\0' ? "" : std::string(":") + before;
    setenv(kPreload, (request.hooks + others).c_str(), 1);
    setenv("TT_ALLOC_TRACKING_ENABLED", "1", 1);
    setenv("TT_ALLOC_LEDGER_DIR", folder.path().c_str(), 1);
    setenv(kDryRunVariable, folder.record().c_str(), 1);
    setenv("TT_METAL_MOCK_CLUSTER_DESC_PATH", folder.description().c_str(), 1);
    // Kernels of the stand-in must never be taken for real ones, nor the other way round.
    setenv("TT_METAL_CACHE", (request.cache + (request.compiler.stand_in ? "/kernels-stand-in" : "/kernels")).c_str(),
           1);
    if (!request.compiler.runtime_root.empty()) {
        setenv("TT_METAL_RUNTIME_ROOT", request.compiler.runtime_root.c_str(), 1);
    }
    set_if_absent("TT_METAL_LOGS_PATH", request.cache);
    set_if_absent("TT_LOGGER_LEVEL", "error");
}

[[noreturn]] void become(const RunRequest& request, const RunFolder& folder) {
    setpgid(0, 0);
    if (isatty(STDIN_FILENO) != 0 && tcgetpgrp(STDIN_FILENO) == getpgid(getppid())) {
        signal(SIGTTOU, SIG_IGN);
        tcsetpgrp(STDIN_FILENO, getpid());  // the keys of the terminal go to the command
    }
    for (const int changed : {SIGINT, SIGTERM, SIGHUP, SIGTTOU}) {
        signal(changed, SIG_DFL);
    }
    if (request.output_to_stderr) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
    }
    set_environment(request, folder);
    std::vector<char*> arguments;
    for (const std::string& argument : request.command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    std::fprintf(stderr, "ttmem dry-run: cannot run %s: %s\n", arguments[0], std::strerror(errno));
    _exit(127);
}

using Clock = std::chrono::steady_clock;

// Waits for the child at most until `until`; true: it has ended.
template <typename Look>
bool wait_for(pid_t child, int& status, std::optional<Clock::time_point> until, const Look& look) {
    // Readable as soon as the child ends; without it (Linux before 5.3) the end is seen at the next look.
    const UniqueFd end = open_pidfd(child);
    pollfd at_end{end.get(), POLLIN, 0};
    int pause_ms = 5;
    while (true) {
        const pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child || (ended < 0 && errno != EINTR)) {
            return true;
        }
        look();
        if (until && Clock::now() >= *until) {
            return false;
        }
        poll(&at_end, end.valid() ? 1 : 0, pause_ms);
        pause_ms = std::min(pause_ms * 2, kLookMs);
    }
}

// Ends what the command left running, and gives the terminal back.
void tidy_up_after(pid_t child) {
    kill(-child, SIGKILL);
    if (isatty(STDIN_FILENO) != 0 && tcgetpgrp(STDIN_FILENO) == child) {
        struct sigaction ignore {};
        struct sigaction before {};
        ignore.sa_handler = SIG_IGN;
        sigaction(SIGTTOU, &ignore, &before);
        tcsetpgrp(STDIN_FILENO, getpgrp());
        sigaction(SIGTTOU, &before, nullptr);
    }
}

}  // namespace

Result<RunResult> run_on_board(const RunRequest& request) {
    Result<RunFolder> made = RunFolder::make(request.description);
    if (!made) {
        return made.error();
    }
    RunFolder& folder = made.value();
    const ForwardSignals forwarding;
    g_forwarded.store(0);
    std::fflush(nullptr);
    const auto begun = Clock::now();
    const pid_t child = fork();
    if (child == 0) {
        become(request, folder);
    }
    if (child < 0) {
        return Error{std::string("cannot start a process: ") + std::strerror(errno), errno};
    }
    setpgid(child, child);  // whichever of the two comes first
    g_child.store(child);

    RunResult result;
    int status = 0;
    const auto look = [&folder] { folder.find_ledgers(); };
    std::optional<Clock::time_point> until;
    if (request.timeout_ms) {
        until = begun + std::chrono::milliseconds(*request.timeout_ms);
    }
    if (!wait_for(child, status, until, look)) {
        result.ending.timed_out = true;
        kill(-child, SIGTERM);
        if (!wait_for(child, status, Clock::now() + std::chrono::milliseconds(kGraceMs), look)) {
            kill(-child, SIGKILL);
            wait_for(child, status, std::nullopt, look);
        }
    }
    result.nanoseconds =
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begun).count());
    tidy_up_after(child);
    result.ending.interrupted = g_forwarded.load() != 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    if (WIFEXITED(status)) {
        result.ending.exit_code = WEXITSTATUS(status);
    } else {
        result.ending.signal = WTERMSIG(status);
    }
    result.notes = folder.read_record();
    result.ledgers = folder.read_ledgers(result.notes);
    return result;
}

}  // namespace ttmem::dry_run
