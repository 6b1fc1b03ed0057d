// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A command that runs as a child of this program, which looks at it and its descendants until it ends. For programs with
// one thread: signals and the state here belong to the process.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace ttmem {

// The command waits until it is let go, so that what looks at it is ready before it runs.
struct HeldCommand {
    pid_t pid = 0;
    UniqueFd go;

    // False: it is gone.
    bool let_go();
};

// `become` runs in the child and returns only on failure, with an exit code. Signals that would end this program go to
// the child from now on; Ctrl-C reaches it by itself, for the terminal sends it to both. Orphans of the command become
// children of this process.
Result<HeldCommand> hold_command(const std::function<int()>& become);

// Reaps the children that have ended: the command, and its orphans. `look` is called before each, for /proc shows the
// parent of a process until it is reaped. The command's exit code once it has ended, 128 + N when by signal N.
std::optional<int> reap_children(pid_t command, const std::function<void()>& look);

// Signals stay with this program from now on, and a first one is still to come.
void command_has_ended();

// The signal that this program was to end by; 0: none.
int signal_taken();
// A handler for the signals that end this program, not SIG_IGN, which a command would inherit.
void take_signals();

}  // namespace ttmem
