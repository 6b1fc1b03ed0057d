// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "manual_page.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace ttmem {
namespace {

// Text that roff takes as it stands: a hyphen stays one that can be copied into a shell.
std::string roff(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
    }
    return out.empty() || (out[0] != '.' && out[0] != '\'') ? out : "\\&" + out;
}

std::string bold(const std::string& text) {
    return "\\fB" + roff(text) + "\\fR";
}

std::string italic(const std::string& text) {
    return "\\fI" + roff(text) + "\\fR";
}

// A sentence a line, as manual pages are written; words that begin with a dot keep their place within one.
std::string sentences(const std::string& text) {
    std::string out;
    std::string line;
    std::istringstream words(text);
    const auto end_line = [&] {
        out += roff(line) + "\n";
        line.clear();
    };
    for (std::string word; words >> word;) {
        if (!line.empty() && line.ends_with('.') && std::isupper(static_cast<unsigned char>(word[0])) != 0) {
            end_line();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    if (!line.empty()) {
        end_line();
    }
    return out;
}

std::string title(const std::string& name, const std::string& version) {
    std::string capitals = name;
    std::transform(capitals.begin(), capitals.end(), capitals.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    // No date: the pages are made again by each build, and the version says as much.
    return ".\\\" Made by: ttmem manual\n.TH \"" + roff(capitals) + "\" \"1\" \"\" \"ttmem " + version +
           "\" \"User commands\"\n";
}

// The paragraphs of a footer; what it says of exit codes is a section of its own.
std::string description(const std::string& footer) {
    const size_t codes = footer.find("Exit codes");
    std::string text = ".SH DESCRIPTION\n";
    std::istringstream lines(footer.substr(0, codes));
    std::string paragraph;
    std::string body;
    const auto end_paragraph = [&] {
        if (!paragraph.empty()) {
            body += (body.empty() ? "" : ".PP\n") + sentences(paragraph);
            paragraph.clear();
        }
    };
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) {
            end_paragraph();
        }
        paragraph += line + " ";
    }
    end_paragraph();
    text = body.empty() ? "" : text + body;
    if (codes != std::string::npos) {
        text += ".SH EXIT STATUS\n" + sentences(footer.substr(codes));
    }
    return text;
}

std::string synopsis(const CommandText& command) {
    const std::string name = command.name.empty() ? "ttmem" : "ttmem " + command.name;
    if (!command.synopsis.empty()) {
        return ".SH SYNOPSIS\n" + roff(command.synopsis) + "\n";
    }
    std::string text = ".SH SYNOPSIS\n" + bold(name) + " [" + italic("options") + "]";
    for (const OptionText& option : command.options) {
        if (option.positional) {
            const std::string more = option.repeats ? "..." : "";
            text += option.required ? " " + italic(option.value) + more : " [" + italic(option.value) + more + "]";
        }
    }
    return text + "\n";
}

std::string option_list(const CommandText& command) {
    std::string text;
    for (const bool positional : {true, false}) {
        std::string list;
        for (const OptionText& option : command.options) {
            if (option.positional != positional) {
                continue;
            }
            std::string heading;
            for (const std::string& name : option.names) {
                heading += (heading.empty() ? "" : ", ") + (positional ? italic(name) : bold(name));
            }
            if (!positional && !option.value.empty()) {
                heading += option.value_optional ? "[=" + italic(option.value) + "]" : " " + italic(option.value);
            }
            std::string about = option.about;
            for (size_t i = 0; i < option.choices.size(); ++i) {
                about += (i == 0 ? ": " : ", ") + option.choices[i];
            }
            list += ".TP\n" + heading + "\n" + sentences(about);
        }
        if (!list.empty()) {
            text += (positional ? ".SH ARGUMENTS\n" : ".SH OPTIONS\n") + list;
        }
    }
    return text;
}

}  // namespace

std::string manual_page(const CommandText& command, const std::string& version) {
    const std::string name = "ttmem-" + command.name;
    return title(name, version) + ".SH NAME\n" + roff(name) + " \\- " + roff(command.about) + "\n" + synopsis(command) +
           description(command.footer) + option_list(command) + ".SH SEE ALSO\n.BR ttmem (1)\n";
}

std::string manual_overview(const std::vector<CommandText>& commands, const std::vector<HelpGroup>& groups,
                            const std::string& version) {
    const auto own = std::find_if(commands.begin(), commands.end(), [](const auto& c) { return c.name.empty(); });
    std::string text = title("ttmem", version) + ".SH NAME\nttmem \\- " + roff(own->about) + "\n.SH SYNOPSIS\n" +
                       bold("ttmem") + " " + italic("command") + " [" + italic("options") + "]\n.br\n" + bold("ttmem") +
                       " " + italic("command") + " " + bold("--help") + "\n" + description(own->footer) +
                       ".SH COMMANDS\n";
    for (const HelpGroup& group : groups) {
        std::string list;
        for (const std::string& name : group.commands) {
            const auto is_it = [&name](const CommandText& command) { return command.name == name; };
            if (const auto found = std::find_if(commands.begin(), commands.end(), is_it); found != commands.end()) {
                list += ".TP\n.BR ttmem\\-" + roff(name) + " (1)\n" +
                        sentences(found->about + (found->about.ends_with('?') ? "" : "."));
            }
        }
        text += list.empty() ? "" : ".SS " + roff(group.title) + "\n" + list;
    }
    return text + option_list(*own);
}

}  // namespace ttmem
