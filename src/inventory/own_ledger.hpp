// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "ledger/read/reader.hpp"

namespace ttmem::inventory {

// The ledger that this very process writes. It must not be opened a second time (closing any descriptor of it would
// drop the lock by which readers know that we live), so the holder of its writer says how to copy from it.
struct OwnLedger {
    std::string path;
    ledger::ByteSource source;
};

}  // namespace ttmem::inventory
