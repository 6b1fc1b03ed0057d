// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A libtt_metal.so whose hooked functions record what arrives: six registers and eight words of the stack. Compiled
// once for each release (RECORDER_RELEASE 65 to 81), with the functions that this release exports. It gives back known
// words, in the registers or where the hidden address leads; called_with() has the rest.
//
// Assembler, since a function in C++ would have a signature: what a register holds that no signature mentions is the
// question here.
#include "tt_metal/testing/recorder.hpp"

#include <algorithm>

#include "tt_metal/release/names.hpp"
#include "tt_metal/release/stand_ins.hpp"

#define TTMEM_TEXT_OF(number) #number
#define TTMEM_TEXT(number) TTMEM_TEXT_OF(number)
#define TTMEM_RECORD_WITH(since, until, name, number)                                                             \
    __asm__(".if " TTMEM_TEXT(RECORDER_RELEASE) " >= " #since "\n.if " TTMEM_TEXT(                                \
        RECORDER_RELEASE) " <= " #until "\n.pushsection .text\n.globl " name "\n.type " name ", @function\n" name \
                          ":\npushq $" TTMEM_TEXT(number) "\njmp ttmem_record\n.size " name ", . - " name         \
                                                          "\n.popsection\n.endif\n.endif\n");
#define TTMEM_RECORD(often, kind, since, until, stand_in, original, name, ...) \
    TTMEM_RECORD_WITH(since, until, name, __COUNTER__)
TTMEM_HOOKED_FUNCTIONS(TTMEM_RECORD)

// Pushes the registers below the row's number and calls record_call with their address; its two words become the
// result.
__asm__(
    ".pushsection .text\n"
    ".type ttmem_record, @function\n"
    "ttmem_record:\n"
    "pushq %r9\npushq %r8\npushq %rcx\npushq %rdx\npushq %rsi\npushq %rdi\n"
    "movq %rsp, %rdi\n"
    "call ttmem_record_call\n"
    "addq $56, %rsp\n"
    "ret\n"
    ".popsection\n");

namespace ttmem::tt_metal::testing {
namespace {

Call g_call;
size_t g_hidden_bytes = 0;

struct TwoWords {
    uint64_t first, second;
};

}  // namespace

// The registers, the row's number, the return address, the words of the stack. As many as an argument could take are
// copied, so the last of them are the caller's own: AddressSanitizer is not to look.
extern "C" __attribute__((used, visibility("hidden"), no_sanitize("address"))) TwoWords ttmem_record_call(
    const uint64_t* words) {
    g_call.row = static_cast<int>(words[6]);
    for (size_t i = 0; i < std::size(g_call.registers); ++i) {
        g_call.registers[i] = words[i];
    }
    for (size_t i = 0; i < std::size(g_call.stack); ++i) {
        g_call.stack[i] = words[8 + i];
    }
    if (g_hidden_bytes == 0) {
        return {kResult[0], kResult[1]};
    }
    auto* result = reinterpret_cast<uint64_t*>(words[0]);
    for (size_t i = 0; i < g_hidden_bytes / sizeof(uint64_t); ++i) {
        result[i] = kHiddenResult[i];
    }
    return {words[0], 0};
}

extern "C" __attribute__((visibility("default"))) void expect_call(size_t hidden_bytes) {
    g_call = {};
    g_hidden_bytes = hidden_bytes;
}

extern "C" __attribute__((visibility("default"))) const Call* called_with() {
    return &g_call;
}

}  // namespace ttmem::tt_metal::testing
