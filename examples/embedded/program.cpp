// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Uses the stand-in library: three buffers, one of them freed, and a request that is refused. Holds the others until its
// input ends.
#include <cstdio>
#include <new>

#include "runtime.hpp"

int main() {
    stand_in::Device device;
    const stand_in::Buffer weights = device.allocate(1'000'000);
    const stand_in::Buffer scratch = device.allocate(5'000'000);
    device.free(scratch);
    const stand_in::Buffer cache = device.allocate(120'000);
    try {
        device.allocate(uint64_t{1} << 40);
    } catch (const std::bad_alloc&) {
        std::puts("refused");
    }
    std::puts("ready");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    device.free(cache);
    device.free(weights);
    return 0;
}
