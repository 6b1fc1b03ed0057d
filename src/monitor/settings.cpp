// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/settings.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/small_file.hpp"
#include "base/unique_fd.hpp"
#include "monitor/control.hpp"

namespace ttmem::monitor {
namespace {

constexpr size_t kMostText = 64 * 1024;

std::string_view trimmed(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) {
        return "";
    }
    return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

std::optional<uint64_t> number(std::string_view text, uint64_t least, uint64_t most) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
        return std::nullopt;
    }
    return value;
}

void take(std::string_view name, std::string_view value, State& state) {
    const auto flag = [&](bool& into) {
        if (value == "yes" || value == "no") {
            into = value == "yes";
        }
    };
    ViewChoices& processes = state.choices[static_cast<size_t>(View::kMain)];
    ViewChoices& buffers = state.choices[static_cast<size_t>(View::kBuffers)];
    if (name == "interval_ms") {
        state.interval_ms = number(value, kLeastInterval, kMostInterval).value_or(state.interval_ms);
    } else if (name == "tree") {
        flag(state.tree);
    } else if (name == "process_sort") {
        processes.sort = number(value, 0, process_columns().size() - 1).value_or(processes.sort);
    } else if (name == "process_sort_reverse") {
        flag(processes.reverse);
    } else if (name == "buffer_sort") {
        buffers.sort = number(value, 0, buffer_columns().size() - 1).value_or(buffers.sort);
    } else if (name == "buffer_sort_reverse") {
        flag(buffers.reverse);
    } else if (name == "buffer_groups") {
        state.groups = static_cast<BufferGroups>(
            number(value, 0, kBufferGroups - 1).value_or(static_cast<uint64_t>(state.groups)));
    } else if (name == "chart_seconds") {
        const auto span = std::find(kSpans.begin(), kSpans.end(), number(value, 1, 1'000'000).value_or(0));
        state.span = span == kSpans.end() ? state.span : static_cast<size_t>(span - kSpans.begin());
    } else if (name == "chart_blocks") {
        flag(state.blocks);
    } else if (name == "light_ground" && (value == "yes" || value == "no")) {
        state.light = value == "yes";
    }
}

}  // namespace

std::string settings_path() {
    const char* config = std::getenv("XDG_CONFIG_HOME");
    if (config != nullptr && config[0] == '/') {  // the specification says to ignore others
        return std::string(config) + "/ttmem/monitor.conf";
    }
    const char* home = std::getenv("HOME");
    return home != nullptr && home[0] == '/' ? std::string(home) + "/.config/ttmem/monitor.conf" : "";
}

std::string write_settings(const State& state) {
    const auto yes = [](bool value) { return std::string(value ? "yes" : "no") + "\n"; };
    const ViewChoices& processes = state.choices[static_cast<size_t>(View::kMain)];
    const ViewChoices& buffers = state.choices[static_cast<size_t>(View::kBuffers)];
    std::string text = "# Written by ttmem top when it ends.\n";
    text += "interval_ms = " + std::to_string(state.interval_ms) + "\n";
    text += "tree = " + yes(state.tree);
    text += "process_sort = " + std::to_string(processes.sort) + "\n";
    text += "process_sort_reverse = " + yes(processes.reverse);
    text += "buffer_sort = " + std::to_string(buffers.sort) + "\n";
    text += "buffer_sort_reverse = " + yes(buffers.reverse);
    text += "buffer_groups = " + std::to_string(static_cast<int>(state.groups)) + "\n";
    text += "chart_seconds = " + std::to_string(kSpans[state.span]) + "\n";
    text += "chart_blocks = " + yes(state.blocks);
    if (state.light) {
        text += "light_ground = " + yes(*state.light);
    }
    return text;
}

void read_settings(std::string_view text, State& state) {
    text = text.substr(0, kMostText);
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        const size_t equals = line.find('=');
        if (line.empty() || line[0] == '#' || equals == std::string_view::npos) {
            continue;
        }
        take(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)), state);
    }
}

void load_settings(const std::string& path, State& state) {
    if (const Result<std::string> text = read_regular_file(path, kMostText); text) {
        read_settings(text.value(), state);
    }
}

bool save_settings(const std::string& path, const State& state) {
    if (path.empty()) {
        return false;
    }
    const std::string text = write_settings(state);
    if (const Result<std::string> old = read_regular_file(path, kMostText); old && old.value() == text) {
        return true;
    }
    // A link (settings kept elsewhere), a folder, a FIFO or a device in its place was put there on purpose: it stays.
    struct stat there {};
    if (lstat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
        return false;
    }
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    const std::string temporary = path + "." + std::to_string(getpid());
    const UniqueFd file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    const bool written =
        file.valid() && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (!written || rename(temporary.c_str(), path.c_str()) != 0) {
        if (file.valid()) {
            unlink(temporary.c_str());
        }
        return false;
    }
    return true;
}

}  // namespace ttmem::monitor
