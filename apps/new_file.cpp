// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "new_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.hpp"
#include "output/write_text.hpp"

namespace ttmem {

std::optional<std::string> write_new_file(const std::string& path, std::string_view bytes) {
    const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600));
    if (!fd.valid()) {
        return "cannot make " + path + ": " + std::strerror(errno);
    }
    // Some file systems say only then that there was no room.
    const auto is_kept = [&fd] { return fsync(fd.get()) == 0 || errno == EINVAL || errno == EROFS; };
    if (!monitor::write_text(fd.get(), bytes) || !is_kept()) {
        const int why = errno;
        unlink(path.c_str());
        return "cannot write " + path + ": " + std::strerror(why);
    }
    return std::nullopt;
}

}  // namespace ttmem
