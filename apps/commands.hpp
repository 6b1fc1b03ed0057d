// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The functions that run the subcommands. Each gives the program's exit code and says on stderr what went wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/l1.hpp"

namespace ttmem {

inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;  // the command line makes no sense

// Exit codes of `ttmem run` when the command cannot be started, as of env(1).
inline constexpr int kExitRunFailed = 125;
inline constexpr int kExitNotExecutable = 126;
inline constexpr int kExitNotFound = 127;

// Becomes `command` with tracking turned on; returns only on failure. `command` is not empty.
int run_command(const std::vector<std::string>& command);

// Tracking switched on, or off again, in a process that runs.
int attach_command(int pid);
int holders_command(int pid, uint64_t buffer, double seconds);
int detach_command(int pid);

// A command on mock boards, and whether it fits. The exit code is the worst of all boards: 0 fits, 1 does not, 3 not
// known.
struct DryRunOptions {
    std::vector<std::string> boards;     // names
    std::vector<std::string> clusters;   // descriptions of the user's own, as paths
    std::string ttnn;                    // where ttnn is; empty: the command's Python is asked
    std::optional<uint64_t> timeout_ms;  // for each board
    bool json = false;
};
int dry_run_command(const DryRunOptions& options, const std::vector<std::string>& command);

// The boards that a dry run knows.
int boards_command(bool json);

// The same with their command lines, given without the subcommand's name.
int dry_run_main(std::vector<std::string> words);
int boards_main(const std::vector<std::string>& words);

// A recording to show instead of the present.
struct ReplayWords {
    std::string file;  // empty: none
    std::string at;    // as replay/moment_words.hpp; empty: its highest peak
};

// Prints a picture of all devices and processes on stdout, as tables or as JSON (src/output/json.hpp).
struct SnapshotOptions {
    bool json = false;
    bool buffers = false;
    std::string group_by;        // a word of analysis/holders.hpp; empty: no groups
    double observe_seconds = 0;  // follow events for so long first, and say what was held most meanwhile; 0: do not
    ReplayWords replay;
};
int snapshot_command(const SnapshotOptions& options);

// Prints the contents of L1, as a map or as JSON (docs/snapshot-json.md).
struct L1Options {
    std::string device;             // a word that names one (model/device_names.hpp); empty: all that are open
    std::optional<api::Core> core;  // this one's L1 alone
    bool json = false;
    int schema = 1;               // of the JSON (output/l1_stream.hpp)
    std::optional<size_t> width;  // of the text, in columns (output_width.hpp)
    ReplayWords replay;
};
int l1_command(const L1Options& options);

// Why a request was refused (docs/why.md).
struct WhyOptions {
    std::string of;                   // a pid, or a file that --save wrote; empty: the latest refusal of all processes
    std::string at;                   // the moment of a recording (replay/moment_words.hpp); empty: none
    std::optional<uint64_t> refusal;  // its number in the process; absent: the latest
    std::string save;                 // the file to make; empty: none
    bool redact = false;              // with `save`
    bool json = false;
    std::optional<size_t> width;  // of the text, in columns (output_width.hpp)
};
int why_command(const WhyOptions& options);

// Whether a tensor would fit; the command line is given without the subcommand's name.
int fits_main(const std::vector<std::string>& words);

// For scripts and pipes, and for one look: a table, JSON as `ttmem snapshot` prints it, or CSV.
struct OnceOptions {
    bool json = false;
    bool csv = false;
    std::string query;  // names separated by commas; empty: the usual ones
    bool no_header = false;
    bool list_queries = false;
    uint64_t loop_ms = 0;         // again and again in this time; 0: once
    std::optional<size_t> width;  // of the table, in columns (output_width.hpp)
};
int once_command(const OnceOptions& options);

// The monitor: once, or again and again until it is quit.
inline constexpr uint64_t kUsualIntervalMs = 1000;
inline constexpr uint64_t kLeastIntervalMs = 100;
inline constexpr uint64_t kMostIntervalMs = 86'400'000;
struct TopOptions {
    bool watch = false;
    std::optional<uint64_t> interval_ms;  // absent: as the monitor's settings say, else kUsualIntervalMs
    size_t view = 1;                      // to start in, as the monitor counts them
    bool ascii = false;
    bool keys = false;  // print the table of keys instead
    ReplayWords replay;
    OnceOptions once;  // when it does not watch
};
int top_command(const TopOptions& options);

// Checks the machine and prints what is missing. kExitFailure: something does not work.
struct DoctorOptions {
    bool json = false;
    std::vector<std::string> places;    // where to look for ttnn; empty: everywhere usual
    std::optional<std::string> socket;  // path of the server's old socket
    std::optional<std::string> http;    // ADDRESS:PORT of the server, or "off"
};
int doctor_command(const DoctorOptions& options);

// Opens the page of the running server in a browser, as this user.
struct WebOptions {
    bool no_browser = false;  // print the address alone
};
int web_command(const WebOptions& options);

// Serves until a signal stops it. What the command line does not say is absent and left to the server.
struct ServerCommand {
    std::optional<std::string> socket;      // path of the old socket
    std::optional<std::string> http;        // address and port, or "off"
    bool http_remote = false;               // it may be an address that other machines reach
    std::vector<std::string> http_hosts;    // names that clients may use in Host
    std::optional<std::string> api_socket;  // path of the unix socket, or "off"
    std::optional<std::string> log_level;   // error, warning, info or debug
    bool no_history = false;
    std::optional<std::string> history;  // path of the history's file
    std::optional<uint64_t> history_max_mib;
    std::optional<uint64_t> history_days;
    std::optional<std::string> config;            // path of the configuration file
    std::vector<std::string> ledger_directories;  // besides the usual one
};
int server_command(const ServerCommand& command);

// Becomes the program that serves, with these arguments, under `name`; returns only on failure.
inline constexpr const char* kServerProgram = "ttmem-server";
int become_server(const std::string& name, std::vector<std::string> words);

// Prints figures of the past, from the history that a server writes.
struct HistoryOptions {
    std::string device;  // a word that names one (model/device_names.hpp); empty: all
    std::optional<int> pid;
    std::string since = "1h";
    std::string until;
    std::optional<uint32_t> seconds;  // for each point: 1, 10 or 60
    bool json = false;
    bool csv = false;
    std::string database;  // empty: the usual place
};
int history_command(const HistoryOptions& options);

}  // namespace ttmem
