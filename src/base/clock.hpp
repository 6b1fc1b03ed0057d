// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The clock of the hot path: processor ticks where they are invariant, CLOCK_MONOTONIC in ns elsewhere.
#pragma once

#include <time.h>

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ttmem {

inline uint64_t clock_ns(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

// Whether RDTSC counts at one rate whatever the core's clock and sleep (CPUID 8000_0007h EDX bit 8). Thread safe.
inline bool tsc_is_invariant() {
#if defined(__x86_64__)
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1u << 8)) != 0;
#else
    return false;
#endif
}

// About 8 ns with the TSC, 20 ns without. `use_tsc` = tsc_is_invariant(), kept by the caller.
inline uint64_t clock_ticks(bool use_tsc) {
#if defined(__x86_64__)
    if (use_tsc) {
        return __builtin_ia32_rdtsc();  // what __rdtsc() is, without the thousands of lines of <x86intrin.h>
    }
#endif
    (void)use_tsc;
    return clock_ns(CLOCK_MONOTONIC);
}

}  // namespace ttmem
