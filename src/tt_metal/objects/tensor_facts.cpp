// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/tensor_facts.hpp"

#include <atomic>
#include <cstring>
#include <new>

#include "client/contexts.hpp"
#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

namespace {

constexpr uint32_t kInline = kMostDistribution;  // dimensions that a shape holds in itself

// A shape as a TensorSpec has it: shapes of less than four dimensions are filled up in front.
struct Shape {
    const uint32_t* values;  // `inside`, unless there are more than kInline
    uint32_t size;
    uint32_t capacity;
    uint32_t inside[kInline];
    uint64_t rank;
};
static_assert(sizeof(Shape) == 56);

// A TensorSpec of 0.78.0 and later.
struct Spec {
    Shape shape;
    const void* layout;  // a TensorLayout, which is one pointer
    Shape padded;
};
static_assert(offsetof(Spec, layout) == 56 && offsetof(Spec, padded) == 64);

struct Facts {
    ledger::TensorHead head;
    uint32_t numbers[5 * kInline + 1];
};

bool is_shape(const Shape& shape) noexcept {
    return shape.values == shape.inside && shape.capacity == kInline && shape.size >= 1 && shape.size <= kInline &&
           shape.rank <= shape.size;
}

// Whether two shapes point into themselves, the second of no lower rank and nowhere smaller: what lies there can be
// nothing but a TensorSpec as it was described. False for another layout, and then nothing else of it is read.
bool are_shapes(const Shape& shape, const Shape& padded) noexcept {
    if (!is_shape(shape) || !is_shape(padded) || shape.rank > padded.rank || shape.size != padded.size) {
        return false;
    }
    for (uint32_t i = 0; i < shape.size; ++i) {
        if (padded.inside[i] < shape.inside[i]) {
            return false;
        }
    }
    return true;
}

// A TensorTopology: the shape of the distribution with its strides, how the tensor is placed along each of its
// dimensions, and the coordinates of the chips.
struct Placement {
    int32_t dimension;
    uint8_t is_shard;  // 0: replicated. Index of a std::variant<Replicate, Shard>
    uint8_t padding[3];
};
struct Topology {
    Shape shape;
    const void* strides;
    uint32_t stride_count;
    uint32_t stride_capacity;
    uint64_t inside_strides[kInline];
    const Placement* placements;
    uint32_t placement_count;
    uint32_t placement_capacity;
    Placement inside[kInline];
    const void* coordinates[3];
};
static_assert(offsetof(Topology, placements) == 136 && offsetof(Topology, coordinates) == 216 &&
              sizeof(Topology) == 240 && sizeof(Placement) == 8);

// Whether what lies there can be nothing but a topology: both lists point into it.
bool is_topology(const Topology& topology) noexcept {
    return is_shape(topology.shape) && topology.shape.rank >= 1 && topology.strides == topology.inside_strides &&
           topology.stride_capacity == kInline && topology.placements == topology.inside &&
           topology.placement_capacity == kInline && topology.placement_count == topology.shape.rank;
}

// False also of a tensor that is on one chip.
bool read_topology(const Topology& topology, Distribution& to) noexcept {
    if (!is_topology(topology)) {
        return false;
    }
    to.rank = static_cast<uint32_t>(topology.shape.rank);
    std::memcpy(to.shape, topology.shape.inside + topology.shape.size - to.rank, to.rank * sizeof *to.shape);
    uint64_t chips = 1;
    for (uint32_t i = 0; i < to.rank; ++i) {
        const Placement& placement = topology.inside[i];
        if (placement.is_shard > 1) {
            return false;
        }
        to.divided[i] = placement.is_shard != 0 ? placement.dimension : ledger::kReplicated;
        chips *= to.shape[i];
    }
    return chips > 1;
}

// Whether `made`, which the library made of 2x4 chips, is read as placed in that way. Its list of coordinates, which is
// all that it has on the heap, is freed.
bool is_read_as(const Topology& made, int32_t divided) noexcept {
    Distribution found;
    const bool right = read_topology(made, found) && found.rank == 1 && found.shape[0] == 8 &&
                       found.divided[0] == divided && made.coordinates[0] != nullptr &&
                       made.coordinates[0] < made.coordinates[1];
    if (right) {
        ::operator delete(const_cast<void*>(made.coordinates[0]));
    }
    return right;
}

// The library makes a topology that is sharded along dimension 5, and one that is replicated.
bool known_answers_are_right(const Api& api) noexcept {
    if (api.topology_sharded == nullptr || api.topology_replicated == nullptr || api.mesh_shape_make == nullptr) {
        return false;
    }
    try {
        alignas(16) std::byte shape[512] = {};
        alignas(16) std::byte sharded[1024] = {};
        alignas(16) std::byte replicated[1024] = {};
        api.mesh_shape_make(shape, 2, 4);
        api.topology_sharded(sharded, shape, 5);
        api.topology_replicated(replicated, shape);
        return is_read_as(*reinterpret_cast<const Topology*>(sharded), 5) &&
               is_read_as(*reinterpret_cast<const Topology*>(replicated), ledger::kReplicated);
    } catch (...) {
        return false;
    }
}

enum class Known : uint8_t { kNotYet, kYes, kNo };
std::atomic<Known> g_topologies{Known::kNotYet};

// An optional ShardSpec: the cores as a vector of ranges, the shape of a shard, its orientation.
struct OptionalShards {
    uintptr_t begin;
    uintptr_t end;
    uintptr_t capacity_end;
    uint32_t shape[2];
    uint32_t orientation;
    uint32_t padding;
    uint8_t has_value;
};
static_assert(offsetof(OptionalShards, shape) == 24 && offsetof(OptionalShards, has_value) == 40);
constexpr uintptr_t kCoreRangeBytes = 32;
constexpr uint8_t kSmallestSharded = 2;  // of the memory layouts, and of those with a ShardSpec
constexpr uint8_t kLargestSharded = 4;
constexpr uint8_t kNdSharded = 5;

// Whether what lies there can be nothing but shards on at least one range of cores.
bool is_shards(const OptionalShards& shards) noexcept {
    return shards.has_value == 1 && shards.begin != 0 && shards.begin % alignof(void*) == 0 &&
           shards.end > shards.begin && (shards.end - shards.begin) % kCoreRangeBytes == 0 &&
           shards.capacity_end >= shards.end && shards.orientation <= 1 && shards.shape[0] != 0 && shards.shape[1] != 0;
}

// An optional NdShardSpec begins with the shape, which does not point into itself where there is no value.
struct OptionalNdShards {
    Shape shape;
    uintptr_t cores[3];  // a vector of ranges
    uint32_t orientation;
    uint32_t distribution;
    uint8_t has_value;
};
static_assert(offsetof(OptionalNdShards, orientation) == 80 && offsetof(OptionalNdShards, has_value) == 88);

// The TensorSpec of 0.66.0 and 0.72.0, which holds everything in itself; they export no accessors.
struct WholeSpec {
    Shape shape;
    uint32_t data_type;
    uint8_t page[40];  // of a tile; without meaning for rows
    uint8_t is_tiled;
    uint32_t memory_layout;
    uint32_t buffer_type;
    OptionalShards shards;
    OptionalNdShards nd_shards;
    uint8_t is_made_of_nd_shards;
    Shape alignment;
    Shape padded;
};
static_assert(offsetof(WholeSpec, data_type) == 56 && offsetof(WholeSpec, is_tiled) == 100 &&
              offsetof(WholeSpec, memory_layout) == 104 && offsetof(WholeSpec, shards) == 112 &&
              offsetof(WholeSpec, nd_shards) == 160 && offsetof(WholeSpec, alignment) == 264 &&
              offsetof(WholeSpec, padded) == 320);
constexpr uint32_t kLargestDataType = 7;
constexpr uint32_t kLargestBufferType = 4;

bool is_whole_spec(const WholeSpec& spec) noexcept {
    const bool is_sharded = spec.memory_layout >= kSmallestSharded && spec.memory_layout <= kNdSharded;
    return are_shapes(spec.shape, spec.padded) && is_shape(spec.alignment) && spec.data_type <= kLargestDataType &&
           spec.is_tiled <= 1 && spec.buffer_type <= kLargestBufferType && (spec.memory_layout == 0 || is_sharded) &&
           spec.shards.has_value <= 1 && (is_sharded || spec.shards.has_value == 0);
}

// The dimensions of a shard, as many as are returned, and the order in which cores take shards; 0: they are not known.
uint8_t shard_facts(const OptionalShards& shards, uint32_t* to, uint32_t& orientation) noexcept {
    if (!is_shards(shards)) {
        return 0;
    }
    std::memcpy(to, shards.shape, sizeof shards.shape);
    orientation = shards.orientation;
    return 2;
}
uint8_t shard_facts(const OptionalNdShards& shards, uint32_t* to, uint32_t& orientation) noexcept {
    const Shape& shape = shards.shape;
    if (!is_shape(shape) || shards.orientation > 1) {
        return 0;
    }
    std::memcpy(to, shape.inside + shape.size - shape.rank, shape.rank * sizeof(uint32_t));
    orientation = shards.orientation;
    return static_cast<uint8_t>(shape.rank);
}

// 0 also where the tensor is not sharded.
uint8_t shard_facts(const Api& api, const MemoryConfig* memory, uint8_t memory_layout, uint32_t* to,
                    uint32_t& orientation) noexcept {
    if (memory_layout >= kSmallestSharded && memory_layout <= kLargestSharded && api.memory_shards != nullptr) {
        return shard_facts(*static_cast<const OptionalShards*>(api.memory_shards(memory)), to, orientation);
    }
    if (memory_layout == kNdSharded && api.memory_nd_shards != nullptr) {
        return shard_facts(*static_cast<const OptionalNdShards*>(api.memory_nd_shards(memory)), to, orientation);
    }
    return 0;
}

uint32_t take_shapes(const Shape& shape, const Shape& padded, Facts& to) noexcept {
    to.head.rank = static_cast<uint8_t>(shape.rank);
    to.head.padded_rank = static_cast<uint8_t>(padded.rank);
    std::memcpy(to.numbers, shape.inside + shape.size - shape.rank, shape.rank * sizeof(uint32_t));
    std::memcpy(to.numbers + shape.rank, padded.inside + padded.size - padded.rank, padded.rank * sizeof(uint32_t));
    return static_cast<uint32_t>(shape.rank + padded.rank);
}

// How many bytes of `to` say what the tensor is, with `numbers` before those of its shards.
uint32_t finish(Facts& to, uint32_t numbers, uint32_t orientation) noexcept {
    to.head.flags = orientation == 1 ? uint8_t{ledger::kTensorShardColumnMajor} : uint8_t{0};
    return static_cast<uint32_t>(sizeof to.head + (numbers + to.head.shard_rank) * sizeof(uint32_t));
}

uint32_t read_whole_facts(const TensorSpec* from, Facts& to) noexcept {
    const auto& spec = *reinterpret_cast<const WholeSpec*>(from);
    if (!is_whole_spec(spec)) {
        return 0;
    }
    to.head = {static_cast<uint8_t>(spec.data_type),
               spec.is_tiled,
               static_cast<uint8_t>(spec.memory_layout),
               static_cast<uint8_t>(spec.buffer_type),
               0,
               0,
               0,
               0};
    const uint32_t numbers = take_shapes(spec.shape, spec.padded, to);
    uint32_t orientation = 0;
    if (spec.shards.has_value != 0) {
        to.head.shard_rank = shard_facts(spec.shards, to.numbers + numbers, orientation);
    } else if (spec.memory_layout != 0 && spec.nd_shards.has_value == 1) {
        to.head.shard_rank = shard_facts(spec.nd_shards, to.numbers + numbers, orientation);
    }
    return finish(to, numbers, orientation);
}

// How many bytes of `to` say what the tensor is; 0: it is not known.
uint32_t read_facts(const TensorSpec* from, Facts& to) noexcept {
    const Api& api = symbols().api;
    if (api.tensor_data_type == nullptr || api.tensor_layout == nullptr || api.tensor_memory == nullptr ||
        api.memory_layout == nullptr || api.memory_type == nullptr) {
        return read_whole_facts(from, to);
    }
    const auto& spec = *reinterpret_cast<const Spec*>(from);
    if (!are_shapes(spec.shape, spec.padded) || spec.layout == nullptr) {
        return 0;
    }
    const auto* layout = reinterpret_cast<const TensorLayout*>(&spec.layout);
    // Each is a pointer to its values; where that is null, their accessors throw.
    const MemoryConfig* memory = api.tensor_memory(layout);
    if (*reinterpret_cast<const void* const*>(memory) == nullptr) {
        return 0;
    }
    to.head = {api.tensor_data_type(layout),
               api.tensor_layout(layout),
               api.memory_layout(memory),
               api.memory_type(memory),
               0,
               0,
               0,
               0};
    const uint32_t numbers = take_shapes(spec.shape, spec.padded, to);
    uint32_t orientation = 0;
    to.head.shard_rank = shard_facts(api, memory, to.head.memory_layout, to.numbers + numbers, orientation);
    return finish(to, numbers, orientation);
}

// Adds the distribution after `bytes` of the facts. How many bytes there are then.
uint32_t add_distribution(Facts& to, uint32_t bytes, const Distribution& distribution) noexcept {
    to.head.flags |= uint8_t{ledger::kTensorDistributed};
    auto* at = reinterpret_cast<char*>(&to) + bytes;
    std::memcpy(at, &distribution.rank, sizeof distribution.rank);
    std::memcpy(at + 4, distribution.shape, distribution.rank * 4);
    std::memcpy(at + 4 + distribution.rank * 4, distribution.divided, distribution.rank * 4);
    return bytes + 4 + distribution.rank * 8;
}

// Equal facts have one key; different ones differ but for a chance of 2^-64.
uint64_t key_of(const Facts& facts, uint32_t bytes) noexcept {
    uint64_t key = 0x6a09e667f3bcc909u;
    const auto* at = reinterpret_cast<const char*>(&facts);
    for (uint32_t done = 0; done < bytes; done += 8) {
        uint64_t word = 0;
        std::memcpy(&word, at + done, bytes - done < 8 ? bytes - done : 8);
        key = (key ^ word) * 0x9e3779b97f4a7c15u;
        key ^= key >> 29;
    }
    return key | 1;
}

}  // namespace

bool read_distribution(const TensorTopology* topology, Distribution& to) noexcept {
    Known known = g_topologies.load(std::memory_order_relaxed);
    if (known == Known::kNotYet) [[unlikely]] {  // two threads may find the same
        known = known_answers_are_right(symbols().api) ? Known::kYes : Known::kNo;
        g_topologies.store(known, std::memory_order_relaxed);
    }
    return known == Known::kYes && read_topology(*reinterpret_cast<const Topology*>(topology), to);
}

[[gnu::noinline]] uint32_t tensor_of(const TensorSpec* spec, const Distribution* distribution) noexcept {
    Facts facts;
    uint32_t bytes = read_facts(spec, facts);
    if (bytes == 0) {
        return 0;
    }
    if (distribution != nullptr) {
        bytes = add_distribution(facts, bytes, *distribution);
    }
    const uint64_t key = key_of(facts, bytes);
    const uint32_t known = client::find_context(key);
    return known != 0 ? known : client::add_tensor(key, &facts, bytes);
}

}  // namespace ttmem::tt_metal
