// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The code that runs in the other process (x86-64), and the memory that it shares with us.
//
//   entry    on a borrowed thread, which goes on as if nothing had been: every register, the flags, the vector
//            registers, errno and the signal mask are as before. Maps the region, starts a thread of its own that runs
//            `helper`.
//   helper   on that new thread: dlopen, dlsym, the call; waits until we have read the answer, unmaps the region, ends.
//
// The code stands in the unused rest of a library's last code page and is never written by the process itself; the
// region is where it writes. Both ways end without us: the attaching process may be killed before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ttmem::attach {

// In front of the code. All addresses are the other process's.
struct PayloadInput {
    uint64_t magic = 0;     // kPayloadMagic: what an attacher left that was killed is known by it
    uint64_t borrowed = 0;  // kernel id of the borrowed thread
    uint64_t go_on_at = 0;  // where the borrowed thread was
    uint64_t region = 0;
    uint64_t errno_location = 0;
    uint64_t pthread_create = 0;
    uint64_t pthread_self = 0;
    uint64_t pthread_detach = 0;
    uint64_t dlopen = 0;
    uint64_t dlsym = 0;
    uint64_t dlerror = 0;
    uint64_t munmap = 0;
    uint64_t attacher = 0;       // our process, as the other one sees it; 0 when it does not
    uint64_t saved_state = 0;    // mask of XSAVE: the vector state that C code may use
    uint64_t arguments[2] = {};  // the function's third and fourth
    char symbol[40] = {};
};
static_assert(sizeof(PayloadInput) == 168);
inline constexpr uint64_t kPayloadMagic = 0x4843'4154'5441'4d54;  // "TMATTACH"

inline constexpr uint64_t kRegionBytes = 64 * 1024;
inline constexpr size_t kMessageBytes = 1024;

enum HelperState : uint32_t {
    kHelperNone = 0,
    kHelperRunning = 1,
    kHelperNoLibrary = 2,  // the message is dlerror's
    kHelperNoSymbol = 3,   // likewise
    kHelperCalled = 4      // the message is the function's
};

// At the start of the region, zero at first.
struct PayloadOutput {
    uint32_t entry_done;
    int32_t create_result;  // of pthread_create
    uint32_t helper_state;
    int32_t result;     // the function's
    uint32_t answered;  // we have read all: the helper may go
    int32_t helper_id;  // kernel thread id
    uint64_t thread;
    uint64_t old_mask;
    uint64_t all_signals;
    uint64_t pause[2];
    uint64_t magic;  // of the input: the region is ours, not something that the process mapped there first
    uint8_t reserved[1024 - 72];
    char message[kMessageBytes];
};
static_assert(sizeof(PayloadOutput) == 2048 && offsetof(PayloadOutput, message) == 1024);
static_assert(offsetof(PayloadOutput, thread) == 24 && offsetof(PayloadOutput, pause) == 48);
static_assert(offsetof(PayloadOutput, magic) == 64);

// Input, code and `path` (of the library), ready to be put into the other process. Empty on machines without it.
std::vector<unsigned char> make_payload(const PayloadInput& input, const char* path);

// Where in it the borrowed thread begins.
size_t payload_entry();

}  // namespace ttmem::attach
