// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The buffers that processes held when they ended, as far as their ledgers are still there.
#pragma once

#include "inventory/own_ledger.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

inline constexpr size_t kMostEndedBuffers = 100'000;  // that are listed, of all processes together

// The buffers of the processes of `live` that exited or died, as a model of their own: an index of a process or device of
// `live` means the same in it, and devices that `live` does not have come after. Notices name missing buffers. Reads each
// of their ledgers: takes milliseconds for each 100,000 buffers. `own`: as explain_latest().
api::Model ended_buffers(const api::Model& live, const OwnLedger* own = nullptr);

}  // namespace ttmem::inventory
