// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A model of the moment of a refusal or a peak, from the picture that the process froze into its ledger; and the
// explanation of it, from that model or the present one, whichever knows more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/why.hpp"
#include "inventory/own_ledger.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// A ledger and its sidecar, wherever their bytes are. Without a sidecar (`texts` null) names stay unknown.
struct LedgerBytes {
    ledger::ByteSource ledger;
    ledger::ByteSource texts;
};

// Model::time_ns is when the picture was taken. Its devices stand where `live` has them, so that an index means the
// same in both; its one process is `process` of `live`.
struct PictureModel {
    api::Model model;
    size_t failure = 0;  // index into its failures
    bool one_moment = true;
    uint64_t buffers = 0;  // that lived
};

// The picture of refusal `number` of the process at `process` of `live`. nullopt: it has none (any more), or its ledger
// is gone, refused or damaged.
std::optional<PictureModel> picture_of(const LedgerBytes& bytes, uint64_t number, const api::Model& live,
                                       api::ProcessIndex process);

// From a file on this machine. `own`: how this very process copies from its ledger, which it must not open.
std::optional<PictureModel> picture_of(const api::Model& live, size_t failure, const OwnLedger* own);

struct Explanation {
    std::shared_ptr<const api::Model> model;  // what `why` has its indexes in
    analysis::Why why;
};

// Of a refusal, an index into live's failures. From the picture where the process has ended, has closed the device or
// holds other bytes now than at the refusal.
Explanation explain_refusal(std::shared_ptr<const api::Model> live, size_t failure, const OwnLedger* own = nullptr);

// The holdings of a process at its highest peak in proportion to the memory, or at its peak of `kind`; also when it has
// ended.
// nullopt: nothing of it is known, or its ledger is gone, refused or damaged.
std::optional<Explanation> explain_peak(const api::Model& live, api::ProcessIndex process,
                                        std::optional<api::MemoryKind> kind = std::nullopt,
                                        const OwnLedger* own = nullptr);

// A peak of which explain_peak() gives the holders.
struct PeakOfProcess {
    api::ProcessIndex process;  // of `live`
    api::MemoryKind kind = api::MemoryKind::kDram;
};
// The peaks of the process that began last first, and of a process the highest in proportion to the memory first; the
// first kMostListedPeaks. Opens ledgers. `is_wanted`: of these processes alone.
inline constexpr size_t kMostListedPeaks = 64;
std::vector<PeakOfProcess> list_peaks(const api::Model& live,
                                      const std::function<bool(api::ProcessIndex process)>& is_wanted);

// The kind of that name; nullopt: none, or empty.
std::optional<api::MemoryKind> memory_kind_named(std::string_view name);

// The same of the process that began last among those of which anything is known. Opens their ledgers. `is_wanted`: of
// these processes alone.
struct LatestPeak {
    Explanation explanation;
    api::ProcessIndex process;  // of `live`
};
std::optional<LatestPeak> explain_latest_peak(
    const api::Model& live, std::optional<api::MemoryKind> kind = std::nullopt,
    const std::function<bool(api::ProcessIndex process)>& is_wanted = nullptr);

// The latest refusal (of `process`); else of a process that has ended its peak; else what is fullest now.
Explanation explain_latest(std::shared_ptr<const api::Model> live, std::optional<api::ProcessIndex> process,
                           const OwnLedger* own = nullptr);

}  // namespace ttmem::inventory
