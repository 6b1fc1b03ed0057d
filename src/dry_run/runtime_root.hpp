// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds tt-metal a kernel compiler without writing into the installed package: the RISC-V toolchain, or else a folder
// of symbolic links to the package, with the stand-in in the compiler's place.
#pragma once

#include <string>

#include "base/result.hpp"

namespace ttmem::dry_run {

struct Compiler {
    bool stand_in = true;
    std::string path;          // of the compiler that kernels are compiled with
    std::string version;       // first line that it answers to --version; empty of the stand-in
    std::string runtime_root;  // what TT_METAL_RUNTIME_ROOT has to name; empty: nothing has to be changed
};

// `package`: the folder that has tt_metal/ and runtime/ in it (site-packages/ttnn, or a tt-metal checkout).
// `cache`: a folder of this user's; what is made lies under it and is used again. `program`: what stands in for the
// compiler when it is called by its name. Several runs may do this at once.
Result<Compiler> prepare_compiler(const std::string& package, const std::string& cache, const std::string& program);

// $XDG_CACHE_HOME/ttmem/dry-run, or ~/.cache/ttmem/dry-run; made when it is not there, of mode 0700.
Result<std::string> cache_folder();

}  // namespace ttmem::dry_run
