// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The objects of fake_tt_metal.cpp. Those that the hooks read have their fields where tt-metal's have them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

struct Device {
    const void* vtable;
    int id;
};
struct MeshDevice : Device {
    Allocator* allocator;
    std::shared_ptr<MeshDevice> parent;
    Device* chip;
    std::vector<std::shared_ptr<MeshDevice>> submeshes;
};
struct Buffer : std::enable_shared_from_this<Buffer> {  // 0x10
    Device* device;
    uint64_t size;
    char type_and_more[0x38];  // 0x20
    uint64_t page_size;        // 0x58
    uint64_t address;
    uint64_t unique_id;
    Allocator* allocator;
    bool owns;
};
struct Allocator {
    uint64_t next = 0x1000;
    std::atomic<int> live{0};
    std::mutex mutex;
    std::unordered_set<Buffer*> buffers;
};
struct AllocatorConfig {};
struct MeshBuffer {
    Buffer* backing;
    std::shared_ptr<Buffer> handle;
};
struct GraphTracker {
    bool capturing;
};
struct BufferRegion {
    uint64_t offset, size;
};

}  // namespace ttmem::tt_metal
