// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/extend_exception.hpp"

#include <cstring>
#include <stdexcept>
#include <string>
#include <typeinfo>

namespace ttmem::tt_metal {

void extend_exception(std::exception& error, const client::RefusalFigures& figures) noexcept {
    if (typeid(error) != typeid(std::runtime_error) || !client::refusals_are_explained() ||
        std::strstr(error.what(), "\nttmem: ") != nullptr) {
        return;
    }
    char lines[client::kMostRefusalLineBytes];
    if (client::refusal_lines(figures, lines) == 0) {
        return;
    }
    try {
        std::string text = error.what();
        while (!text.empty() && text.back() == '\n') {
            text.pop_back();
        }
        // Assignment shares the text and cannot fail; the exception object that is being passed on stays where it is.
        static_cast<std::runtime_error&>(error) = std::runtime_error(text + lines);
    } catch (...) {
        return;  // no memory: the text stays as tt-metal wrote it
    }
}

}  // namespace ttmem::tt_metal
