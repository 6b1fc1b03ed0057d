// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>

#include "monitor/terminal/render.hpp"

namespace ttmem::monitor {

bool write_text(int fd, const Lines& lines) {
    std::string all;
    for (const Line& line : lines) {
        std::string text = line.text();
        text.erase(text.find_last_not_of(' ') + 1);
        all += text + "\n";
    }
    size_t done = 0;
    while (done < all.size()) {
        const ssize_t wrote = write(fd, all.data() + done, all.size() - done);
        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        done += wrote > 0 ? static_cast<size_t>(wrote) : 0;
    }
    return true;
}

}  // namespace ttmem::monitor
