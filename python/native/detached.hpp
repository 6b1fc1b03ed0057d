// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Starts a program that is no child of this process: it gets no signal when the program ends, has nothing to wait for, and
// its own calls of wait() see nothing of it.
#pragma once

#include <string>
#include <vector>

namespace ttmem::python {

// `words` and `environment` are the whole of each; `output` becomes the program's stdout and stderr, its stdin is empty,
// every other descriptor is closed. It runs in a session of its own, in the folder "/", with no signal blocked and none
// ignored. Gives its pid; throws std::system_error where it cannot be started. No handler of fork() runs, so this is safe in a
// process with many threads. Needs Linux 5.9 (close_range).
int start_detached(const std::string& program, const std::vector<std::string>& words,
                   const std::vector<std::string>& environment, int output);

// A descriptor of a process that start_detached() gave, which becomes readable when it ends; -1: it has ended. Throws
// std::system_error. (Some builds of Python have no os.pidfd_open.)
int process_descriptor(int pid);

// Sends SIGTERM. Nothing happens to a process that has ended.
void end_process(int descriptor);

}  // namespace ttmem::python
