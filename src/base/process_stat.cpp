// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "base/process_stat.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ttmem {

unsigned read_small_file(const char* path, char* to, unsigned size) noexcept {
    const int saved = errno;
    unsigned length = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        while (length + 1 < size) {
            const ssize_t got = read(fd, to + length, size - 1 - length);
            if (got <= 0) {
                break;
            }
            length += static_cast<unsigned>(got);
        }
        close(fd);
    }
    to[length] = '\0';
    errno = saved;
    return length;
}

uint64_t process_start_ticks(int pid) noexcept {
    char path[64];
    if (pid == 0) {
        std::snprintf(path, sizeof path, "/proc/self/stat");
    } else {
        std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
    }
    char text[1024];
    if (read_small_file(path, text, sizeof text) == 0) {
        return 0;
    }
    const char* at = std::strrchr(text, ')');  // the name before it may hold anything
    for (int field = 2; at != nullptr && field < 22; ++field) {
        at = std::strchr(at + 1, ' ');
    }
    return at == nullptr ? 0 : std::strtoull(at + 1, nullptr, 10);
}

uint64_t own_pid_namespace() noexcept {
    const int saved = errno;
    struct stat found {};
    const uint64_t inode = stat("/proc/self/ns/pid", &found) == 0 ? found.st_ino : 0;
    errno = saved;
    return inode;
}

}  // namespace ttmem
