// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/log.hpp"

#include <unistd.h>

#include <array>

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
    line += text;
    line += '\n';
    // One write a line, so that lines of several programs on one terminal do not mix. A log that cannot be written is
    // no reason to stop.
    [[maybe_unused]] const ssize_t written = ::write(fd_, line.data(), line.size());
}

}  // namespace ttmem::server
