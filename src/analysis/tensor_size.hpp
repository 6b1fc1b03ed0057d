// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How many bytes of each bank a ttnn tensor takes. Pure. The rules are those of ttnn's TensorLayout and PageConfig
// (0.66.0 to 0.81.1): a tensor is a plane of its last dimension and the product of all others, cut into pages; an
// interleaved tensor's pages go round all banks, a sharded tensor's go to one bank a shard. tests/python/hosts/fits.py
// holds them against the real allocator.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/l1.hpp"

namespace ttmem::analysis {

// The names that ttnn has for data types, as `ttnn.bfloat16`.
std::span<const std::string_view> data_types();

// Bytes of a tile of 32 x 32 in memory; 0: no such data type.
uint64_t tile_bytes(std::string_view data_type);

enum class Sharding : uint8_t { kHeight, kWidth, kBlock };
std::string_view to_string(Sharding sharding);

// A shard in elements, as ttnn's ShardSpec has it.
struct Shard {
    Sharding sharding = Sharding::kHeight;
    uint64_t height = 0;
    uint64_t width = 0;
};

struct TensorQuestion {
    std::vector<uint64_t> shape;  // logical, no dimension is 0
    std::string data_type;        // one of data_types()
    bool tiled = true;            // ttnn.TILE_LAYOUT with tiles of 32 x 32; else ttnn.ROW_MAJOR_LAYOUT
    api::MemoryKind kind = api::MemoryKind::kDram;
    std::optional<Shard> shard;  // absent: interleaved
};

struct TensorSize {
    std::vector<uint64_t> padded_shape;
    uint64_t page_bytes = 0;  // before the allocator rounds it up
    uint64_t pages = 0;       // of the whole tensor
    uint64_t shards = 0;      // 0: interleaved
    uint64_t pages_per_shard = 0;
};

// Why not: the data type has no such layout, a shard is not of whole tiles, more than 2^48 pages.
Result<TensorSize> size_of(const TensorQuestion& question);

// The bytes that the tensor takes of each bank, as the allocator counts. `banks` > 0.
uint64_t bytes_per_bank(const TensorSize& size, const api::Banks& banks);

// The shard that ttnn.create_sharded_memory_config() makes of this tensor for a grid of cores: the plane cut into equal
// parts, rounded up to tiles where it is tiled. `columns` and `rows` > 0.
Shard shard_over_grid(const TensorQuestion& question, Sharding sharding, uint32_t columns, uint32_t rows);

// "1x32x4096x4096 bfloat16 tile, height sharded 32x4096"
std::string to_text(const TensorQuestion& question);

}  // namespace ttmem::analysis
