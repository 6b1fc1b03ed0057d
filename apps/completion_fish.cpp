// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "completions.hpp"

namespace ttmem {
namespace {

std::string in_quotes(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + "'";
}

std::string action(const OptionText& option) {
    switch (option.kind) {
        case ValueKind::kChoices:
            return " -a " + in_quotes(words_of(option.choices));
        case ValueKind::kFile:
            return " -F";
        case ValueKind::kFolder:
            return " -a '(__fish_complete_directories)'";
        case ValueKind::kProcess:
            return " -a '(__fish_complete_pids)'";
        case ValueKind::kProcessOrFile:
            return " -F -a '(__fish_complete_pids)'";
        case ValueKind::kText:
            break;
    }
    return "";
}

std::string line_of(const std::string& program, const std::string& condition, const OptionText& option) {
    std::string text = "complete -c " + program + (condition.empty() ? "" : " -n " + in_quotes(condition));
    for (const std::string& name : option.names) {
        if (name.starts_with("--")) {
            text += " -l " + name.substr(2);
        } else if (name.starts_with("-")) {
            text += " -s " + name.substr(1);
        }
    }
    if (!option.positional && !option.value.empty() && !option.value_optional) {
        text += option.kind == ValueKind::kFile ? " -r" : " -x";  // -x: and no file
    }
    return text + (option.value_optional ? "" : action(option)) +
           (option.about.empty() || option.positional ? "" : " -d " + in_quotes(brief(option.about))) + "\n";
}

}  // namespace

std::string fish_completion(const std::vector<CommandText>& commands) {
    std::string text =
        "# Completion for ttmem, tt_smi_umd and allocation_server_poc. Made by: ttmem completion fish\n"
        "complete -c ttmem -f\ncomplete -c tt_smi_umd -f\ncomplete -c allocation_server_poc -f\n";
    for (const CommandText& command : commands) {
        const std::string condition =
            command.name.empty() ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + command.name;
        if (!command.name.empty()) {
            text += "complete -c ttmem -n __fish_use_subcommand -a " + command.name + " -d " +
                    in_quotes(command.about) + "\n";
        }
        if (command.runs_command) {
            text +=
                "complete -c ttmem -n " + in_quotes(condition) + " -a '(__fish_complete_subcommand --fcs-skip=2)'\n";
        }
        for (const OptionText& option : command.options) {
            text += line_of("ttmem", condition, option);
            if (command.name == "top") {
                text += line_of("tt_smi_umd", "", option);
            }
            if (command.name == "server") {
                text += line_of("allocation_server_poc", "", option);
            }
        }
    }
    return text;
}

}  // namespace ttmem
