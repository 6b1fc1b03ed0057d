// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
// Keeps programs that carry a static libstdc++ within glibc 2.34.
//
// libstdc++'s streams pull in its random_device, and that one calls arc4random (glibc 2.36) where the compiler was
// built on a newer system. Our own definition satisfies the reference, so the programs do not ask the C library for it.
#include <sys/random.h>

#include <cerrno>
#include <cstdint>

extern "C" __attribute__((visibility("hidden"))) std::uint32_t arc4random() noexcept;

extern "C" std::uint32_t arc4random() noexcept {
    std::uint32_t value = 0;
    while (getrandom(&value, sizeof value, 0) < 0 && errno == EINTR) {
    }
    return value;
}
