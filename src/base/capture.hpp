// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Runs a program and takes down what it prints. Outside the application's process only.
#pragma once

#include <string>
#include <vector>

namespace ttmem {

struct Captured {
    int exit_code = -1;  // -1: it could not be run, was late, or ended by a signal
    std::string out;     // of its stdout, at most 1 MiB
};

// stdin and stderr are /dev/null. When the time is over it is killed with all that it started.
Captured capture(const std::vector<std::string>& words, int patience_ms);

}  // namespace ttmem
