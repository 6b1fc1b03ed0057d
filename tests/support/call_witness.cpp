// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Preloaded before the hooks library: looks at what tt-metal really calls each hooked function with, and goes on to the
// hooks. The first calls of each function are written to the file CALL_WITNESS names, one JSON object a line: the six
// argument registers and the first words of the stack; of each register whether it leads to memory that can be read,
// and what the first word there is by name (of an object with virtual functions: its class's vtable).
//
// The functions are assembler: they have no signature, so that nothing about one is taken for granted.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tt_metal/release/names.hpp"
#include "tt_metal/release/stand_ins.hpp"

#define TTMEM_TEXT_OF(number) #number
#define TTMEM_TEXT(number) TTMEM_TEXT_OF(number)
#define TTMEM_WITNESS_AS(name, number)                                              \
    __asm__(".pushsection .text\n.globl " name "\n.type " name ", @function\n" name \
            ":\npushq $" TTMEM_TEXT(number) "\njmp call_witness_enter\n.size " name ", . - " name "\n.popsection\n");
#define TTMEM_WITNESS(often, kind, since, until, stand_in, original, name, ...) TTMEM_WITNESS_AS(name, __COUNTER__)
TTMEM_HOOKED_FUNCTIONS(TTMEM_WITNESS)

// Keeps every register that an argument may be in, asks where to go on, and goes there as if it had never been.
__asm__(
    ".pushsection .text\n"
    ".type call_witness_enter, @function\n"
    "call_witness_enter:\n"
    "pushq %r9\npushq %r8\npushq %rcx\npushq %rdx\npushq %rsi\npushq %rdi\n"
    "movq %rsp, %rdi\n"
    "subq $128, %rsp\n"
    "movups %xmm0, 0(%rsp)\nmovups %xmm1, 16(%rsp)\nmovups %xmm2, 32(%rsp)\nmovups %xmm3, 48(%rsp)\n"
    "movups %xmm4, 64(%rsp)\nmovups %xmm5, 80(%rsp)\nmovups %xmm6, 96(%rsp)\nmovups %xmm7, 112(%rsp)\n"
    "call call_witness_look\n"
    "movq %rax, %r11\n"
    "movups 0(%rsp), %xmm0\nmovups 16(%rsp), %xmm1\nmovups 32(%rsp), %xmm2\nmovups 48(%rsp), %xmm3\n"
    "movups 64(%rsp), %xmm4\nmovups 80(%rsp), %xmm5\nmovups 96(%rsp), %xmm6\nmovups 112(%rsp), %xmm7\n"
    "addq $128, %rsp\n"
    "popq %rdi\npopq %rsi\npopq %rdx\npopq %rcx\npopq %r8\npopq %r9\n"
    "addq $8, %rsp\n"
    "jmp *%r11\n"
    ".popsection\n");

namespace {

constexpr uint32_t kCalls = 16;  // of each function

const char* const kNames[] = {
#define TTMEM_NAME(often, kind, since, until, stand_in, original, name, ...) name,
    TTMEM_HOOKED_FUNCTIONS(TTMEM_NAME)};

struct Function {
    std::atomic<void*> next{nullptr};
    std::atomic<uint32_t> calls{0};
};
Function g_functions[std::size(kNames)];

bool read_word(uint64_t address, uint64_t& word) {
    iovec here{&word, sizeof word};
    iovec there{reinterpret_cast<void*>(address), sizeof word};
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == sizeof word;
}

const char* name_of(uint64_t word) {
    Dl_info info{};
    const bool found = dladdr(reinterpret_cast<void*>(word), &info) != 0 && info.dli_sname != nullptr;
    return found ? info.dli_sname : "";
}

void write_down(const char* name, const uint64_t* words) {
    static const int file = [] {
        const char* path = std::getenv("CALL_WITNESS");
        return path != nullptr ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    }();
    char line[4096];
    int length = std::snprintf(line, sizeof line, "{\"name\": \"%s\", \"registers\": [", name);
    for (int i = 0; i < 6 && length < 3000; ++i) {
        uint64_t word = 0;
        const bool readable = read_word(words[i], word);
        length += std::snprintf(line + length, sizeof line - static_cast<size_t>(length),
                                "%s{\"value\": %lu, \"readable\": %s, \"first\": \"%.300s\"}", i > 0 ? ", " : "",
                                words[i], readable ? "true" : "false", readable ? name_of(word) : "");
    }
    length += std::snprintf(line + length, sizeof line - static_cast<size_t>(length),
                            "], \"stack\": [%lu, %lu, %lu, %lu]}\n", words[8], words[9], words[10], words[11]);
    static_cast<void>(!write(file, line, static_cast<size_t>(length)));
}

}  // namespace

// The registers, the function's number, the return address, the stack's words.
extern "C" __attribute__((used, visibility("hidden"))) void* call_witness_look(const uint64_t* words) {
    const int before = errno;
    Function& function = g_functions[words[6]];
    void* next = function.next.load(std::memory_order_relaxed);
    if (next == nullptr) {
        next = dlsym(RTLD_NEXT, kNames[words[6]]);
        if (next == nullptr) {
            std::abort();  // no hooks library comes after this one
        }
        function.next.store(next, std::memory_order_relaxed);
    }
    if (function.calls.fetch_add(1, std::memory_order_relaxed) < kCalls) {
        write_down(kNames[words[6]], words);
    }
    errno = before;
    return next;
}
