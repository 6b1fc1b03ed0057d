// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Where a program looks, as one text: two programs with the same text see the same ledgers, regions and cards under the
// same pids. A tool compares its own with a server's before it takes the server's word.
#pragma once

#include <string>

#include "inventory/inventory.hpp"

namespace ttmem::inventory {

// Folders are named by path and by device and inode, so that a container's /dev/shm is another one. Folders that a
// server reads in addition (Settings::more_directories) are left out: they only add to its figures.
std::string source_places(const Settings& settings);

}  // namespace ttmem::inventory
