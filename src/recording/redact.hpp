// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Removes from a recording what should not be passed on. Names of scopes, functions, operations and files stay: without
// them it would be useless. Pure.
#pragma once

#include <string>

#include "ledger/read/reader.hpp"

namespace ttmem::recording {

// "/srv/me/model.py" is "model.py"; a text without a slash stays.
std::string without_folders(const std::string& path);

// No command line, no labels, no texts of exceptions, and no folders in any text. Entries stay at their places, so that what
// was packed before is distinguished from new entries.
void redact(ledger::Sidecar& sidecar);

}  // namespace ttmem::recording
