// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/write_text.hpp"

#include <unistd.h>

#include <cerrno>

namespace ttmem::monitor {

bool write_text(int fd, const Lines& lines) {
    std::string all;
    for (const Line& line : lines) {
        std::string text = line.text();
        text.erase(text.find_last_not_of(' ') + 1);
        all += text + "\n";
    }
    return write_text(fd, all);
}

bool write_text(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t wrote = write(fd, text.data(), text.size());
        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(wrote > 0 ? static_cast<size_t>(wrote) : 0);
    }
    return true;
}

}  // namespace ttmem::monitor
