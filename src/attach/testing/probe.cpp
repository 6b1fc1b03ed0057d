// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A library that a test has loaded into another process.
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>

namespace {
std::atomic<int> calls{0};
}

extern "C" __attribute__((visibility("default"))) int attach_probe(char* message, size_t size) {
    std::snprintf(message, size, "pid %d", static_cast<int>(getpid()));
    return ++calls;
}

// Says that it was reached, and comes back after a while.
extern "C" __attribute__((visibility("default"))) int attach_probe_slow(char* message, size_t size) {
    usleep(300'000);
    std::snprintf(message, size, "slow");
    return 0;
}
