// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Plain bash (4.4 and later): the package bash-completion loads the file and is not needed by it.
#include "completions.hpp"

namespace ttmem {
namespace {

constexpr const char* kHead =
    R"(# Completion for ttmem, tt_smi_umd and allocation_server_poc. Made by: ttmem completion bash

# The words from number $1 on are a command of the user's own.
_ttmem_other_command() {
    if declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif [[ $1 -eq $COMP_CWORD ]]; then
        mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    fi
}

_ttmem_files() {
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen "$1" -- "$word")
}

_ttmem_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}

_ttmem_processes() {
    mapfile -t COMPREPLY < <(cd /proc && compgen -G "$word[0-9]*")
}

_ttmem_processes_and_files() {
    _ttmem_files -f
    local files=("${COMPREPLY[@]}")
    _ttmem_processes
    COMPREPLY+=("${files[@]}")
}

_ttmem() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command at first=1
    COMPREPLY=()
    # bash takes "--option=value" apart at the "=".
    if [[ $word == = ]]; then
        word=
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case ${COMP_WORDS[0]##*/} in
        tt_smi_umd) command=top ;;
        allocation_server_poc) command=server ;;
        *)
            if [[ $COMP_CWORD -eq 1 ]]; then
                _ttmem_words "@NAMES@"
                return
            fi
            command=${COMP_WORDS[1]} first=2
            ;;
    esac
)";

constexpr const char* kOtherCommand = R"(    case $command in
        @RUNNERS@)
            for ((at = first; at < COMP_CWORD; at++)); do
                case ${COMP_WORDS[at]} in
                    --)
                        _ttmem_other_command $((at + 1))
                        return
                        ;;
                    = | @VALUED@) ((at++)) ;;
                    -*) ;;
                    *)
                        _ttmem_other_command "$at"
                        return
                        ;;
                esac
            done
            ;;
    esac
)";

void replace(std::string& text, const std::string& what, const std::string& with) {
    text.replace(text.find(what), what.size(), with);
}

void join(std::string& all, const std::string& separator, const std::string& word) {
    all += (all.empty() ? "" : separator) + word;
}

std::string action(const OptionText& option) {
    switch (option.kind) {
        case ValueKind::kChoices:
            return "_ttmem_words \"" + words_of(option.choices) + "\"";
        case ValueKind::kFile:
            return "_ttmem_files -f";
        case ValueKind::kFolder:
            return "_ttmem_files -d";
        case ValueKind::kProcess:
            return "_ttmem_processes";
        case ValueKind::kProcessOrFile:
            return "_ttmem_processes_and_files";
        case ValueKind::kText:
            break;
    }
    return ":";
}

}  // namespace

std::string bash_completion(const std::vector<CommandText>& commands) {
    std::string names;
    std::string runners;
    std::string valued;
    std::string values;
    std::string lists;
    for (const CommandText& command : commands) {
        std::string options;
        std::string positionals = command.runs_command ? "_ttmem_other_command \"$COMP_CWORD\"" : ":";
        for (const OptionText& option : command.options) {
            if (option.positional) {
                positionals = action(option);
                continue;
            }
            std::string patterns;
            for (const std::string& name : option.names) {
                join(options, " ", name);
                join(patterns, " | ", "\"" + command.name + " " + name + "\"");
                if (command.runs_command && !option.value.empty()) {
                    join(valued, " | ", name);
                }
            }
            if (!option.value.empty() && !option.value_optional) {
                values += "        " + patterns + ")\n            " + action(option) +
                          "\n            return\n            ;;\n";
            }
        }
        if (command.name.empty()) {
            join(names, " ", options);
            continue;
        }
        names.insert(0, command.name + " ");
        if (command.runs_command) {
            join(runners, " | ", command.name);
        }
        lists += "        " + command.name + ") if [[ $word == -* ]]; then _ttmem_words \"" + options + "\"; else " +
                 positionals + "; fi ;;\n";
    }
    std::string text = kHead;
    replace(text, "@NAMES@", names);
    if (!runners.empty()) {
        std::string other = kOtherCommand;
        replace(other, "@RUNNERS@", runners);
        replace(other, "@VALUED@", valued);
        text += other;
    }
    return text + "    case \"$command $before\" in\n" + values + "    esac\n    case $command in\n" + lists +
           "    esac\n}\n\ncomplete -F _ttmem ttmem tt_smi_umd allocation_server_poc\n";
}

}  // namespace ttmem
