// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The server's configuration file (TOML; docs/server.md lists the keys). Every key is checked: an unknown one, one of a
// wrong type or out of its bounds is an error that names file, line and key. Pure but for reading the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "server/log.hpp"

namespace ttmem::server {

// The settings of the file; absent where it does not name them.
struct Config {
    std::optional<LogLevel> log_level;
    std::optional<std::string> socket_path;
    std::optional<std::string> http_address;  // or "off"
    std::optional<bool> http_remote;
    std::optional<std::vector<std::string>> http_hosts;  // lower case
    std::optional<uint64_t> http_most_processes;
    std::optional<std::string> api_socket;  // or "off"
    std::optional<std::string> ledgers_directory;
    std::optional<std::vector<std::string>> ledgers_shared;  // folders that containers share
    std::optional<bool> history_enabled;
    std::optional<std::string> history_path;
    std::optional<uint64_t> history_max_mib;
    std::optional<uint64_t> history_days;
};

inline constexpr size_t kMostConfigBytes = 1 << 20;

Result<Config> read_config(const std::string& path);
// `name` stands for the file in errors.
Result<Config> parse_config(std::string_view text, const std::string& name);

// All keys, as "http.address".
std::vector<std::string> config_keys();

}  // namespace ttmem::server
