// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "completions.hpp"

namespace ttmem {
namespace {

// Inside single quotes and, there, inside a specification of _arguments.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
            continue;
        }
        if (c == '[' || c == ']' || c == ':' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out;
}

std::string action(const OptionText& option) {
    switch (option.kind) {
        case ValueKind::kChoices:
            return "(" + words_of(option.choices) + ")";
        case ValueKind::kFile:
            return "_files";
        case ValueKind::kFolder:
            return "_files -/";
        case ValueKind::kProcess:
            return "_ttmem_processes";
        case ValueKind::kProcessOrFile:
            return "_ttmem_processes_and_files";
        case ValueKind::kText:
            break;
    }
    return " ";
}

// A line for each name of an option, or a single one for a positional argument.
std::string specifications(const OptionText& option, int& position) {
    if (option.positional) {
        return "        '" + (option.repeats ? "*" : std::to_string(++position)) + ":" + escaped(option.value) + ":" +
               action(option) + "' \\\n";
    }
    const std::string others = words_of(option.names);
    std::string text;
    for (const std::string& name : option.names) {
        const bool is_long = name.starts_with("--");
        text += std::string("        '") + (option.repeats ? "*" : "(" + others + ")") + name;
        if (!option.value.empty()) {
            text += option.value_optional ? "=-" : is_long ? "=" : "+";
        }
        text += "[" + escaped(brief(option.about)) + "]";
        if (!option.value.empty()) {
            text += std::string(option.value_optional ? "::" : ":") + escaped(option.value) + ":" + action(option);
        }
        text += "' \\\n";
    }
    return text;
}

std::string function_of(const CommandText& command) {
    std::string text = "_ttmem_" + command.name + "() {\n    _arguments -S \\\n";
    int position = 0;
    for (const OptionText& option : command.options) {
        text += specifications(option, position);
    }
    if (command.runs_command) {
        text += "        '(-)1:command: _command_names -e' \\\n        '*::arguments:_normal' \\\n";
    }
    text.erase(text.size() - 3);  // the last line goes on no further
    return text + "\n}\n\n";
}

}  // namespace

std::string zsh_completion(const std::vector<CommandText>& commands) {
    std::string text =
        "#compdef ttmem tt_smi_umd allocation_server_poc\n"
        "# Made by: ttmem completion zsh\n\n";
    std::string names;
    std::string own;
    for (const CommandText& command : commands) {
        if (command.name.empty()) {
            int position = 0;
            for (const OptionText& option : command.options) {
                own += specifications(option, position);
            }
            continue;
        }
        text += function_of(command);
        names += "        '" + escaped(command.name) + ":" + escaped(command.about) + "'\n";
    }
    return text + "_ttmem_commands() {\n    local -a names=(\n" + names +
           "    )\n    _describe -t commands command names\n}\n\n"
           "_ttmem_processes() {\n    compadd -- /proc/<->(/N:t)\n}\n\n"
           "_ttmem_processes_and_files() {\n    _ttmem_processes\n    _files\n}\n\n"
           "_ttmem() {\n"
           "    local curcontext=$curcontext state line\n"
           "    typeset -A opt_args\n"
           "    case $service in\n"
           "        tt_smi_umd) _ttmem_top; return ;;\n"
           "        allocation_server_poc) _ttmem_server; return ;;\n"
           "    esac\n"
           "    _arguments -C \\\n" +
           own +
           "        '1:command:_ttmem_commands' \\\n"
           "        '*:: :->words'\n"
           "    if [[ $state == words && -n $functions[_ttmem_$words[1]] ]]; then\n"
           "        curcontext=${curcontext%:*}-$words[1]:\n"
           "        _ttmem_$words[1]\n"
           "    fi\n"
           "}\n\n"
           "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n    _ttmem \"$@\"\nelse\n"
           "    compdef _ttmem ttmem tt_smi_umd allocation_server_poc\nfi\n";
}

}  // namespace ttmem
