// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Inputs and outputs of the whole target beside ledgers: upstream's counter files, the history's file, and the server's answers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace ttmem::fuzz {

// A folder of this process, which is removed at its end.
const std::string& scratch_folder();

// The bytes of a counter file of version 3 with a chip, a process that lives and one that does not.
std::string valid_region();

// Makes `region` the only counter file of a folder, and gives the folder.
std::string folder_with_region(const std::string& region);

// A field of the history's file, by number, and the value that its rows get there.
struct HistoryChange {
    uint32_t field = 0;
    int64_t value = 0;
};

// Records the model in a history, changes fields of its file, asks it, and records on.
void keep_in_history(const api::Model& model, const std::vector<HistoryChange>& changes);

// Every answer of the server about that model: over HTTP, as the text of a dump, and for the old socket.
void ask_server(const std::shared_ptr<const api::Model>& model);

}  // namespace ttmem::fuzz
