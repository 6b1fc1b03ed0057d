// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/log.hpp"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/clean_text.hpp"

namespace ttmem::server {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"error", "warning", "info", "debug"};

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
    for (size_t i = 0; i < kNames.size(); ++i) {
        if (kNames[i] == name) {
            return static_cast<LogLevel>(i);
        }
    }
    return std::nullopt;
}

void Log::write(LogLevel level, std::string_view text) {
    if (!wants(level)) {
        return;
    }
    std::string line = "ttmem server: ";
    if (level != LogLevel::kInfo) {
        line += std::string(kNames[static_cast<size_t>(level)]) + ": ";
    }
    line += clean_text(text);  // names of files and processes may be in it
    line += '\n';
    write_if_ready(fd_, line);
}

// A pipe that poll calls writable takes PIPE_BUF bytes at once, so no piece is larger.
void write_if_ready(int fd, std::string_view text) {
    while (!text.empty()) {
        pollfd ready{fd, POLLOUT, 0};
        if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) {
            return;
        }
        const ssize_t written = ::write(fd, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
        if (written <= 0) {
            return;
        }
        text.remove_prefix(static_cast<size_t>(written));
    }
}

}  // namespace ttmem::server
