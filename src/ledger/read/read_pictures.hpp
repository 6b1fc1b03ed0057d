// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A picture that the writer froze: copied whole or not at all, then decoded. Inside the reader only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/read/peak_pictures.hpp"
#include "ledger/read/read_devices.hpp"
#include "ledger/read/section_map.hpp"
#include "ledger/read/snapshot.hpp"
#include "ledger/read/tick_clock.hpp"

namespace ttmem::ledger {

struct PictureCopy {
    std::vector<std::byte> record;  // PictureRecord
    std::vector<std::byte> bytes;
};

// nullopt: there is no whole picture of this number (any more). Stops as corrupt when its bytes are not those of the
// table.
std::optional<PictureCopy> copy_picture(const CopySource& source, const SectionMap& map, uint64_t number);

// The newest whole picture of a peak of each (allocator, account), of allocators below `allocators`.
std::vector<PeakPicture> list_peaks(const CopySource& source, const SectionMap& map, const TickClock& clock,
                                    uint64_t allocators);

// Fills in the contents of a picture: buffers with their places, programs, rings, regions, totals of the allocators
// that the snapshot has already, and which of these were open. Stops as corrupt when something makes no sense.
void decode_picture(const PictureCopy& copy, InternedSets& sets, const TickClock& clock, Snapshot& snapshot);

}  // namespace ttmem::ledger
