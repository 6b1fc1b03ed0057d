// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Checks of a fuzz target: a failure prints its line, then aborts, which the fuzzer takes for a finding.
#pragma once

#include <cstdio>
#include <cstdlib>

inline void check(bool holds, unsigned line = __builtin_LINE()) {
    if (!holds) {
        std::fprintf(stderr, "line %u does not hold\n", line);
        std::abort();
    }
}
