// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "command_texts.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>
#include <string_view>
#include <utility>

namespace ttmem {
namespace {

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

ValueKind kind_of(std::string_view value) {
    constexpr std::array<std::string_view, 6> kFiles{"FILE", "PATH", "OUT", "BEFORE", "AFTER", "RECORDING"};
    constexpr std::array<std::string_view, 2> kFolders{"DIR", "FOLDER"};
    return value == "PID"               ? ValueKind::kProcess
           : value == "PID|FILE"        ? ValueKind::kProcessOrFile
           : is_one_of(kFiles, value)   ? ValueKind::kFile
           : is_one_of(kFolders, value) ? ValueKind::kFolder
                                        : ValueKind::kText;
}

// "{a,b}" as words; empty when it is no set.
std::vector<std::string> words_of_set(const std::string& text) {
    std::vector<std::string> words;
    if (text.size() > 2 && text.front() == '{' && text.back() == '}') {
        std::istringstream inner(text.substr(1, text.size() - 2));
        for (std::string word; std::getline(inner, word, ',');) {
            words.push_back(word);
        }
    }
    return words;
}

// CLI11 gives the placeholder followed by the descriptions of its validators: these are taken off again.
void read_value(CLI::Option& option, OptionText& text) {
    text.value = option.get_type_name();
    try {
        for (int i = 0;; ++i) {
            const std::string about = option.get_validator(i)->get_description();
            if (about.empty()) {
                continue;
            }
            const std::string tail = ":" + about;
            if (const size_t at = text.value.find(tail); at != std::string::npos) {
                text.value.erase(at, tail.size());
            }
            if (text.choices.empty()) {
                text.choices = words_of_set(about);
            }
        }
    } catch (const CLI::OptionNotFound&) {
        // There are no more validators.
    }
    text.kind = text.choices.empty() ? kind_of(text.value) : ValueKind::kChoices;
}

OptionText option_text(CLI::Option& option) {
    OptionText text;
    for (const std::string& name : option.get_snames()) {
        text.names.push_back("-" + name);
    }
    for (const std::string& name : option.get_lnames()) {
        text.names.push_back("--" + name);
    }
    text.about = one_line(option.get_description());
    text.required = option.get_required();
    if (option.get_items_expected_max() > 0) {
        read_value(option, text);
        text.value_optional = option.get_expected_min() == 0;
        text.repeats = option.get_items_expected_max() > 1;
    }
    if (text.names.empty()) {
        text.positional = true;
        text.names = {text.value};
    }
    return text;
}

}  // namespace

std::string one_line(const std::string& text) {
    std::istringstream words(text);
    std::string line;
    for (std::string word; words >> word;) {
        line += (line.empty() ? "" : " ") + word;
    }
    return line;
}

std::string words_of(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) {
        all += (all.empty() ? "" : " ") + word;
    }
    return all;
}

std::string brief(const std::string& about) {
    constexpr size_t kShortest = 8;
    constexpr size_t kLongest = 76;
    size_t end = std::min({about.find(" ("), about.find("; "), about.find(": ")});
    end = end < kShortest ? about.size() : std::min(end, about.size());
    if (end > kLongest) {
        end = about.rfind(' ', kLongest);
    }
    return about.substr(0, end);
}

CommandText command_text(CLI::App& app, const std::string& name) {
    CommandText text;
    text.name = name;
    text.about = one_line(app.get_description());
    if (!text.about.empty() && text.about.back() == '.') {
        text.about.pop_back();
    }
    text.footer = app.get_footer();
    const size_t blank = text.footer.find("\n\n");
    if (text.footer.starts_with("ttmem ") && blank != std::string::npos) {
        text.synopsis = one_line(text.footer.substr(0, blank));
        text.footer.erase(0, blank + 2);
        text.runs_command = text.synopsis.ends_with("COMMAND [ARGUMENT...]");
    }
    for (CLI::Option* option : app.get_options(std::function<bool(CLI::Option*)>())) {
        text.options.push_back(option_text(*option));
    }
    return text;
}

}  // namespace ttmem
