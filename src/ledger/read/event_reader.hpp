// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The event rings and the sidecar. Inside the reader only.
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/read/copy_source.hpp"
#include "ledger/read/reader.hpp"

namespace ttmem::ledger {

// Reader::read_events. The cursor moves only if the read succeeds.
EventBatch read_event_batch(const CopySource& source, EventCursor& cursor, const std::vector<uint64_t>* until);

// read_sidecar. A record that the file has only a part of ends the list without an error.
Sidecar read_sidecar_texts(const CopySource& source, uint64_t nonce);

}  // namespace ttmem::ledger
