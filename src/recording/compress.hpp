// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Packs bytes into a zstd frame with a checksum of its contents.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ttmem::recording {

// nullopt: no memory.
std::optional<std::string> compress(std::string_view raw);
// Overwrites `to`, whose memory is used again. False: damaged, or not of exactly `raw_bytes`.
bool decompress(std::string_view stored, uint64_t raw_bytes, std::string& to);

}  // namespace ttmem::recording
