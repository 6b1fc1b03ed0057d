// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "help_commands.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "command_line.hpp"
#include "commands.hpp"
#include "completions.hpp"
#include "help_groups.hpp"
#include "manual_page.hpp"
#include "output/write_text.hpp"

namespace ttmem {

int completion_main(const std::vector<std::string>& words, const std::vector<CommandText>& commands) {
    CLI::App app("Print the completion of a shell for ttmem.", "ttmem completion");
    std::string shell;
    app.add_option("shell", shell, "Which one")
        ->required()
        ->type_name("SHELL")
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    app.footer(
        "A package of the distribution has installed them. Otherwise:\n\n"
        "bash: ttmem completion bash > ~/.local/share/bash-completion/completions/ttmem, or in ~/.bashrc:\n"
        "eval \"$(ttmem completion bash)\"\n\n"
        "zsh: ttmem completion zsh > ~/.zfunc/_ttmem, with fpath+=~/.zfunc before compinit in ~/.zshrc\n\n"
        "fish: ttmem completion fish > ~/.config/fish/completions/ttmem.fish");
    if (const std::optional<int> code = parse(app, words)) {
        return *code;
    }
    const std::string text = shell == "bash"  ? bash_completion(commands)
                             : shell == "zsh" ? zsh_completion(commands)
                                              : fish_completion(commands);
    return monitor::write_text(STDOUT_FILENO, text) ? 0 : kExitFailure;
}

int manual_main(const std::vector<std::string>& words, const std::vector<CommandText>& commands) {
    std::vector<std::string> names;
    for (const CommandText& command : commands) {
        if (!command.name.empty()) {
            names.push_back(command.name);
        }
    }
    CLI::App app("Print a manual page.", "ttmem manual");
    std::string name;
    app.add_option("command", name, "The command whose page it is (default: the overview)")
        ->type_name("COMMAND")
        ->check(CLI::IsMember(names));
    app.footer(
        "To read one that no package has installed: ttmem manual snapshot | man -l -\n"
        "ttmem COMMAND --help has the same text.");
    if (const std::optional<int> code = parse(app, words)) {
        return *code;
    }
    const auto is_it = [&name](const CommandText& command) { return command.name == name; };
    const std::string page = name.empty()
                                 ? manual_overview(commands, help_groups(names), TTMEM_VERSION)
                                 : manual_page(*std::find_if(commands.begin(), commands.end(), is_it), TTMEM_VERSION);
    return monitor::write_text(STDOUT_FILENO, page) ? 0 : kExitFailure;
}

}  // namespace ttmem
