// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "memory_report.hpp"

#include <dlfcn.h>
#include <tt_alloc/client.h>

#include <cstdlib>
#include <cstring>

namespace stand_in::memory_report {

std::atomic<bool> is_on{false};

namespace {

// The C ABI of the client, as dlsym gives it. Written by connect() before is_on is set, never afterwards.
struct Client {
    decltype(&tt_alloc_describe_device) describe_device;
    decltype(&tt_alloc_open_allocator) open_allocator;
    decltype(&tt_alloc_close_allocator) close_allocator;
    decltype(&tt_alloc_buffer_allocated) buffer_allocated;
    decltype(&tt_alloc_buffer_freed) buffer_freed;
    decltype(&tt_alloc_allocation_failed) allocation_failed;
};
Client client{};

template <typename Function>
bool resolve(void* library, const char* name, Function& to) {
    to = reinterpret_cast<Function>(dlsym(library, name));
    return to != nullptr;
}

tt_alloc_buffer described(uint32_t allocator, uint32_t banks, const Placed& buffer) {
    tt_alloc_buffer as{};
    as.id = buffer.id;
    as.address = buffer.address;
    as.requested_bytes = buffer.requested;
    as.bytes_per_bank = buffer.per_bank;
    as.allocator = allocator;
    as.banks = banks;
    as.device = TT_ALLOC_NONE;
    as.type = TT_ALLOC_DRAM;
    as.role = TT_ALLOC_ROLE_ALLOCATED;
    as.layout = TT_ALLOC_LAYOUT_INTERLEAVED;
    return as;
}

}  // namespace

void connect() {
    const char* value = std::getenv("TT_ALLOC_TRACKING_ENABLED");
    if (value == nullptr || std::strcmp(value, "1") != 0 || is_on.load(std::memory_order_acquire)) {
        return;
    }
    void* library = dlopen("libtt_alloc_client.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr && resolve(library, "tt_alloc_describe_device", client.describe_device) &&
        resolve(library, "tt_alloc_open_allocator", client.open_allocator) &&
        resolve(library, "tt_alloc_close_allocator", client.close_allocator) &&
        resolve(library, "tt_alloc_buffer_allocated", client.buffer_allocated) &&
        resolve(library, "tt_alloc_buffer_freed", client.buffer_freed) &&
        resolve(library, "tt_alloc_allocation_failed", client.allocation_failed)) {
        is_on.store(true, std::memory_order_release);
    }
}

uint32_t open_(const Banks& banks) {
    tt_alloc_device chip{};
    chip.struct_size = sizeof chip;
    chip.flags = TT_ALLOC_DEVICE_MOCK;
    chip.arch = TT_ALLOC_ARCH_WORMHOLE_B0;
    chip.dram_channels = banks.count;
    chip.dram_channel_bytes = banks.bytes;
    const uint32_t index = client.describe_device(&chip);
    tt_alloc_allocator allocator{};
    allocator.struct_size = sizeof allocator;
    allocator.mesh_id = -1;
    allocator.parent = TT_ALLOC_NONE;
    allocator.device_count = 1;
    allocator.devices = &index;
    allocator.banks[TT_ALLOC_DRAM].banks = banks.count;
    allocator.banks[TT_ALLOC_DRAM].bank_bytes = banks.bytes;
    allocator.banks[TT_ALLOC_DRAM].alignment = static_cast<uint32_t>(banks.alignment);
    return client.open_allocator(&allocator);
}

void close_(uint32_t allocator) {
    client.close_allocator(allocator);
}

void allocated_(uint32_t allocator, uint32_t banks, const Placed& buffer) {
    const tt_alloc_buffer made = described(allocator, banks, buffer);
    client.buffer_allocated(&made);
}

void refused_(uint32_t allocator, uint32_t banks, const Placed& buffer, uint64_t largest_free_per_bank) {
    const tt_alloc_buffer wanted = described(allocator, banks, buffer);
    client.allocation_failed(&wanted, largest_free_per_bank);
}

void freed_(uint64_t id) {
    client.buffer_freed(id);
}

}  // namespace stand_in::memory_report
