// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Interface between recorder.cpp, a libtt_metal.so, and pass_through.cpp, which calls stand-ins in front of it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ttmem::tt_metal::testing {

struct Call {
    int row = -1;                // the place in TTMEM_HOOKED_FUNCTIONS of the function that was called; -1: none was
    uint64_t registers[6] = {};  // rdi, rsi, rdx, rcx, r8, r9
    uint64_t stack[8] = {};
};

// The values that a function returns in rax and rdx; true as a bool, whose other bits are not zero.
inline constexpr uint64_t kResult[2] = {0xe1e2e3e4e5e6e701, 0xf1f2f3f4f5f6f7f8};
// The words that a function writes at the hidden address. The first two are a std::shared_ptr that owns nothing.
inline constexpr uint64_t kHiddenResult[3] = {0xa0a1a2a3a4a5a6a8, 0, 0xb0b1b2b3b4b5b6b8};

extern "C" {
// Before each call: how many bytes its result has that is returned by a hidden address; 0 for registers.
using ExpectCall = void(size_t hidden_bytes);
using CalledWith = const Call*();
}

}  // namespace ttmem::tt_metal::testing
