// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which ttnn installations there are, and whether each can be tracked.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ttmem::doctor {

struct Ttnn {
    std::string library;   // path of its libtt_metal.so
    std::string release;   // "0.81.1"; empty unknown
    std::string found_by;  // "python3 on PATH", "VIRTUAL_ENV", ...
    bool trackable = false;
    bool programs = false;        // circular buffers and kernels too
    bool reports_itself = false;  // linked with the client: the hooks stay off
    bool has_switch = false;      // ttmem's Python package is installed beside it
    std::string family;           // "0.79 and later": which releases share what it exports
    std::string problem;          // why it cannot be tracked
    // Its release is later than all that ttmem was tried with: the objects that hooks read at offsets, which a running
    // process checks before it believes them, and those for which the library lacks a function.
    bool newer = false;
    std::vector<std::string> probed;
    std::vector<std::string> unreadable;
};

// The libtt_metal.so of a site-packages folder, a virtual environment, a tt-metal build, or the file itself.
std::vector<std::string> libraries_at(const std::string& place);

// Looks into one libtt_metal.so. Loads nothing.
Ttnn examine(const std::string& library, const std::string& found_by);

// Looks at the places given; with none at VIRTUAL_ENV, TT_METAL_HOME, TT_METAL_RUNTIME_ROOT, and where the pythons on
// PATH look for modules (each is asked and has `patience_ms` to answer). Each library once.
std::vector<Ttnn> find_ttnn(const std::vector<std::string>& places, int patience_ms = 5000);

}  // namespace ttmem::doctor
