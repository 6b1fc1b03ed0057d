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

// A shape as a TensorSpec of 0.78.0 and later has it: shapes of less than four dimensions are filled up in front.
struct Shape {
    const uint32_t* values;  // `inside`, unless there are more than kInline
    uint32_t size;
    uint32_t capacity;
    uint32_t inside[kInline];
    uint64_t rank;
};
static_assert(sizeof(Shape) == 56);

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

// Whether what lies there can be nothing but a TensorSpec as it was described: two shapes that point into themselves,
// the second of no lower rank and nowhere smaller. False for another layout, and then nothing else of it is read.
bool is_spec(const Spec& spec) noexcept {
    if (!is_shape(spec.shape) || !is_shape(spec.padded) || spec.shape.rank > spec.padded.rank ||
        spec.shape.size != spec.padded.size || spec.layout == nullptr) {
        return false;
    }
    for (uint32_t i = 0; i < spec.shape.size; ++i) {
        if (spec.padded.inside[i] < spec.shape.inside[i]) {
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

// The dimensions of a shard, as many as are returned; 0: it is not sharded, or they are not known.
uint8_t shard_shape(const Api& api, const MemoryConfig* memory, uint8_t memory_layout, uint32_t* to) noexcept {
    if (memory_layout >= kSmallestSharded && memory_layout <= kLargestSharded && api.memory_shards != nullptr) {
        const auto& shards = *static_cast<const OptionalShards*>(api.memory_shards(memory));
        if (is_shards(shards)) {
            std::memcpy(to, shards.shape, sizeof shards.shape);
            return 2;
        }
    }
    if (memory_layout == kNdSharded && api.memory_nd_shards != nullptr) {
        // An NdShardSpec begins with the shape; without a value it does not point into itself.
        const auto& shape = *static_cast<const Shape*>(api.memory_nd_shards(memory));
        if (is_shape(shape)) {
            std::memcpy(to, shape.inside + shape.size - shape.rank, shape.rank * sizeof(uint32_t));
            return static_cast<uint8_t>(shape.rank);
        }
    }
    return 0;
}

// How many bytes of `to` say what the tensor is; 0: it is not known.
uint32_t read_facts(const TensorSpec* from, Facts& to) noexcept {
    const Api& api = symbols().api;
    if (api.tensor_data_type == nullptr || api.tensor_layout == nullptr || api.tensor_memory == nullptr ||
        api.memory_layout == nullptr || api.memory_type == nullptr) {
        return 0;
    }
    const auto& spec = *reinterpret_cast<const Spec*>(from);
    if (!is_spec(spec)) {
        return 0;
    }
    const auto* layout = reinterpret_cast<const TensorLayout*>(&spec.layout);
    // Each is a pointer to its values; where that is null, their accessors throw.
    const MemoryConfig* memory = api.tensor_memory(layout);
    if (*reinterpret_cast<const void* const*>(memory) == nullptr) {
        return 0;
    }
    const auto rank = static_cast<uint8_t>(spec.shape.rank);
    const auto padded = static_cast<uint8_t>(spec.padded.rank);
    to.head = {api.tensor_data_type(layout),
               api.tensor_layout(layout),
               api.memory_layout(memory),
               api.memory_type(memory),
               rank,
               padded,
               0,
               0};
    std::memcpy(to.numbers, spec.shape.inside + spec.shape.size - rank, rank * sizeof(uint32_t));
    std::memcpy(to.numbers + rank, spec.padded.inside + spec.padded.size - padded, padded * sizeof(uint32_t));
    to.head.shard_rank = shard_shape(api, memory, to.head.memory_layout, to.numbers + rank + padded);
    return static_cast<uint32_t>(sizeof to.head + (size_t{rank} + padded + to.head.shard_rank) * sizeof(uint32_t));
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
