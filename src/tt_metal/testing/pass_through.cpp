// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls every stand-in of a hooks library in front of a recording libtt_metal.so (recorder.cpp) and compares what the
// original received and returned with the arguments and the result.
//
//   tt_alloc_pass_through HOOKS RECORDER    a line for each difference, then "N functions passed"
//   tt_alloc_pass_through --list            the rows as JSON, for tests/e2e/test_signatures.py
//
// Words that no argument has are poison: one that a stand-in hands on by luck is not what it was called with.
#include <dlfcn.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include "tt_metal/testing/recorder.hpp"
#include "tt_metal/testing/signature_of.hpp"

namespace ttmem::tt_metal::testing {
namespace {

constexpr size_t kRegisters = 6;
constexpr size_t kStackWords = 8;
constexpr uint64_t kPoison = 0x5a5a5a5a5a5a5a5a;

struct Words {
    std::array<uint64_t, kRegisters> registers;
    std::array<uint64_t, kStackWords> stack;
};
struct Result {
    uint64_t rax, rdx;
};

// Calls `function` with exactly these words.
__attribute__((noinline)) Result call_raw(void* function, const Words& words) {
    Result result{};
    const uint64_t* stack = words.stack.data();
    const uint64_t* registers = words.registers.data();
    __asm__ volatile(
        "movq %%rsp, %%rbx\n"
        "andq $-16, %%rsp\n"
        "pushq 56(%[stack])\npushq 48(%[stack])\npushq 40(%[stack])\npushq 32(%[stack])\n"
        "pushq 24(%[stack])\npushq 16(%[stack])\npushq 8(%[stack])\npushq 0(%[stack])\n"
        "movq %[function], %%r11\n"
        "movq %[registers], %%r10\n"
        "movq 0(%%r10), %%rdi\nmovq 8(%%r10), %%rsi\nmovq 16(%%r10), %%rdx\n"
        "movq 24(%%r10), %%rcx\nmovq 32(%%r10), %%r8\nmovq 40(%%r10), %%r9\n"
        "call *%%r11\n"
        "movq %%rbx, %%rsp\n"
        : "=&a"(result.rax), "=&d"(result.rdx)
        : [function] "r"(function), [stack] "r"(stack), [registers] "r"(registers)
        : "rbx", "rcx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
          "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    return result;
}

// Objects for pointers to lead to: their first word is the address of another, as that of a Program is.
struct Object {
    const void* first;
    uint64_t more[63];
};
std::array<Object, 16> g_objects;

// The object at the address of an argument that is passed by copy: a std::shared_ptr that owns nothing.
alignas(16) std::array<uint64_t, 2> g_no_owner;

// Where an argument's words lie, and how many bytes of each count.
struct Place {
    size_t argument;
    bool in_register;
    size_t index;
    size_t bytes;
};

struct Prepared {
    Words words;
    std::vector<Place> places;
};

Prepared prepare(const Row& row, void* hidden) {
    Prepared out;
    out.words.registers.fill(kPoison);
    out.words.stack.fill(kPoison);
    size_t used = 0;
    size_t on_stack = 0;
    if (row.result.how == "hidden") {
        out.words.registers[used++] = reinterpret_cast<uint64_t>(hidden);
    }
    for (size_t i = 0; i < row.arguments.size(); ++i) {
        const Passing& argument = row.arguments[i];
        const size_t words = (argument.bytes + 7) / 8;
        const bool in_register = used + words <= kRegisters;
        for (size_t word = 0; word < words; ++word) {
            const size_t bytes = std::min<size_t>(argument.bytes - 8 * word, 8);
            uint64_t value = 0x0101010101010101 * (0x10 * (word + 1) + i + 1);
            if (argument.how == "pointer") {
                value = reinterpret_cast<uint64_t>(&g_objects[i]);
            } else if (argument.how == "copy") {
                g_no_owner = {0xc0c1c2c3c4c5c6c8, 0};  // the last call may have moved from it
                value = reinterpret_cast<uint64_t>(g_no_owner.data());
            } else if (argument.how == "bool") {
                value = (value & ~uint64_t{0xff}) | 1;
            }
            (in_register ? out.words.registers[used] : out.words.stack[on_stack]) = value;
            out.places.push_back({i, in_register, in_register ? used++ : on_stack++, bytes});
        }
    }
    return out;
}

bool same(uint64_t one, uint64_t other, size_t bytes) {
    return std::memcmp(&one, &other, bytes) == 0;
}

// Calls the stand-in of a row and compares. The difference as text; "": all as expected.
std::string examine(const Row& row, int number, void* stand_in, ExpectCall* expect_call, CalledWith* called_with) {
    alignas(16) std::array<uint64_t, 8> result{};
    const Prepared given = prepare(row, result.data());
    const bool hidden = row.result.how == "hidden";
    expect_call(hidden ? row.result.bytes : 0);
    const Result returned = call_raw(stand_in, given.words);
    const Call& call = *called_with();
    if (call.row != number) {
        return call.row < 0 ? "calls nothing" : "calls " + std::string(all_rows()[static_cast<size_t>(call.row)].name);
    }
    for (const Place& place : given.places) {
        const uint64_t sent = place.in_register ? given.words.registers[place.index] : given.words.stack[place.index];
        const uint64_t got = place.in_register ? call.registers[place.index] : call.stack[place.index];
        // A stand-in may make a copy of its own, which is gone by now: its address alone can be asked for.
        const bool is_copy = row.arguments[place.argument].how == "copy";
        if (is_copy ? got == 0 || got == kPoison : !same(sent, got, place.bytes)) {
            char text[128];
            std::snprintf(text, sizeof text, "argument %zu is passed on as %#lx instead of %#lx", place.argument, got,
                          sent);
            return text;
        }
    }
    if (hidden) {
        if (returned.rax != reinterpret_cast<uint64_t>(result.data())) {
            return "does not give back the address of its result";
        }
        return std::memcmp(result.data(), kHiddenResult, row.result.bytes) == 0 ? "" : "gives back another result";
    }
    const size_t first = std::min<size_t>(row.result.bytes, 8);
    return same(returned.rax, kResult[0], first) && same(returned.rdx, kResult[1], row.result.bytes - first)
               ? ""
               : "gives back another result";
}

int pass_through(const char* hooks_path, const char* recorder_path) {
    void* hooks = dlopen(hooks_path, RTLD_NOW | RTLD_GLOBAL);
    void* recorder = hooks != nullptr ? dlopen(recorder_path, RTLD_NOW | RTLD_LOCAL) : nullptr;
    if (recorder == nullptr) {
        std::printf("%s\n", dlerror());
        return 2;
    }
    auto* expect_call = reinterpret_cast<ExpectCall*>(dlsym(recorder, "expect_call"));
    auto* called_with = reinterpret_cast<CalledWith*>(dlsym(recorder, "called_with"));
    for (size_t i = 0; i < g_objects.size(); ++i) {
        g_objects[i].first = &g_objects[(i + 1) % g_objects.size()];
    }
    int passed = 0;
    int wrong = 0;
    const std::vector<Row>& rows = all_rows();
    for (size_t i = 0; i < rows.size(); ++i) {
        if (dlsym(recorder, rows[i].name) == nullptr) {
            continue;  // not of this release
        }
        void* stand_in = dlsym(hooks, rows[i].name);
        const std::string problem = stand_in == nullptr
                                        ? "is not exported"
                                        : examine(rows[i], static_cast<int>(i), stand_in, expect_call, called_with);
        if (problem.empty()) {
            ++passed;
        } else {
            ++wrong;
            std::printf("%s (%s): %s\n", std::string(rows[i].stand_in).c_str(), rows[i].name, problem.c_str());
        }
    }
    std::printf("%d functions passed\n", passed);
    return wrong == 0 && passed > 0 ? 0 : 1;
}

std::string json(const Passing& passing) {
    return "{\"how\": \"" + std::string(passing.how) + "\", \"bytes\": " + std::to_string(passing.bytes) +
           ", \"type\": \"" + std::string(passing.type) + "\"}";
}

void list() {
    const char* between = "[";
    for (const Row& row : all_rows()) {
        std::string arguments;
        for (const Passing& argument : row.arguments) {
            arguments += (arguments.empty() ? "" : ", ") + json(argument);
        }
        std::printf(
            "%s{\"stand_in\": \"%s\", \"name\": \"%s\", \"kind\": \"%s\", \"since\": %d, \"until\": %d, \"result\": "
            "%s, \"arguments\": [%s]}",
            between, std::string(row.stand_in).c_str(), row.name, std::string(row.kind).c_str(), row.since, row.until,
            json(row.result).c_str(), arguments.c_str());
        between = ",\n";
    }
    std::printf("]\n");
}

}  // namespace
}  // namespace ttmem::tt_metal::testing

int main(int argc, char** argv) {
    if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
        ttmem::tt_metal::testing::list();
        return 0;
    }
    return argc == 3 ? ttmem::tt_metal::testing::pass_through(argv[1], argv[2]) : 2;
}
