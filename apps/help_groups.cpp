// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "help_groups.hpp"

#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

namespace ttmem {
namespace {

std::vector<std::string> names_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
    }
    return names;
}

class GroupedFormatter : public CLI::Formatter {
public:
    std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode) const override {
        std::ostringstream out;
        for (const HelpGroup& group : help_groups(names_of(*app))) {
            out << "\n" << group.title << ":\n";
            for (const std::string& name : group.commands) {
                const auto is_it = [&name](const CLI::App* command) { return command->get_name() == name; };
                for (const CLI::App* command : app->get_subcommands(is_it)) {
                    out << make_subcommand(command);
                }
            }
        }
        return out.str();
    }
};

}  // namespace

std::vector<HelpGroup> help_groups(const std::vector<std::string>& names) {
    std::vector<HelpGroup> groups{
        {"See the memory that is held now", {"top", "snapshot", "l1", "holders", "web"}},
        {"Find out why memory was refused, and look into the past", {"why", "fits", "history"}},
        {"Track a program", {"run", "attach", "detach"}},
        {"Record a whole run", {"record", "report", "diff", "export"}},
        {"Try it before it runs", {"dry-run", "boards"}},
        {"Set up and serve", {"doctor", "server", "completion", "manual"}},
    };
    std::vector<std::string> more = names;
    for (HelpGroup& group : groups) {
        std::erase_if(group.commands, [&names](const std::string& name) {
            return std::find(names.begin(), names.end(), name) == names.end();
        });
        std::erase_if(more, [&group](const std::string& name) {
            return std::find(group.commands.begin(), group.commands.end(), name) != group.commands.end();
        });
    }
    if (!more.empty()) {
        groups.push_back({"More", std::move(more)});
    }
    std::erase_if(groups, [](const HelpGroup& group) { return group.commands.empty(); });
    return groups;
}

void group_help(CLI::App& app) {
    app.formatter(std::make_shared<GroupedFormatter>());
}

}  // namespace ttmem
