// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls a function of a library in another process, on a thread of its own there.
//
// A thread of the process is borrowed for the microseconds that starting a thread takes, and only at a place where it
// holds no lock of malloc or the loader. Everything that may wait (dlopen, the call) happens on the new thread, which
// waits for such locks as any thread does. The one change that commits is a single PTRACE_SETREGS: killed before it,
// we have changed nothing that runs; killed after it, the process finishes by itself. docs/decisions/0006 has the
// reasons.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace ttmem::attach {

struct RemoteCall {
    std::string library;  // its path as the process sees it; loaded there if it is not
    std::string symbol;   // int symbol(char* message, size_t size[, uint64_t, uint64_t]), below 40 characters
    std::array<uint64_t, 2> arguments{};
    int patience_ms = 60'000;  // for the call to return
};

struct RemoteAnswer {
    int result = 0;       // the function's
    std::string message;  // the function's, at most 1023 bytes; may have several lines
};

// The error names the obstacle, in words for the user: nothing was called then, or (when it says so) the call goes
// on in the process without us.
Result<RemoteAnswer> call_in_process(pid_t pid, const RemoteCall& call);

}  // namespace ttmem::attach
