// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/tensor_size.hpp"

#include <algorithm>
#include <array>

#include "analysis/rounding.hpp"
#include "base/saturate.hpp"

namespace ttmem::analysis {

namespace {

constexpr uint64_t kTile = 32;
constexpr uint64_t kMostPages = uint64_t{1} << 48;

struct DataType {
    std::string_view name;
    uint64_t tile_bytes = 0;
    uint64_t element_bytes = 0;  // of a row; 0: it has no rows
};

// clang-format off
constexpr std::array<DataType, 8> kTypes{{
    {"bfloat16",  2048, 2},
    {"float32",   4096, 4},
    {"bfloat8_b", 1088, 0},
    {"bfloat4_b",  576, 0},
    {"uint8",     1024, 1},
    {"uint16",    2048, 2},
    {"uint32",    4096, 4},
    {"int32",     4096, 4},
}};
// clang-format on

constexpr auto kNames = [] {
    std::array<std::string_view, kTypes.size()> names;
    for (size_t i = 0; i < names.size(); ++i) {
        names[i] = kTypes[i].name;
    }
    return names;
}();

const DataType* find_type(std::string_view name) {
    const auto* found =
        std::find_if(kTypes.begin(), kTypes.end(), [&](const DataType& type) { return type.name == name; });
    return found == kTypes.end() ? nullptr : found;
}

uint64_t parts(uint64_t whole, uint64_t part) {
    return whole / part + (whole % part != 0 ? 1 : 0);
}

// The plane that is cut into pages: the last dimension, and all others together.
struct Plane {
    uint64_t height = 1;
    uint64_t width = 1;
};

// The padding of a dimension comes before the product with those above it, as ttnn has it.
Plane plane_of(const std::vector<uint64_t>& shape, uint64_t height_multiple, uint64_t width_multiple) {
    Plane plane;
    if (!shape.empty()) {
        plane.width = shape.back();
    }
    plane.width = rounded_up(plane.width, width_multiple);
    if (shape.size() >= 2) {
        plane.height = shape[shape.size() - 2];
    }
    plane.height = rounded_up(plane.height, height_multiple);
    for (size_t i = 2; i < shape.size(); ++i) {
        plane.height = saturating_product(plane.height, shape[shape.size() - 1 - i]);
    }
    return plane;
}

}  // namespace

uint64_t tile_bytes(std::string_view data_type) {
    const DataType* type = find_type(data_type);
    return type == nullptr ? 0 : type->tile_bytes;
}

std::span<const std::string_view> data_types() {
    return kNames;
}

std::string_view to_string(Sharding sharding) {
    switch (sharding) {
        case Sharding::kHeight:
            return "height";
        case Sharding::kWidth:
            return "width";
        case Sharding::kBlock:
            return "block";
    }
    return "";
}

Result<TensorSize> size_of(const TensorQuestion& question) {
    const DataType* type = find_type(question.data_type);
    if (type == nullptr) {
        std::string names;
        for (const std::string_view name : kNames) {
            names += (names.empty() ? "" : ", ") + std::string(name);
        }
        return Error{"there is no data type \"" + question.data_type + "\" (there are " + names + ")"};
    }
    if (!question.tiled && type->element_bytes == 0) {
        return Error{question.data_type + " has tile layout alone"};
    }
    for (const uint64_t dimension : question.shape) {
        if (dimension == 0 || dimension > UINT32_MAX) {
            return Error{"a dimension of the shape is " + std::to_string(dimension) + " (from 1 to 4294967295)"};
        }
    }
    const std::optional<Shard>& shard = question.shard;
    if (!shard && question.kind == api::MemoryKind::kL1Small) {
        return Error{"L1_SMALL takes sharded tensors alone"};
    }
    if (shard && (shard->height == 0 || shard->width == 0)) {
        return Error{"a shard has no elements"};
    }
    if (shard && question.tiled && (shard->height % kTile != 0 || shard->width % kTile != 0)) {
        return Error{
            "a shard of a tensor in tile layout is made of whole tiles: its height and width are multiples of 32"};
    }
    // Rows are as long as a shard where shards cut them.
    const bool rows_are_cut = shard && shard->sharding != Sharding::kHeight;
    const uint64_t row_multiple = rows_are_cut ? shard->width : 1;
    const Plane plane =
        question.tiled ? plane_of(question.shape, kTile, kTile) : plane_of(question.shape, 1, row_multiple);
    TensorSize size;
    size.padded_shape = question.shape;
    const uint64_t page_height = question.tiled ? kTile : 1;
    uint64_t page_width = question.tiled ? kTile : plane.width;
    if (rows_are_cut && !question.tiled) {
        page_width = shard->width;
    }
    if (!size.padded_shape.empty()) {
        size.padded_shape.back() = plane.width;
        if (size.padded_shape.size() >= 2 && question.tiled) {
            uint64_t& rows = size.padded_shape[size.padded_shape.size() - 2];
            rows = rounded_up(rows, kTile);
        }
    }
    size.page_bytes = question.tiled ? type->tile_bytes : saturating_product(page_width, type->element_bytes);
    size.pages = saturating_product(plane.height / page_height, plane.width / page_width);
    if (size.pages > kMostPages || size.page_bytes > kMostPages) {
        return Error{"the tensor is larger than any memory"};
    }
    if (shard) {
        const uint64_t shard_width =
            shard->sharding == Sharding::kHeight ? std::max(shard->width, plane.width) : shard->width;
        size.shards = saturating_product(parts(plane.height, shard->height), parts(plane.width, shard_width));
        size.pages_per_shard = saturating_product(parts(shard->height, page_height), parts(shard->width, page_width));
    }
    return size;
}

uint64_t bytes_per_bank(const TensorSize& size, const api::Banks& banks) {
    const uint64_t page = rounded_up(size.page_bytes, banks.alignment);
    const uint64_t pages =
        size.shards > 0 ? size.pages_per_shard : parts(size.pages, std::max<uint64_t>(banks.banks, 1));
    return saturating_product(pages, page);
}

Shard shard_over_grid(const TensorQuestion& question, Sharding sharding, uint32_t columns, uint32_t rows) {
    const uint64_t multiple = question.tiled ? kTile : 1;
    const Plane plane = plane_of(question.shape, multiple, multiple);
    const uint64_t cores = uint64_t{columns} * rows;
    Shard shard{sharding, plane.height, plane.width};
    if (sharding == Sharding::kHeight) {
        shard.height = parts(plane.height, cores);
    } else if (sharding == Sharding::kWidth) {
        shard.width = parts(plane.width, cores);
    } else {
        shard.height = parts(plane.height, rows);
        shard.width = parts(plane.width, columns);
    }
    shard.height = rounded_up(shard.height, multiple);
    shard.width = rounded_up(shard.width, multiple);
    return shard;
}

std::string to_text(const TensorQuestion& question) {
    std::string text;
    for (const uint64_t dimension : question.shape) {
        text += (text.empty() ? "" : "x") + std::to_string(dimension);
    }
    text += " " + question.data_type + (question.tiled ? " tile" : " row-major") + ", ";
    if (!question.shard) {
        return text + "interleaved";
    }
    return text + std::string(to_string(question.shard->sharding)) + " sharded " +
           std::to_string(question.shard->height) + "x" + std::to_string(question.shard->width);
}

}  // namespace ttmem::analysis
