// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The server's log: one line an event, on stderr. Lines that strangers can provoke go through a topic, which lets a few
// lines through in a while and says later how many it kept back. For the event loop's thread alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ttmem::server {

enum class LogLevel : uint8_t { kError, kWarning, kInfo, kDebug };
std::optional<LogLevel> parse_log_level(std::string_view name);  // "error", "warning", "info", "debug"

class Log {
public:
    explicit Log(LogLevel level = LogLevel::kInfo, int fd = 2) : level_(level), fd_(fd) {}
    bool wants(LogLevel level) const { return level <= level_; }
    void write(LogLevel level, std::string_view text);
    void set_level(LogLevel level) { level_ = level; }

private:
    LogLevel level_;
    int fd_;
};

// Writes as much as the descriptor takes without waiting: a terminal that is stopped, or a pipe that is not read,
// must not stop the server.
void write_if_ready(int fd, std::string_view text);

// At most kLines of one kind within kPeriodNs. Its owner calls end() before it goes.
class LogTopic {
public:
    static constexpr uint32_t kLines = 8;
    static constexpr uint64_t kPeriodNs = 10'000'000'000;

    explicit LogTopic(LogLevel level) : level_(level) {}

    // `make_text` is called only if the line is written.
    template <typename MakeText>
    void say(Log& log, uint64_t now_ns, MakeText&& make_text) {
        if (!log.wants(level_)) {
            return;
        }
        if (now_ns - since_ns_ >= kPeriodNs || lines_ == 0) {
            since_ns_ = now_ns;
            lines_ = 0;
        }
        if (lines_ == kLines) {
            ++kept_back_;
            return;
        }
        ++lines_;
        std::string text = make_text();
        if (kept_back_ > 0) {
            text += " (before it " + std::to_string(kept_back_) + " more like it were not written)";
            kept_back_ = 0;
        }
        log.write(level_, text);
    }

    // Says how many lines were kept back since the last that was written. `what` names their kind: "HTTP refusals".
    void end(Log& log, std::string_view what) {
        if (kept_back_ > 0) {
            log.write(level_, std::to_string(kept_back_) + " more " + std::string(what) + " were not written");
            kept_back_ = 0;
        }
    }

private:
    LogLevel level_;
    uint64_t since_ns_ = 0;
    uint32_t lines_ = 0;
    uint64_t kept_back_ = 0;
};

}  // namespace ttmem::server
