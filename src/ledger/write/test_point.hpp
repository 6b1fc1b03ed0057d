// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Places after a store that others can see. Tests stop or kill the writer exactly there; elsewhere they are nothing.
#pragma once

#if defined(TTMEM_TEST_POINTS)
namespace ttmem::ledger {
// Called at each test point when set. `name` is a literal.
extern void (*test_point_hook)(const char* name) noexcept;
}  // namespace ttmem::ledger
#define TTMEM_TEST_POINT(name)                      \
    do {                                            \
        if (::ttmem::ledger::test_point_hook) {     \
            ::ttmem::ledger::test_point_hook(name); \
        }                                           \
    } while (false)
#else
#define TTMEM_TEST_POINT(name) \
    do {                       \
    } while (false)
#endif
