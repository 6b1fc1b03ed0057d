// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recording/redact.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/ttnn_files.hpp"

namespace ttmem::recording {

namespace {

bool is_space(char letter) {
    return std::isspace(static_cast<unsigned char>(letter)) != 0;
}

// A file of a stack. ttnn's own lines are known by their folder (base/ttnn_files.hpp): the caller of an operation is the
// first line outside of it.
std::string file_without_folders(const std::string& path) {
    return std::string(is_ttnn_file(path) ? kTtnnFolder : "") + without_folders(path);
}

// Of each word of a text: a stack of a ledger of format 1.0 is "file:line function" in one text.
std::string without_folders_in_words(const std::string& text) {
    std::string clean;
    size_t at = 0;
    while (at < text.size()) {
        const auto begin = text.begin() + static_cast<ptrdiff_t>(at);
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
        // The first one: a folder's name may have one too, and rather a scope's name is shortened than a folder left in.
        const size_t lines = text.find(" (");
        if (lines == std::string::npos) {
            continue;
        }
        std::string clean = text.substr(0, lines + 2);
        for (size_t begin = lines + 2; begin < text.size();) {
            const size_t end = std::min(text.find(" < ", begin), text.size());
            clean += without_folders(text.substr(begin, end - begin)) + (end < text.size() ? " < " : "");
            begin = end + 3;
        }
        text = std::move(clean);
    }
    // A path may hold spaces, so a text that begins with a slash is one path.
    for (auto* texts : {&sidecar.texts, &sidecar.stacks, &sidecar.kernel_names}) {
        for (auto& [id, text] : *texts) {
            text = text.starts_with('/') && texts != &sidecar.stacks ? file_without_folders(text)
                                                                     : without_folders_in_words(text);
        }
    }
}

}  // namespace ttmem::recording
