// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "base/small_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/unique_fd.hpp"

namespace ttmem {
namespace {

Error error_of(int number) {
    return Error{std::strerror(number), number};
}

// 0 when the file is one that may be opened.
int objection(const struct stat& found) {
    return S_ISREG(found.st_mode) ? 0 : S_ISDIR(found.st_mode) ? EISDIR : EINVAL;
}

}  // namespace

Result<std::string> read_regular_file(const std::string& path, size_t most) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) {
        return error_of(errno);
    }
    if (const int no = objection(found)) {
        return error_of(no);
    }
    const UniqueFd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!fd.valid() || fstat(fd.get(), &found) != 0) {
        return error_of(errno);
    }
    if (const int no = objection(found)) {
        return error_of(no);
    }
    std::string text;
    char block[4096];
    for (;;) {
        const ssize_t got = read(fd.get(), block, sizeof block);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_of(errno);
        }
        if (got == 0) {
            return text;
        }
        text.append(block, static_cast<size_t>(got));
        if (text.size() > most) {
            return error_of(EFBIG);
        }
    }
}

}  // namespace ttmem
