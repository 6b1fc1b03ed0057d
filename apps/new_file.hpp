// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ttmem {

// Makes a file of mode 0600 at a path where there is none, neither file nor link, and writes all of it. nullopt: done.
// Else why not, for a person; a file that could not be written whole is removed again.
std::optional<std::string> write_new_file(const std::string& path, std::string_view bytes);

}  // namespace ttmem
