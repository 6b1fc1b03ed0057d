// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The program: its command line. What each subcommand does is in a file of its own.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "commands.hpp"

namespace ttmem {
namespace {

// CLI11 has exit codes of its own; here every bad command line is 2 and says which help to read.
int usage_error(const CLI::App& app, const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
        return app.exit(error);
    }
    std::string command = app.get_name();
    for (const CLI::App* sub : app.get_subcommands()) {
        command += " " + sub->get_name();
    }
    std::fprintf(stderr, "%s: %s (see %s --help)\n", command.c_str(), error.what(), command.c_str());
    return kExitUsage;
}

// Everything from the first word that is no option, or behind "--", is the command and not ours to read.
std::vector<std::string> take_command(std::vector<std::string>& words) {
    size_t at = 0;
    while (at < words.size() && words[at].size() > 1 && words[at][0] == '-' && words[at] != "--") {
        ++at;
    }
    std::vector<std::string> command(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
    words.resize(at);
    if (!command.empty() && command[0] == "--") {
        command.erase(command.begin());
    }
    return command;
}

int ttmem_main(std::vector<std::string> words) {
    CLI::App app("Shows which process holds how much memory of Tenstorrent accelerators.", "ttmem");
    app.set_version_flag("-V,--version", std::string("ttmem ") + TTMEM_VERSION);
    app.require_subcommand(1);

    CLI::App* run = app.add_subcommand("run", "Run a command with its device memory tracked");
    run->footer(
        "ttmem run [--] COMMAND [ARGUMENT...]\n\n"
        "The command and its children load libtt_alloc_hooks.so (LD_PRELOAD) and have TT_ALLOC_TRACKING_ENABLED=1. "
        "The\n"
        "library is looked for beside this program, or where TTMEM_HOOKS_LIBRARY says. The exit code is the "
        "command's;\n"
        "125: tracking cannot be set up, 126: the command cannot be run, 127: there is no such command.");

    std::vector<std::string> command;
    if (!words.empty() && words[0] == "run") {
        std::vector<std::string> rest(words.begin() + 1, words.end());
        command = take_command(rest);
        words.resize(1);
        words.insert(words.end(), rest.begin(), rest.end());
    }
    try {
        app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::ParseError& error) {
        return usage_error(app, error);
    }
    if (command.empty()) {
        std::fprintf(stderr, "ttmem run: no command given (see ttmem run --help)\n");
        return kExitUsage;
    }
    return run_command(command);
}

}  // namespace
}  // namespace ttmem

int main(int argc, char** argv) {
    return ttmem::ttmem_main(std::vector<std::string>(argv + 1, argv + argc));
}
