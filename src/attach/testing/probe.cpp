// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A library that a test has loaded into another process.
#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace {
std::atomic<int> calls{0};
}

extern "C" __attribute__((visibility("default"))) int attach_probe(char* message, size_t size, uint64_t first,
                                                                   uint64_t second) {
    std::snprintf(message, size, "pid %d\nasked about %" PRIu64 " and %" PRIu64, static_cast<int>(getpid()), first,
                  second);
    return ++calls;
}

// Does not come back before the end of the standard input.
extern "C" __attribute__((visibility("default"))) int attach_probe_slow(char* message, size_t size) {
    pollfd input{0, 0, 0};
    while (poll(&input, 1, -1) < 1) {
    }
    std::snprintf(message, size, "slow");
    return 0;
}
