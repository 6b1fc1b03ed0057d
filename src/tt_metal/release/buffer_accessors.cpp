// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Releases from 0.79.0 on: Buffer is a handle of a BufferImpl and every field has an exported accessor.
#include <optional>

#include "tt_alloc/client.h"
#include "tt_metal/release/buffer_fields.hpp"
#include "tt_metal/release/names.hpp"

namespace ttmem::tt_metal {
namespace {

struct alignas(64) Accessors {
    uint64_t (*size)(const Buffer*) = nullptr;
    BufferType (*type)(const Buffer*) = nullptr;
    uint64_t (*unique_id)(const Buffer*) = nullptr;
    Device* (*device)(const Buffer*) = nullptr;
    int32_t (*layout)(const Buffer*) = nullptr;  // TensorMemoryLayout: 0 interleaved, others sharded
    uint64_t (*page_size)(const Buffer*) = nullptr;
    std::optional<uint32_t> (*num_cores)(const Buffer*) = nullptr;
};

Accessors g_accessors;

// num_cores throws for a sharded buffer without a distribution.
uint16_t cores_of(const Buffer* buffer) noexcept {
    try {
        return g_accessors.num_cores != nullptr ? static_cast<uint16_t>(g_accessors.num_cores(buffer).value_or(0)) : 0;
    } catch (...) {
        return 0;
    }
}

uint64_t id(const Buffer* buffer) noexcept {
    return g_accessors.unique_id(buffer);
}

Device* device(const Buffer* buffer) noexcept {
    return g_accessors.device(buffer);
}

bool read(const Buffer* buffer, BufferFields& fields) noexcept {
    const Accessors& get = g_accessors;
    fields.id = get.unique_id(buffer);
    fields.size = get.size(buffer);
    fields.type = get.type(buffer);
    fields.page_bytes = static_cast<uint32_t>(get.page_size(buffer));
    fields.layout = get.layout(buffer) == 0 ? TT_ALLOC_LAYOUT_INTERLEAVED : TT_ALLOC_LAYOUT_SHARDED;
    fields.used_banks = fields.layout == TT_ALLOC_LAYOUT_SHARDED ? cores_of(buffer) : uint16_t{0};
    return fields.type >= 0 && fields.type < TT_ALLOC_BUFFER_TYPES;
}

constexpr BufferFamily kFamily{"accessors", read, id, device};

}  // namespace

const BufferFamily* accessor_family(const Symbols& symbols) noexcept {
    const auto take = [&](auto& target, const char* name) {
        target = reinterpret_cast<std::remove_reference_t<decltype(target)>>(symbols.library.symbol(name));
        return target != nullptr;
    };
    Accessors found;
    found.page_size = symbols.api.buffer_page_size;
    if (!take(found.size, TTMEM_BUFFER_SIZE) || !take(found.type, TTMEM_BUFFER_TYPE) ||
        !take(found.unique_id, TTMEM_BUFFER_UNIQUE_ID) || !take(found.device, TTMEM_BUFFER_DEVICE) ||
        !take(found.layout, TTMEM_BUFFER_LAYOUT)) {
        return nullptr;
    }
    take(found.num_cores, TTMEM_BUFFER_NUM_CORES);
    g_accessors = found;
    return &kFamily;
}

}  // namespace ttmem::tt_metal
