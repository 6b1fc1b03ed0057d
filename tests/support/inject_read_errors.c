/* SPDX-FileCopyrightText: © 2026 The ttmem authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded by tests: makes files of a fake driver tree answer as plain files cannot. TTMEM_INJECT is a list, separated
 * by semicolons, of PART=ANSWER: files whose path contains PART answer with that errno (a number), or never ("block").
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kDescriptors = 4096, kBlocks = -1 };
static int answers[kDescriptors]; /* by descriptor: 0 as it is, an errno, or kBlocks */

static int answer_of(const char* path) {
    const char* rules = getenv("TTMEM_INJECT");
    while (rules != NULL && *rules != '\0') {
        const char* end = strchrnul(rules, ';');
        const char* equals = memchr(rules, '=', (size_t)(end - rules));
        if (equals != NULL) {
            char part[256] = {0};
            memcpy(part, rules, (size_t)(equals - rules) < sizeof part ? (size_t)(equals - rules) : sizeof part - 1);
            if (strstr(path, part) != NULL) {
                return strncmp(equals + 1, "block", 5) == 0 ? kBlocks : atoi(equals + 1);
            }
        }
        rules = *end == '\0' ? end : end + 1;
    }
    return 0;
}

int open(const char* path, int flags, ...) {
    static int (*real)(const char*, int, ...);
    if (real == NULL) {
        real = (int (*)(const char*, int, ...))dlsym(RTLD_NEXT, "open");
    }
    va_list more;
    va_start(more, flags);
    const int mode = (flags & O_CREAT) != 0 ? va_arg(more, int) : 0;
    va_end(more);
    const int fd = real(path, flags, mode);
    if (fd >= 0 && fd < kDescriptors) {
        answers[fd] = answer_of(path);
    }
    return fd;
}

int open64(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const int mode = (flags & O_CREAT) != 0 ? va_arg(more, int) : 0;
    va_end(more);
    return open(path, flags, mode);
}

static int refused(int fd) {
    if (fd < 0 || fd >= kDescriptors || answers[fd] == 0) {
        return 0;
    }
    while (answers[fd] == kBlocks) {
        pause();
    }
    errno = answers[fd];
    return 1;
}

ssize_t pread(int fd, void* to, size_t count, off_t offset) {
    static ssize_t (*real)(int, void*, size_t, off_t);
    if (real == NULL) {
        real = (ssize_t(*)(int, void*, size_t, off_t))dlsym(RTLD_NEXT, "pread");
    }
    return refused(fd) ? -1 : real(fd, to, count, offset);
}

ssize_t pread64(int fd, void* to, size_t count, off_t offset) {
    return pread(fd, to, count, offset);
}
