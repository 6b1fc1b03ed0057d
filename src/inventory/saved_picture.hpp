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
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "inventory/picture_model.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// The file's bytes. `redact`: without command line, paths, scopes, labels and texts of exceptions; names of operations,
// functions and kernels stay. Error: there is no picture of the refusal, or it cannot be read.
Result<std::string> save_picture(const api::Model& live, size_t failure, bool redact, const OwnLedger* own = nullptr);

// The same of the process's highest peak in proportion to the memory, or of its peak of `kind`. A peak that is still held
// has no picture: then the file has all that the ledger has but its events.
Result<std::string> save_peak(const api::Model& live, api::ProcessIndex process, std::optional<api::MemoryKind> kind,
                              bool redact, const OwnLedger* own = nullptr);

// A saved picture as it lies in its file, which stays open as long as this.
struct SavedPicture {
    std::shared_ptr<const UniqueFd> file;
    LedgerBytes bytes;
    uint64_t failure = 0;                 // number of the refusal; of a saved peak, 0
    std::optional<api::MemoryKind> peak;  // of a saved peak, whose; absent in a saved refusal
    uint64_t saved_ns = 0;
    api::ProcessState state = api::ProcessState::kExited;  // of its process as it was saved
};
// Error: it cannot be read or is none.
Result<SavedPicture> open_saved(const std::string& path);

// The bytes that begin such a file, and a ledger.
inline constexpr std::string_view kSavedMagic = "TTALLOCP";
inline constexpr std::string_view kLedgerMagic = "TTALLOCL";

// Explains a saved picture, whose bytes are taken as hostile. Error: it cannot be read or is no picture.
Result<Explanation> explain_saved(const std::string& path);

}  // namespace ttmem::inventory
