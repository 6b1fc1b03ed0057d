// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Releases up to 0.78.0: Buffer has no exported accessor of its device, size and type. They stand at the same offsets
// in all of them (known_releases.hpp).
//
// The check at start lets the library's own is_dram, is_l1, is_trace, num_pages and page_size look at a block of zeros
// in which just the byte ranges in question are filled: they must answer as the offsets say, or tracking stays off.
// These functions read nothing but the object's own first bytes. The device is checked at each use: its first word must
// be a vtable we know.
//
// The unique id stands elsewhere in nearly each release. The buffer's own address serves instead: it is unique among
// live buffers, and an allocator that is closed forgets its buffers first.
#include <cstring>
#include <memory>
#include <optional>

#include "tt_alloc/client.h"
#include "tt_metal/release/buffer_fields.hpp"
#include "tt_metal/release/known_releases.hpp"
#include "tt_metal/release/names.hpp"

namespace ttmem::tt_metal {
namespace {

constexpr size_t kBlockBytes = 4096;  // well beyond the largest Buffer seen (0x240 bytes)

using Predicate = bool (*)(const Buffer*);

struct Accessors {
    Predicate is_dram = nullptr;
    Predicate is_l1 = nullptr;
    Predicate is_trace = nullptr;
    uint32_t (*num_pages)(const Buffer*) = nullptr;
    std::optional<uint32_t> (*num_cores)(const Buffer*) = nullptr;
    uint64_t (*page_size)(const Buffer*) = nullptr;
};

Accessors g_accessors;

template <typename T>
T at(const Buffer* buffer, size_t offset) noexcept {
    T value;
    std::memcpy(&value, reinterpret_cast<const char*>(buffer) + offset, sizeof value);
    return value;
}

uint64_t id(const Buffer* buffer) noexcept {
    return reinterpret_cast<uint64_t>(buffer);
}

Device* device(const Buffer* buffer) noexcept {
    return at<Device*>(buffer, buffer_offsets::kDevice);
}

// num_cores has a value exactly for sharded buffers; it throws for a sharded one without a distribution.
void read_layout(const Buffer* buffer, BufferFields& fields) noexcept {
    try {
        const std::optional<uint32_t> cores = g_accessors.num_cores(buffer);
        fields.layout = cores.has_value() ? TT_ALLOC_LAYOUT_SHARDED : TT_ALLOC_LAYOUT_INTERLEAVED;
        fields.used_banks = static_cast<uint16_t>(cores.value_or(0));
    } catch (...) {
        fields.layout = TT_ALLOC_LAYOUT_UNKNOWN;
    }
}

bool type_agrees(const Accessors& get, const Buffer* buffer, BufferType type) noexcept {
    const bool dram = type == TT_ALLOC_DRAM || type == TT_ALLOC_TRACE;
    const bool l1 = type == TT_ALLOC_L1 || type == TT_ALLOC_L1_SMALL;
    return type >= 0 && type < TT_ALLOC_BUFFER_TYPES && get.is_dram(buffer) == dram && get.is_l1(buffer) == l1;
}

bool read(const Buffer* buffer, BufferFields& fields) noexcept {
    fields.id = id(buffer);
    fields.size = at<uint64_t>(buffer, buffer_offsets::kSize);
    fields.type = at<BufferType>(buffer, buffer_offsets::kType);
    fields.page_bytes = static_cast<uint32_t>(g_accessors.page_size(buffer));
    read_layout(buffer, fields);
    return type_agrees(g_accessors, buffer, fields.type);
}

constexpr BufferFamily kFamily{"offsets", read, id, device};

bool offsets_proven(const Accessors& get) {
    const auto block = std::make_unique<char[]>(kBlockBytes);
    const auto* buffer = reinterpret_cast<const Buffer*>(block.get());
    const auto put = [&](size_t offset, auto value) { std::memcpy(block.get() + offset, &value, sizeof value); };

    for (BufferType type = 0; type < TT_ALLOC_BUFFER_TYPES; ++type) {
        put(buffer_offsets::kType, type);
        if (!type_agrees(get, buffer, type) || get.is_trace(buffer) != (type == TT_ALLOC_TRACE)) {
            return false;
        }
    }
    put(buffer_offsets::kType, BufferType{TT_ALLOC_DRAM});
    put(buffer_offsets::kSize, uint64_t{7} * 1536);
    put(buffer_offsets::kPageSize, uint64_t{1536});
    return get.page_size(buffer) == 1536 && get.num_pages(buffer) == 7;
}

}  // namespace

const BufferFamily* offset_family(const Symbols& symbols, const char*& problem) noexcept {
    const auto take = [&](auto& target, const char* name) {
        target = reinterpret_cast<std::remove_reference_t<decltype(target)>>(symbols.library.symbol(name));
        if (target == nullptr) {
            problem = name;
        }
        return target != nullptr;
    };
    Accessors found;
    found.page_size = symbols.api.buffer_page_size;
    if (!take(found.is_dram, TTMEM_BUFFER_IS_DRAM) || !take(found.is_l1, TTMEM_BUFFER_IS_L1) ||
        !take(found.is_trace, TTMEM_BUFFER_IS_TRACE) || !take(found.num_pages, TTMEM_BUFFER_NUM_PAGES) ||
        !take(found.num_cores, TTMEM_BUFFER_NUM_CORES)) {
        return nullptr;
    }
    try {
        if (!offsets_proven(found)) {
            problem = "tt::tt_metal::Buffer with size, type and page size where they are expected";
            return nullptr;
        }
    } catch (...) {
        problem = "memory for the check at start";
        return nullptr;
    }
    g_accessors = found;
    return &kFamily;
}

const BufferFamily* choose_buffer_family(const Symbols& symbols, const char*& problem) noexcept {
    if (const BufferFamily* family = accessor_family(symbols)) {
        return family;
    }
    return offset_family(symbols, problem);
}

}  // namespace ttmem::tt_metal
