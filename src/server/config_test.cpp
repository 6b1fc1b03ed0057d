// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/config.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace ttmem::server {
namespace {

std::string error_of(std::string_view text) {
    const Result<Config> parsed = parse_config(text, "server.toml");
    return parsed ? "" : parsed.error().message;
}

TEST(Config, AnEmptyFileSaysNothing) {
    const Result<Config> parsed = parse_config("# nothing\n[http]\n", "f");
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_FALSE(parsed.value().http_address || parsed.value().log_level || parsed.value().history_days);
}

TEST(Config, TakesEveryKey) {
    const Result<Config> parsed = parse_config(R"(
log_level = "debug"
socket.path = "/run/a"
[http]
address = "0.0.0.0:80"
remote = true
hosts = ["Node7", "node7.cluster"]
most_processes = 5
[api]
socket = "off"
[ledgers]
directory = "/mnt/ledgers"
shared = ["/srv/a", "/srv/b"]
[history]
enabled = false
path = "/var/lib/h.db"
max_mib = 7
days = 3
)",
                                               "f");
    ASSERT_TRUE(parsed) << parsed.error().message;
    const Config& config = parsed.value();
    EXPECT_EQ(config.log_level, LogLevel::kDebug);
    EXPECT_EQ(config.socket_path, "/run/a");
    EXPECT_EQ(config.http_address, "0.0.0.0:80");
    EXPECT_EQ(config.http_remote, true);
    EXPECT_EQ(config.http_hosts, (std::vector<std::string>{"node7", "node7.cluster"}));
    EXPECT_EQ(config.http_most_processes, 5u);
    EXPECT_EQ(config.api_socket, "off");
    EXPECT_EQ(config.ledgers_directory, "/mnt/ledgers");
    EXPECT_EQ(config.ledgers_shared, (std::vector<std::string>{"/srv/a", "/srv/b"}));
    EXPECT_EQ(config.history_enabled, false);
    EXPECT_EQ(config.history_path, "/var/lib/h.db");
    EXPECT_EQ(config.history_max_mib, 7u);
    EXPECT_EQ(config.history_days, 3u);
}

TEST(Config, ErrorsNameFileLineAndKey) {
    const std::pair<const char*, const char*> cases[] = {
        {"\nlog_level = \"loud\"", "server.toml:2: log_level must be"},
        {"log_level = 3", "server.toml:1: log_level must be"},
        {"[http]\n\nport = 3", "server.toml:3: there is no key http.port; there are: log_level"},
        {"[htpp]\naddress = \"127.0.0.1:1\"", "server.toml:1: there is no key htpp"},
        {"http = 3", "server.toml:1: http must be a section: [http]"},
        {"[http]\naddress = \"localhost:80\"", "server.toml:2: http.address must be"},
        {"[http]\naddress = 9465", "server.toml:2: http.address must be"},
        {"[http]\nremote = \"yes\"", "server.toml:2: http.remote must be true or false"},
        {"[http]\nhosts = \"node7\"", "server.toml:2: http.hosts must be a list"},
        {"[http]\nhosts = [\"a:80\"]", "server.toml:2: http.hosts must be a list"},
        {"[http]\nhosts = [7]", "server.toml:2: http.hosts must be a list"},
        {"[http]\nmost_processes = -1", "server.toml:2: http.most_processes must be a whole number from 0 to"},
        {"[http]\naddress = \"0.0.0.0:9465\"", "server.toml:2: http.address 0.0.0.0:9465 can be reached"},
        {"[socket]\npath = \"socket\"", "server.toml:2: socket.path must be an absolute path"},
        {"[socket]\npath = \"off\"", "server.toml:2: socket.path must be an absolute path"},
        {"[ledgers]\nshared = [\"srv\"]", "server.toml:2: ledgers.shared must be a list of absolute paths"},
        {"[api]\nsocket = \"\"", "server.toml:2: api.socket must be"},
        {"[history]\ndays = 0", "server.toml:2: history.days must be a whole number from 1 to 3650"},
        {"[history]\ndays = 1.5", "server.toml:2: history.days must be"},
        {"[history]\nmax_mib = 99999999999999999999", "server.toml:2: "},
        {"[http\n", "server.toml:1: "},
        {"a = 1\na = 2", "server.toml:2: "},
        {"log_level = \"info", "server.toml:1: "},
    };
    for (const auto& [text, begins] : cases) {
        EXPECT_TRUE(error_of(text).starts_with(begins)) << text << "\n" << error_of(text);
    }
    EXPECT_EQ(error_of(std::string("\"\x1b[2J\" = 1")).find('\x1b'), std::string::npos);
}

TEST(Config, AFileThatIsNotThereIsNamed) {
    const Result<Config> read = read_config("/nowhere/server.toml");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message, "cannot read /nowhere/server.toml: No such file or directory");
    EXPECT_FALSE(read_config("/tmp"));
}

// The installed file shows every key, and sets none until a # is removed.
TEST(Config, TheInstalledFileHasEveryKey) {
    std::ifstream in(TTMEM_SOURCE_DIR "/packaging/server.toml");
    std::stringstream text;
    text << in.rdbuf();
    const Result<Config> plain = parse_config(text.str(), "server.toml");
    ASSERT_TRUE(plain) << plain.error().message;
    EXPECT_FALSE(plain.value().log_level);
    text.clear();
    text.seekg(0);
    std::string all;
    for (std::string line; std::getline(text, line);) {
        all += (line.starts_with("# ") && line.find(" = ") != std::string::npos ? line.substr(2) : line) + "\n";
    }
    const Result<Config> full = parse_config(all, "server.toml");
    ASSERT_TRUE(full) << full.error().message;
    const Config& config = full.value();
    EXPECT_TRUE(config.log_level && config.socket_path && config.http_address && config.http_remote &&
                config.http_hosts && config.http_most_processes && config.api_socket && config.ledgers_directory &&
                config.ledgers_shared && config.history_enabled && config.history_path && config.history_max_mib &&
                config.history_days);
    for (const std::string& key : config_keys()) {
        EXPECT_NE(all.find(key.substr(key.find('.') + 1) + " = "), std::string::npos) << key;
    }
}

}  // namespace
}  // namespace ttmem::server
