// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The picture of a refusal or of a peak as one file that stays: `ttmem why --save` writes it and `ttmem why FILE` reads
// it. In it is a ledger with nothing but devices, allocators, failures and that picture, and its sidecar: both in the
// ledger's own format (docs/ledger-format.md), so that later versions read them as they read old ledgers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "inventory/picture_model.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// The file's bytes. `redact`: without command line, paths, scopes, labels and texts of exceptions; names of operations,
// functions and kernels stay. Error: there is no picture of the refusal, or it cannot be read.
Result<std::string> save_picture(const api::Model& live, size_t failure, bool redact, const OwnLedger* own = nullptr);

// The same of the process's highest peak in proportion to the memory, or of its peak of `kind`. A peak that is still held
// has no picture: then the file has all that the ledger has but its events.
Result<std::string> save_peak(const api::Model& live, size_t process, std::optional<api::MemoryKind> kind, bool redact,
                              const OwnLedger* own = nullptr);

// Explains a saved picture, whose bytes are taken as hostile. Error: it cannot be read or is no picture.
Result<Explanation> explain_saved(const std::string& path);

}  // namespace ttmem::inventory
