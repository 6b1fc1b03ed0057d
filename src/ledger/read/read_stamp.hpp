// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether a ledger has changed since the last look, for a fraction of the cost of reading it. Inside the reader
// only.
#pragma once

#include <cstdint>
#include <optional>

#include "ledger/read/section_map.hpp"

namespace ttmem::ledger {

// How much of the tables of programs and of their circular buffers is in use. Programs come and go with an event, so
// what one look found holds while `events`, made of the words that events change, stays the same.
struct StampReach {
    uint64_t events = 0;
    uint64_t programs = 0;
    uint64_t circular_buffers = 0;
    bool known = false;
};

// A number made of every word by which a writer makes something visible: the header's changing words, each shard's
// journal and ring position, and what changes without an event (launches, moved circular buffers, config rings,
// regions). Equal to that of an earlier moment: nothing was begun or ended between the two. Stops as a read would;
// nullopt when the directory has grown since `map` was read. `reach` is that of the call before and is brought up to
// date; it starts again with another map.
std::optional<uint64_t> read_stamp(const CopySource& source, const SectionMap& map, StampReach& reach);

}  // namespace ttmem::ledger
