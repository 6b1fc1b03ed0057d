// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The command lines of `ttmem dry-run` and `ttmem boards`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command_line.hpp"
#include "commands.hpp"

namespace ttmem {
namespace {

// Everything from the first word that is no option and no option's value, or after "--", is the command.
std::vector<std::string> take_command(std::vector<std::string>& words) {
    constexpr std::array<std::string_view, 4> kWithValue{"--board", "--cluster", "--timeout", "--ttnn"};
    size_t at = 0;
    while (at < words.size() && words[at].size() > 1 && words[at][0] == '-' && words[at] != "--") {
        const bool takes_next = std::find(kWithValue.begin(), kWithValue.end(), words[at]) != kWithValue.end();
        at = std::min(at + (takes_next ? 2 : 1), words.size());
    }
    std::vector<std::string> command(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
    words.resize(at);
    if (!command.empty() && command[0] == "--") {
        command.erase(command.begin());
    }
    return command;
}

}  // namespace

int dry_run_main(std::vector<std::string> words) {
    CLI::App app("Tries a command on boards that are not here: does it fit?", "ttmem dry-run");
    DryRunOptions options;
    std::optional<double> timeout_s;
    app.add_option("--board", options.boards, "A board to try it on, by name (see ttmem boards); several make a table")
        ->type_name("NAME")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--cluster", options.clusters,
                   "The same with a cluster description of your own (YAML, as tt-umd reads it)")
        ->type_name("FILE")
        ->allow_extra_args(false);
    app.add_option("--timeout", timeout_s,
                   "End the command after this time on a board; whether it fits is then not known")
        ->type_name("SECONDS")
        ->check(CLI::PositiveNumber);
    app.add_option("--ttnn", options.ttnn, "Where ttnn is (default: the command's Python is asked)")
        ->type_name("FOLDER");
    app.add_flag("--json", options.json, "Print one JSON object; the command's own output goes to stderr");
    app.footer(
        "ttmem dry-run --board NAME [--board NAME...] [--] COMMAND [ARGUMENT...]\n\n"
        "Runs the command, unmodified, once on a mock cluster of each board: its allocations, programs and circular\n"
        "buffers are the real ones, no device is opened and no value is computed. Nothing is written into ttnn's\n"
        "folder; what has to be made lies in $XDG_CACHE_HOME/ttmem/dry-run (usually ~/.cache). What a mock cannot\n"
        "know stands in docs/before-you-run.md.\n"
        "Exit codes (the worst of all boards): 0 it fits, 1 it does not, 2 the command line makes no sense, 3 not\n"
        "known: the command failed by itself, opened no device, or was ended by --timeout.");
    const std::vector<std::string> command = take_command(words);
    if (const std::optional<int> code = parse(app, words)) {
        return *code;
    }
    if (timeout_s) {
        options.timeout_ms = static_cast<uint64_t>(std::clamp(*timeout_s * 1000, 1.0, 1e12));
    }
    return dry_run_command(options, command);
}

int boards_main(const std::vector<std::string>& words) {
    CLI::App app("Lists the boards that ttmem dry-run knows.", "ttmem boards");
    bool json = false;
    app.add_flag("--json", json, "Print one JSON object");
    if (const std::optional<int> code = parse(app, words)) {
        return *code;
    }
    return boards_command(json);
}

}  // namespace ttmem
