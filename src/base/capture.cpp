// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "base/capture.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "base/unique_fd.hpp"

namespace ttmem {
namespace {

constexpr size_t kMostText = 1 << 20;

}  // namespace

Captured capture(const std::vector<std::string>& words, int patience_ms) {
    Captured captured;
    std::array<int, 2> ends{};
    if (words.empty() || pipe2(ends.data(), O_CLOEXEC) != 0) {
        return captured;
    }
    const UniqueFd reading(ends[0]);
    UniqueFd writing(ends[1]);
    std::vector<char*> arguments;
    for (const std::string& word : words) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        const int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, STDIN_FILENO);
        dup2(writing.get(), STDOUT_FILENO);
        dup2(nothing, STDERR_FILENO);
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    if (pid < 0) {
        return captured;
    }
    setpgid(pid, pid);  // whichever of the two comes first
    writing.reset();
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + std::chrono::milliseconds(patience_ms);
    bool ended = false;
    std::array<char, 4096> block;
    while (captured.out.size() < kMostText) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd ready{reading.get(), POLLIN, 0};
        const int any = left <= 0 ? 0 : poll(&ready, 1, static_cast<int>(left));
        if (any < 0 && errno == EINTR) {
            continue;
        }
        const ssize_t got = any <= 0 ? -1 : read(reading.get(), block.data(), block.size());
        if (got <= 0) {
            ended = got == 0;
            break;
        }
        captured.out.append(block.data(), static_cast<size_t>(got));
    }
    int status = 0;
    while (ended && waitpid(pid, &status, WNOHANG) == 0) {  // closed its stdout and goes on
        ended = Clock::now() < deadline;
        poll(nullptr, 0, 1);
    }
    if (!ended) {
        kill(-pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
    }
    if (ended && WIFEXITED(status)) {
        captured.exit_code = WEXITSTATUS(status);
    }
    return captured;
}

}  // namespace ttmem
