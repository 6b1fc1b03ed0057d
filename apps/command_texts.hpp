// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The texts of the command lines as plain values: completions and manual pages are made from the same options as
// --help, so that none of the three can have an option that another lacks.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace ttmem {

// The kind of values that a shell can offer for an option.
enum class ValueKind { kText, kChoices, kFile, kFolder, kProcess, kProcessOrFile };

struct OptionText {
    std::vector<std::string> names;    // "-w", "--watch"; of a positional its placeholder in capitals
    std::string value;                 // placeholder of the value; empty: it takes none
    std::vector<std::string> choices;  // for kChoices
    std::string about;                 // one line
    ValueKind kind = ValueKind::kText;
    bool positional = false;
    bool required = false;
    bool repeats = false;
    bool value_optional = false;  // then a value is given with "="
};

struct CommandText {
    std::string name;      // "snapshot"; empty: ttmem itself
    std::string about;     // one line, without a full stop
    std::string synopsis;  // where it is more than options: "ttmem run [--] COMMAND [ARGUMENT...]"; else empty
    std::string footer;    // what --help prints below the options, without the synopsis
    std::vector<OptionText> options;
    bool runs_command = false;  // words after the options are a command of the user's own
};

// `app` is a command line with its options declared. Not const: CLI11 gives validators only so.
CommandText command_text(CLI::App& app, const std::string& name);

// `text` with each run of blanks and line ends as one blank.
std::string one_line(const std::string& text);

// The words with a blank between two.
std::string words_of(const std::vector<std::string>& words);

// The part of an option's text that fits a list: up to the first parenthesis, colon or semicolon.
std::string brief(const std::string& about);

}  // namespace ttmem
