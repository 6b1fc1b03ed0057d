// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording of one moment, made in memory: of a refusal or a peak that `ttmem why --save` kept, or of a ledger. So all
// that shows moments of recordings shows these.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "recording/reader.hpp"

namespace ttmem::replay {

// nullopt: the file is neither. Error: it is, and cannot be read. Its bytes are taken as hostile.
std::optional<Result<recording::Reader>> recording_of_saved(const std::string& path);

// Of a recording, or of one moment.
Result<recording::Reader> open_recording(const std::string& path);

}  // namespace ttmem::replay
