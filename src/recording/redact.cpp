// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recording/redact.hpp"

#include <algorithm>
#include <cctype>

namespace ttmem::recording {

namespace {

bool is_space(char letter) {
    return std::isspace(static_cast<unsigned char>(letter)) != 0;
}

// Of each word of a text: a stack of a ledger of format 1.0 is "file:line function" in one text.
std::string without_folders_in_words(const std::string& text) {
    std::string clean;
    size_t at = 0;
    while (at < text.size()) {
        const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at);
        const bool space = is_space(text[at]);
        const auto end = std::find_if(begin, text.end(), [space](char letter) { return is_space(letter) != space; });
        const std::string word(begin, end);
        const size_t path = std::min(word.find_first_not_of("(<\"'"), word.size());
        clean += space ? word : word.substr(0, path) + without_folders(word.substr(path));
        at += word.size();
    }
    return clean;
}

}  // namespace

std::string without_folders(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

void redact(ledger::Sidecar& sidecar) {
    sidecar.command_line.clear();
    sidecar.labels.clear();
    sidecar.exceptions.clear();
    // "decoder/ttnn.matmul (models/attention.py:42)": slashes before the parenthesis part scopes, not folders.
    for (auto& [id, text] : sidecar.operations) {
        const size_t lines = text.rfind(" (");
        text = lines == std::string::npos ? text : text.substr(0, lines) + without_folders_in_words(text.substr(lines));
    }
    // A path may hold spaces, so a text that begins with a slash is one path.
    for (auto* texts : {&sidecar.texts, &sidecar.stacks, &sidecar.kernel_names}) {
        for (auto& [id, text] : *texts) {
            text = text.starts_with('/') && texts != &sidecar.stacks ? without_folders(text)
                                                                     : without_folders_in_words(text);
        }
    }
}

}  // namespace ttmem::recording
