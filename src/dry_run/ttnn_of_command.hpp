// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which ttnn a command will import, found out without running the command.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace ttmem::dry_run {

// The folder of the ttnn package (the one that has build/lib/libtt_metal.so and tt_metal/ in it). The command's Python
// is asked: the first word that is an interpreter, else the interpreter that a script's first line names, else python3
// on PATH. Importing ttnn is not needed for the answer and does not happen. Where the answer is plain from files
// (ttnn_of_environment), Python is not started: that takes longer than everything else before the command.
Result<std::string> ttnn_of_command(const std::vector<std::string>& command);

// The package in the virtual environment that `python` stands in, where nothing can come before it in Python's path: no
// PYTHONPATH or PYTHONHOME, and no ttnn in the working folder. Empty: Python has to be asked.
std::string ttnn_of_environment(const std::string& python);

// The interpreter that runs the command, as above; empty when there is none.
std::string interpreter_of(const std::vector<std::string>& command);

}  // namespace ttmem::dry_run
