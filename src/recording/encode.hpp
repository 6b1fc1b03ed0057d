// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Payloads of chunks: records as bytes and back. Pure. A decoder answers nothing for bytes that no encoder made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recording/packing.hpp"
#include "recording/records.hpp"

namespace ttmem::recording {

// The first part of a chunk of events; EventColumns is the second one.
void pack_checkpoint(Packer& to, uint64_t missed, const std::vector<uint64_t>& positions,
                     const std::vector<Held>& checkpoint);
// Overwrites `to`, whose memory is used again. False: no encoder made these bytes, and what is in `to` means nothing.
bool unpack_events(std::string_view bytes, EventChunk& to);

std::string pack(const ProcessFacts& facts);
std::optional<ProcessFacts> unpack_process(std::string_view bytes);

std::string pack(const ProcessEnd& end);
std::optional<ProcessEnd> unpack_end(std::string_view bytes);

// How many texts of a sidecar have been packed, list by list; pack_more() packs the rest and advances it.
struct TextsDone {
    size_t counts[12] = {};
};
bool has_more(const ledger::Sidecar& sidecar, const TextsDone& done);
std::string pack_more(const ledger::Sidecar& sidecar, TextsDone& done);
// Adds to `to`.
bool unpack_texts(std::string_view bytes, ledger::Sidecar& to);

}  // namespace ttmem::recording
