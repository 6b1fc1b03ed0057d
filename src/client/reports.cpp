// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The proof of concept's six reports: reference counts by (device, id) over the ledger's buffers.
#include <sys/mman.h>

#include <cstring>
#include <mutex>
#include <new>

#include "client/report_table.hpp"
#include "client/tracker.hpp"
#include "tt_alloc/client.h"

namespace ttmem::client {

namespace {

constexpr int32_t kMostDevices = 1024;

// A device that was only ever reported by number: one allocator of unknown geometry.
struct ReportedDevice {
    uint32_t allocator = ledger::kNone;
    ReportTable table;
};

struct Registry {
    uint64_t generation = 0;  // of the ledger that the devices belong to
    std::atomic<ReportedDevice*> devices[kMostDevices] = {};
};

std::atomic<Registry*> current_registry{nullptr};

template <typename T>
T* make() noexcept {
    void* memory = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : new (memory) T;
}

// The registry of this process's ledger; a forked child starts with an empty one and leaves its parent's untouched.
Registry* registry() noexcept {
    Registry* found = current_registry.load(std::memory_order_acquire);
    const uint64_t generation = Entry::generation();
    if (found != nullptr && found->generation == generation) [[likely]] {
        return found;
    }
    Registry* fresh = make<Registry>();
    if (fresh == nullptr) {
        return nullptr;
    }
    fresh->generation = generation;
    if (!current_registry.compare_exchange_strong(found, fresh, std::memory_order_acq_rel)) {
        munmap(fresh, sizeof *fresh);
        return found->generation == generation ? found : nullptr;
    }
    return fresh;
}

ReportedDevice* make_device(Entry& entry, Registry& owner, int32_t device_id) noexcept {
    ledger::DeviceRecord description{};
    description.logical_id = device_id;
    const uint32_t index = entry.writer().devices().describe(description);
    if (index == ledger::kNone) {
        return nullptr;
    }
    static constexpr ledger::BankGeometry kUnknown[ledger::kBufferTypes] = {};
    ReportedDevice* device = make<ReportedDevice>();
    if (device == nullptr) {
        return nullptr;
    }
    ReportedDevice* expected = nullptr;
    device->allocator = entry.writer().allocators().open(entry.slot(), {-1, ledger::kNone, &index, 1, kUnknown});
    if (device->allocator == ledger::kNone ||
        !owner.devices[device_id].compare_exchange_strong(expected, device, std::memory_order_acq_rel)) {
        if (device->allocator != ledger::kNone) {
            entry.writer().allocators().close(entry.slot(), device->allocator);
        }
        munmap(device, sizeof *device);
        return expected;
    }
    return device;
}

ReportedDevice* device_of(Entry& entry, int32_t device_id, bool may_make) noexcept {
    if (device_id < 0 || device_id >= kMostDevices) {
        entry.writer().header().count_lost(ledger::kLostBadArgument);
        return nullptr;
    }
    Registry* owner = registry();
    if (owner == nullptr) {
        entry.writer().header().count_lost(ledger::kLostNoMemory);
        return nullptr;
    }
    ReportedDevice* device = owner->devices[device_id].load(std::memory_order_acquire);
    if (device == nullptr && may_make) {
        device = make_device(entry, *owner, device_id);
    }
    if (device == nullptr) {
        entry.writer().header().count_lost(may_make ? ledger::kLostNoAllocatorRoom : ledger::kLostUnknownFree);
    }
    return device;
}

void raise(int32_t device_id, ReportDomain domain, uint64_t key, uint64_t size, uint32_t account,
           uint8_t type) noexcept {
    Entry entry(Need::kAllocation);
    if (!entry) {
        return;
    }
    if (key == ledger::IdIndex<ledger::NewBuffer>::kEmptyId) {
        entry.writer().header().count_lost(ledger::kLostBadArgument);
        return;
    }
    ReportedDevice* device = device_of(entry, device_id, true);
    if (device == nullptr) {
        return;
    }
    uint64_t id = 0;
    switch (device->table.raise(domain, key, static_cast<uint32_t>(device_id), id)) {
        case ReportTable::Raised::kFirst: {
            ledger::NewBuffer buffer{};
            buffer.id = id;
            buffer.address = key;
            buffer.requested_bytes = size;
            buffer.bytes_per_bank = size;
            buffer.banks = 1;
            buffer.allocator = static_cast<uint16_t>(device->allocator);
            buffer.device = ledger::kAllDevices;
            buffer.account = static_cast<uint8_t>(account);
            buffer.type = type;
            entry.writer().buffers().allocate(entry.slot(), buffer);
            break;
        }
        case ReportTable::Raised::kAgain:
            break;
        case ReportTable::Raised::kNoMemory:
            entry.writer().header().count_lost(ledger::kLostNoMemory);
            break;
    }
}

void lower(int32_t device_id, ReportDomain domain, uint64_t key) noexcept {
    Entry entry(Need::kExisting);
    if (!entry) {
        return;
    }
    ReportedDevice* device = device_of(entry, device_id, false);
    if (device == nullptr) {
        return;
    }
    uint64_t id = 0;
    switch (device->table.lower(domain, key, id)) {
        case ReportTable::Lowered::kLast:
            entry.writer().buffers().free(entry.slot(), id);
            break;
        case ReportTable::Lowered::kStillLive:
            break;
        case ReportTable::Lowered::kUnknown:
            entry.writer().header().count_lost(ledger::kLostUnknownFree);
            break;
    }
}

void count_bad_argument() noexcept {
    const Entry entry(Need::kAllocation);
    if (entry) {
        entry.writer().header().count_lost(ledger::kLostBadArgument);
    }
}

}  // namespace

}  // namespace ttmem::client

using ttmem::client::ReportDomain;

void tt_alloc_report_allocation_(int32_t device_id, uint64_t size, uint8_t buffer_type, uint64_t address) {
    if (buffer_type >= TT_ALLOC_BUFFER_TYPES) {
        ttmem::client::count_bad_argument();
        return;
    }
    ttmem::client::raise(device_id, ReportDomain::kBuffer, address, size, buffer_type, buffer_type);
}

void tt_alloc_report_deallocation_(int32_t device_id, uint64_t buffer_id) {
    ttmem::client::lower(device_id, ReportDomain::kBuffer, buffer_id);
}

void tt_alloc_report_cb_allocation_(int32_t device_id, uint64_t total_size, uint64_t cb_id) {
    ttmem::client::raise(device_id, ReportDomain::kCircularBuffer, cb_id, total_size,
                         ttmem::ledger::kAccountCircularBuffer, TT_ALLOC_L1);
}

void tt_alloc_report_cb_deallocation_(int32_t device_id, uint64_t, uint64_t cb_id) {
    ttmem::client::lower(device_id, ReportDomain::kCircularBuffer, cb_id);
}

void tt_alloc_report_kernel_load_(int32_t device_id, uint64_t total_l1, uint64_t kernel_id, uint8_t kernel_type) {
    if (kernel_type > TT_ALLOC_KERNEL_DISPATCH) {
        ttmem::client::count_bad_argument();
        return;
    }
    ttmem::client::raise(device_id, ReportDomain::kKernel, kernel_id, total_l1,
                         ttmem::ledger::kAccountKernelApplication + kernel_type, TT_ALLOC_L1);
}

void tt_alloc_report_kernel_unload_(int32_t device_id, uint64_t, uint64_t kernel_id) {
    ttmem::client::lower(device_id, ReportDomain::kKernel, kernel_id);
}
