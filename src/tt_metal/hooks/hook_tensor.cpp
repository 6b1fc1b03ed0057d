// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Facts of the tensor that a buffer is made for: they pass by in the TensorSpec, and the buffers that the thread
// allocates meanwhile are its.
#include <cstring>
#include <memory>

#include "client/contexts.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/release/symbols.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {

namespace {

constexpr uint32_t kInline = 8;  // dimensions that a shape holds in itself

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
    uint32_t numbers[3 * kInline];
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

[[gnu::noinline]] uint32_t tensor_of(const TensorSpec* spec) noexcept {
    Facts facts;
    const uint32_t bytes = read_facts(spec, facts);
    if (bytes == 0) {
        return 0;
    }
    const uint64_t key = key_of(facts, bytes);
    const uint32_t known = client::find_context(key);
    return known != 0 ? known : client::add_tensor(key, &facts, bytes);
}

// The tensor whose memory the calling thread allocates while this lives.
class TensorScope {
public:
    explicit TensorScope(uint32_t tensor) noexcept : before_(client::thread_state.slot.tensor) {
        client::thread_state.slot.tensor = tensor;
    }
    ~TensorScope() { client::thread_state.slot.tensor = before_; }
    TensorScope(const TensorScope&) = delete;
    TensorScope& operator=(const TensorScope&) = delete;

private:
    const uint32_t before_;
};

}  // namespace

std::shared_ptr<MeshBuffer> allocate_device_buffer(MeshDevice* device, const TensorSpec* spec) {
    const TensorScope scope(tracking() != nullptr ? tensor_of(spec) : 0);
    return originals().allocate_device_buffer(device, spec);
}

}  // namespace ttmem::tt_metal
