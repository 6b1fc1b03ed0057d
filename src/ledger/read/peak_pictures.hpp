// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The pictures of peaks that a ledger has. As with reader.hpp, the file is taken as hostile.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "ledger/read/reader.hpp"

namespace ttmem::ledger {

// A picture of a peak: the newest whole one of an (allocator, account).
struct PeakPicture {
    uint64_t number = 0;  // for Reader::read_picture()
    uint64_t time_ns = 0;
    uint32_t allocator = 0;  // index into Snapshot::allocators
    uint32_t account = 0;
    uint64_t bytes = 0;  // held in the account then; its peak is at most a hundredth or 1 MiB higher, mostly the same
};

// In no order. One may be overwritten before it is read.
std::variant<std::vector<PeakPicture>, ReadError> read_peaks(const ByteSource& source);

}  // namespace ttmem::ledger
