// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The exports and the needs of a shared object, read from its file. Nothing of it is loaded or run.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/result.hpp"

namespace ttmem::doctor {

class ElfFile {
public:
    // A 64-bit little-endian shared object for this kind of machine. The file is not trusted: every offset is checked.
    static Result<ElfFile> read(const std::string& path);

    bool exports(std::string_view symbol) const { return symbols_.contains(symbol); }
    // Names of the libraries that it was linked with.
    const std::vector<std::string>& needed() const { return needed_; }

private:
    std::string strings_;  // symbols_ looks into it
    std::unordered_set<std::string_view> symbols_;
    std::vector<std::string> needed_;
};

}  // namespace ttmem::doctor
