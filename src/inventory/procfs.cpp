// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/procfs.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/clean_text.hpp"
#include "base/clock.hpp"
#include "base/unique_fd.hpp"

namespace ttmem::inventory {
namespace {

constexpr size_t kMostText = 64 * 1024 * 1024;  // against a file that its owner makes endless

std::string process_path(pid_t pid, const char* file) {
    return "/proc/" + std::to_string(pid) + "/" + file;
}

// Cuts the next word off `text`.
std::string_view next_word(std::string_view& text) {
    const size_t begin = std::min(text.find_first_not_of(" \t\n"), text.size());
    const size_t end = std::min(text.find_first_of(" \t\n", begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    text.remove_prefix(end);
    return word;
}

std::string_view next_line(std::string_view& text) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

template <typename T>
bool parse_number(std::string_view text, T& value, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

std::optional<std::string> read_text(const std::string& path) {
    const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) {
        return std::nullopt;
    }
    std::string text;
    char block[8192];
    while (text.size() < kMostText) {
        const ssize_t got = read(fd.get(), block, sizeof block);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return std::nullopt;
        }
        if (got == 0) {
            break;
        }
        text.append(block, static_cast<size_t>(got));
    }
    return text;
}

std::optional<ProcessStatus> parse_stat(std::string_view text) {
    const size_t name_end = text.rfind(')');
    if (name_end == std::string_view::npos) {
        return std::nullopt;
    }
    text.remove_prefix(name_end + 1);
    ProcessStatus status;
    const std::string_view state = next_word(text);
    if (state.size() != 1) {
        return std::nullopt;
    }
    status.state = state[0];
    if (!parse_number(next_word(text), status.parent)) {
        return std::nullopt;
    }
    for (int field = 5; field < 22; ++field) {
        next_word(text);
    }
    if (!parse_number(next_word(text), status.start_time_ticks)) {
        return std::nullopt;
    }
    return status;
}

std::optional<ProcessStatus> read_process_status(pid_t pid) {
    const std::optional<std::string> text = read_text(process_path(pid, "stat"));
    return text ? parse_stat(*text) : std::nullopt;
}

std::optional<std::array<uid_t, 4>> parse_users(std::string_view status) {
    while (!status.empty()) {
        std::string_view line = next_line(status);
        if (!line.starts_with("Uid:")) {
            continue;
        }
        next_word(line);
        std::array<uid_t, 4> users{};
        for (uid_t& user : users) {
            if (!parse_number(next_word(line), user)) {
                return std::nullopt;
            }
        }
        return users;
    }
    return std::nullopt;
}

std::optional<std::array<uid_t, 4>> read_process_users(pid_t pid) {
    const std::optional<std::string> text = read_text(process_path(pid, "status"));
    return text ? parse_users(*text) : std::nullopt;
}

std::vector<pid_t> parse_namespace_pids(std::string_view status) {
    std::vector<pid_t> pids;
    while (!status.empty()) {
        std::string_view line = next_line(status);
        if (!line.starts_with("NSpid:")) {
            continue;
        }
        next_word(line);
        pid_t pid = 0;
        while (parse_number(next_word(line), pid)) {
            pids.push_back(pid);
        }
        break;
    }
    return pids;
}

std::vector<pid_t> read_namespace_pids(pid_t pid) {
    return parse_namespace_pids(read_text(process_path(pid, "status")).value_or(""));
}

HostMemory parse_host_memory(std::string_view status) {
    HostMemory memory;
    const std::pair<std::string_view, std::optional<uint64_t>*> wanted[] = {{"VmRSS:", &memory.rss_bytes},
                                                                            {"VmLck:", &memory.locked_bytes},
                                                                            {"VmPin:", &memory.pinned_bytes},
                                                                            {"HugetlbPages:", &memory.huge_bytes}};
    while (!status.empty()) {
        std::string_view line = next_line(status);
        const std::string_view name = next_word(line);
        for (const auto& [of, to] : wanted) {
            uint64_t kibibytes = 0;
            if (name == of && parse_number(next_word(line), kibibytes) && next_word(line) == "kB" &&
                kibibytes <= UINT64_MAX / 1024) {
                *to = kibibytes * 1024;
            }
        }
    }
    return memory;
}

std::optional<HostMemory> read_host_memory(pid_t pid) {
    const std::optional<std::string> text = read_text(process_path(pid, "status"));
    return text ? std::optional(parse_host_memory(*text)) : std::nullopt;
}

std::optional<uint64_t> start_time_of(uint64_t ticks) {
    const long per_second = sysconf(_SC_CLK_TCK);
    const uint64_t now = clock_ns(CLOCK_REALTIME);
    const uint64_t up = clock_ns(CLOCK_BOOTTIME);
    if (ticks == 0 || per_second <= 0 || up > now) {
        return std::nullopt;
    }
    return now - up + ticks * (1'000'000'000 / static_cast<uint64_t>(per_second));
}

Mapping maps_file(const std::string& who, dev_t device, ino_t inode, const std::string& path) {
    const std::optional<std::string> text = read_text("/proc/" + who + "/maps");
    if (!text || text->empty()) {
        return Mapping::kUnreadable;
    }
    char wanted[32];
    std::snprintf(wanted, sizeof wanted, "%02x:%02x", major(device), minor(device));
    std::string_view rest = *text;
    while (!rest.empty()) {
        // address permissions offset device inode path
        std::string_view line = next_line(rest);
        next_word(line);
        next_word(line);
        next_word(line);
        const std::string_view line_device = next_word(line);
        uint64_t line_inode = 0;
        if (!parse_number(next_word(line), line_inode) || line_inode != inode) {
            continue;
        }
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        if (line_device == wanted || line == path) {
            return Mapping::kYes;
        }
    }
    return Mapping::kNo;
}

bool maps_removed_ledger(std::string_view maps) {
    while (!maps.empty()) {
        const std::string_view line = next_line(maps);
        if (line.ends_with(".ledger (deleted)") && line.find("/tt_alloc.") != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

std::vector<pid_t> processes_with_removed_ledgers() {
    std::vector<pid_t> found;
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
         entry.increment(error)) {
        pid_t pid = 0;
        if (!parse_number(entry->path().filename().string(), pid)) {
            continue;
        }
        if (const auto maps = read_text(process_path(pid, "maps")); maps && maps_removed_ledger(*maps)) {
            found.push_back(pid);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string read_command_line(pid_t pid) {
    std::string text = read_text(process_path(pid, "cmdline")).value_or("");
    while (!text.empty() && text.back() == '\0') {
        text.pop_back();
    }
    std::replace(text.begin(), text.end(), '\0', ' ');
    return clean_text(text);
}

std::string read_command_name(pid_t pid) {
    std::string text = read_text(process_path(pid, "comm")).value_or("");
    if (text.ends_with('\n')) {
        text.pop_back();
    }
    return clean_text(text);
}

std::string user_name(uid_t uid) {
    std::vector<char> space(16 * 1024);
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(uid, &entry, space.data(), space.size(), &found) == 0 && found != nullptr) {
        return clean_text(found->pw_name);
    }
    return std::to_string(uid);
}

uint64_t own_pid_namespace() {
    struct stat status {};
    return stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

std::array<uint8_t, 16> own_boot_id() {
    std::array<uint8_t, 16> id{};
    std::string digits = read_text("/proc/sys/kernel/random/boot_id").value_or("");
    std::erase_if(digits, [](char c) { return !is_hex(c); });
    if (digits.size() != 2 * id.size()) {
        return id;
    }
    for (size_t i = 0; i < id.size(); ++i) {
        parse_number(std::string_view(digits).substr(2 * i, 2), id[i], 16);
    }
    return id;
}

}  // namespace ttmem::inventory
