// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/host_use.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

#include "inventory/procfs.hpp"

namespace ttmem::inventory {
namespace {

// Cuts the next word off `text`.
std::string_view next_word(std::string_view& text) {
    const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    const size_t end = std::min(text.find_first_of(" \t\n", begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    text.remove_prefix(end);
    return word;
}

std::optional<uint64_t> number(std::string_view text) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// The rest of the line that begins with `name`; empty where there is none.
std::string_view line_of(std::string_view status, std::string_view name) {
    for (size_t at = 0; at < status.size(); at = std::min(status.find('\n', at), status.size() - 1) + 1) {
        const std::string_view line = status.substr(at, status.find('\n', at) - at);
        if (line.starts_with(name)) {
            return line.substr(name.size());
        }
    }
    return {};
}

std::optional<uint64_t> bytes_of(std::string_view line) {
    const std::optional<uint64_t> kibibytes = number(next_word(line));
    return kibibytes && next_word(line) == "kB" && *kibibytes <= UINT64_MAX / 1024 ? std::optional(*kibibytes * 1024)
                                                                                   : std::nullopt;
}

// The name in field 2 may have blanks and parentheses.
std::optional<double> processor_seconds(std::string_view stat) {
    const size_t name_end = stat.rfind(')');
    const long per_second = sysconf(_SC_CLK_TCK);
    if (name_end == std::string_view::npos || per_second <= 0) {
        return std::nullopt;
    }
    stat.remove_prefix(name_end + 1);
    for (int field = 3; field < 14; ++field) {
        next_word(stat);
    }
    const std::optional<uint64_t> in_user = number(next_word(stat));
    const std::optional<uint64_t> in_kernel = number(next_word(stat));
    return in_user && in_kernel ? std::optional((static_cast<double>(*in_user) + static_cast<double>(*in_kernel)) /
                                                static_cast<double>(per_second))
                                : std::nullopt;
}

}  // namespace

api::HostUse parse_host_use(std::string_view status, std::string_view stat) {
    std::string_view threads = line_of(status, "Threads:");
    return {bytes_of(line_of(status, "VmSize:")), bytes_of(line_of(status, "VmSwap:")), number(next_word(threads)),
            processor_seconds(stat)};
}

api::HostUse read_host_use(pid_t pid) {
    const std::string folder = "/proc/" + std::to_string(pid);
    return parse_host_use(read_text(folder + "/status").value_or(""), read_text(folder + "/stat").value_or(""));
}

}  // namespace ttmem::inventory
