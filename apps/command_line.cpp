// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "commands.hpp"
#include "suggest.hpp"

namespace ttmem {
namespace {

std::function<void(CLI::App&)> command_line_reader;

// For the first word that looks like an option and is none of `app` or of its subcommand that was named.
std::string option_suggestion(const CLI::App& app) {
    std::vector<std::string> known;
    std::vector<const CLI::App*> asked{&app};
    for (const CLI::App* command : app.get_subcommands()) {
        asked.push_back(command);
    }
    for (const CLI::App* command : asked) {
        for (const CLI::Option* option : command->get_options()) {
            for (const std::string& name : option->get_lnames()) {
                known.push_back("--" + name);
            }
        }
    }
    for (const std::string& word : app.remaining(true)) {
        if (word.size() > 2 && word[0] == '-') {
            return suggestion(word.substr(0, word.find('=')), known);
        }
    }
    return "";
}

// CLI11's words, but for values that are no numbers ("Could not convert: --pid = x"), and where an unknown argument
// is reported before a missing one.
std::string complaint(const CLI::App& app, const CLI::ParseError& error) {
    const bool is_unknown = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
    const bool is_missing = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
    if (is_unknown || (is_missing && !app.remaining(true).empty())) {
        return CLI::ExtrasError(app.remaining(true)).what() + option_suggestion(app);
    }
    const std::string text = error.what();
    constexpr std::string_view kConversion = "Could not convert: ";
    const size_t equals = text.find(" = ");
    if (text.rfind(kConversion, 0) != 0 || equals == std::string::npos) {
        return text;
    }
    const std::string option = text.substr(kConversion.size(), equals - kConversion.size());
    return option + " is a whole number, not '" + text.substr(equals + 3) + "'";
}

// CLI11 has exit codes of its own; here every bad command line is 2 and says which help to read.
int usage_error(const CLI::App& app, const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
        return app.exit(error);
    }
    std::string command = app.get_name();
    for (const CLI::App* sub : app.get_subcommands()) {
        command += " " + sub->get_name();
    }
    std::fprintf(stderr, "%s: %s (see %s --help)\n", command.c_str(), complaint(app, error).c_str(), command.c_str());
    return kExitUsage;
}

}  // namespace

void set_command_line_reader(std::function<void(CLI::App&)> reader) {
    command_line_reader = std::move(reader);
}

std::optional<int> parse(CLI::App& app, const std::vector<std::string>& words) {
    if (command_line_reader) {
        command_line_reader(app);
        return 0;
    }
    try {
        app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::ParseError& error) {
        return usage_error(app, error);
    }
    return std::nullopt;
}

}  // namespace ttmem
