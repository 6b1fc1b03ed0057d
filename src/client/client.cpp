// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The richer calls of client.h: what hooks report.
#include "tt_alloc/client.h"

#include <cstring>

#include "client/tracker.hpp"
#include "ledger/write/buffer_events.hpp"

namespace {

using ttmem::client::Entry;
using ttmem::client::Need;
using ttmem::ledger::NewBuffer;

// Copies text into a field of the ledger, cut to fit; the rest of the field stays zero.
template <size_t kSize>
void copy_text(char (&to)[kSize], const char* from, size_t from_size) noexcept {
    const size_t most = kSize - 1 < from_size ? kSize - 1 : from_size;
    std::memcpy(to, from, strnlen(from, most));
}

constexpr size_t kDeviceSizeOfAbi3 = offsetof(tt_alloc_device, l1_columns);
constexpr size_t kAllocatorSizeOfAbi4 = offsetof(tt_alloc_allocator, mode);
static_assert(int{TT_ALLOC_BUFFER_PER_CORE} == int{ttmem::ledger::kBufferPerCore} &&
              int{TT_ALLOC_BUFFER_RANGE_LOCKSTEP} == int{ttmem::ledger::kBufferRangeLockstep} &&
              int{TT_ALLOC_BUFFER_BANKLESS} == int{ttmem::ledger::kBufferBankless});

// The buffer as the writer wants it. False when an argument is out of range.
inline bool convert(const Entry& entry, const tt_alloc_buffer& from, NewBuffer& to) noexcept {
    if (!entry.writer().tables().allocators.is_open(from.allocator) || from.type >= TT_ALLOC_BUFFER_TYPES ||
        from.role > TT_ALLOC_ROLE_HOOKED || from.layout > TT_ALLOC_LAYOUT_SHARDED || from.id >= uint64_t{1} << 63 ||
        from.banks > 0xffff || (from.device != TT_ALLOC_NONE && from.device >= ttmem::ledger::kAllDevices)) {
        return false;
    }
    if (from.device != TT_ALLOC_NONE && from.role == TT_ALLOC_ROLE_ALLOCATED) [[unlikely]] {
        entry.writer().tables().allocators.note_single_device_row(from.allocator);
    }
    to.id = from.id;
    to.address = from.address;
    to.requested_bytes = from.requested_bytes;
    to.bytes_per_bank = from.bytes_per_bank;
    to.page_bytes = from.page_bytes;
    to.allocator = static_cast<uint16_t>(from.allocator);
    to.banks = static_cast<uint16_t>(from.banks);
    to.device = from.device == TT_ALLOC_NONE ? ttmem::ledger::kAllDevices : static_cast<uint16_t>(from.device);
    to.account = from.role == TT_ALLOC_ROLE_ALLOCATED
                     ? from.type
                     : static_cast<uint8_t>(from.role == TT_ALLOC_ROLE_FIXED ? ttmem::ledger::kAccountFixed
                                                                             : ttmem::ledger::kAccountHooked);
    to.type = from.type;
    to.layout = from.layout;
    to.flags = from.flags & (TT_ALLOC_BUFFER_KERNEL_BINARIES | TT_ALLOC_BUFFER_WHILE_TRACED | TT_ALLOC_BUFFER_PER_CORE |
                             TT_ALLOC_BUFFER_RANGE_LOCKSTEP | TT_ALLOC_BUFFER_BANKLESS);
    to.core_set = ttmem::ledger::kNone;
    to.placement = ttmem::ledger::kNone;
    to.placements = 0;
    to.used_banks = from.used_banks;
    return true;
}

}  // namespace

void ttmem::client::set_config_bytes(uint64_t program, uint64_t bytes) noexcept {
    if (const Entry entry(Need::kExisting); entry) {
        entry.writer().programs().set_config_bytes(program, bytes);
    }
}

void ttmem::client::mark_dangling(uint64_t id) noexcept {
    if (tt_alloc_tracking_on == 0) {
        return;
    }
    if (const Entry entry(Need::kExisting); entry) {
        entry.writer().buffers().flag(entry.slot(), id, ttmem::ledger::kBufferDangling);
    }
}

uint32_t tt_alloc_describe_device(const tt_alloc_device* device) {
    if (tt_alloc_tracking_on == 0) {
        return TT_ALLOC_NONE;
    }
    const Entry entry(Need::kAllocation);
    if (!entry) {
        return TT_ALLOC_NONE;
    }
    if (device->struct_size < kDeviceSizeOfAbi3) {
        entry.writer().header().count_lost(ttmem::ledger::kLostBadArgument);
        return TT_ALLOC_NONE;
    }
    ttmem::ledger::DeviceRecord record{};
    record.logical_id = device->logical_id;
    record.flags = device->flags & (TT_ALLOC_DEVICE_MOCK | TT_ALLOC_DEVICE_UNIQUE_ID | TT_ALLOC_DEVICE_REMOTE);
    record.unique_id = device->unique_id;
    record.board_id = device->board_id;
    record.arch = device->arch;
    record.dram_channels = device->dram_channels;
    record.dram_channel_bytes = device->dram_channel_bytes;
    record.l1_core_bytes = device->l1_core_bytes;
    record.l1_cores = device->l1_cores;
    if (device->struct_size >= sizeof *device && device->l1_columns != 0 &&
        device->l1_cores % device->l1_columns == 0) {
        record.l1_columns = device->l1_columns;
    }
    copy_text(record.board, device->board, sizeof device->board);
    copy_text(record.pci, device->pci, sizeof device->pci);
    return entry.writer().devices().describe(record);
}

uint32_t tt_alloc_open_allocator(const tt_alloc_allocator* allocator) {
    if (tt_alloc_tracking_on == 0) {
        return TT_ALLOC_NONE;
    }
    const Entry entry(Need::kAllocation);
    if (!entry) {
        return TT_ALLOC_NONE;
    }
    if (allocator->struct_size < kAllocatorSizeOfAbi4 || allocator->device_count == 0) {
        entry.writer().header().count_lost(ttmem::ledger::kLostBadArgument);
        return TT_ALLOC_NONE;
    }
    ttmem::ledger::BankGeometry geometry[ttmem::ledger::kBufferTypes];
    for (uint32_t i = 0; i < ttmem::ledger::kBufferTypes; ++i) {
        const tt_alloc_banks& banks = allocator->banks[i];
        geometry[i] = {banks.bank_bytes, banks.base_address, banks.banks, banks.alignment};
    }
    const bool hybrid = allocator->struct_size >= sizeof *allocator && allocator->mode == TT_ALLOC_MODE_HYBRID;
    return entry.writer().allocators().open(
        entry.slot(), {allocator->mesh_id, allocator->parent, allocator->devices, allocator->device_count, geometry,
                       hybrid ? ttmem::ledger::kModeHybrid : ttmem::ledger::kModeLockstep});
}

void tt_alloc_clear_allocator(uint32_t allocator) {
    if (const Entry entry(Need::kExisting); entry) {
        entry.writer().allocators().clear(entry.slot(), allocator);
    }
}

void tt_alloc_close_allocator(uint32_t allocator) {
    if (const Entry entry(Need::kExisting); entry) {
        entry.writer().allocators().close(entry.slot(), allocator);
    }
}

[[gnu::hot]] void tt_alloc_buffer_allocated(const tt_alloc_buffer* buffer) {
    if (tt_alloc_tracking_on == 0) {
        return;
    }
    const Entry entry(Need::kAllocation);
    if (!entry) {
        return;
    }
    NewBuffer converted;
    if (!convert(entry, *buffer, converted)) [[unlikely]] {
        entry.writer().header().count_lost(ttmem::ledger::kLostBadArgument);
        return;
    }
    entry.writer().buffers().allocate_inline(entry.slot(), converted);
    if (!entry.slot().shared) [[likely]] {
        ttmem::client::thread_state.lines =
            entry.writer().buffers().event_lines(entry.slot(), converted.allocator, converted.account);
    }
}

void tt_alloc_buffer_allocated_on(const tt_alloc_buffer* buffer, const tt_alloc_buffer_cores* cores) {
    if (tt_alloc_tracking_on == 0) {
        return;
    }
    const Entry entry(Need::kAllocation);
    if (!entry) {
        return;
    }
    static_assert(sizeof(tt_alloc_core_address) == sizeof(ttmem::ledger::CoreAddressRecord) &&
                  offsetof(tt_alloc_core_address, address) == offsetof(ttmem::ledger::CoreAddressRecord, address));
    NewBuffer converted;
    if (cores->struct_size < sizeof *cores || !convert(entry, *buffer, converted)) {
        entry.writer().header().count_lost(ttmem::ledger::kLostBadArgument);
        return;
    }
    entry.writer().buffers().place(
        {reinterpret_cast<const ttmem::ledger::CoreRange*>(cores->cores), cores->core_ranges,
         reinterpret_cast<const ttmem::ledger::CoreAddressRecord*>(cores->addresses), cores->address_count},
        converted);
    entry.writer().buffers().allocate(entry.slot(), converted);
    entry.writer().extremes().note_family_peak(converted.allocator);
}

void tt_alloc_largest_free(uint32_t allocator, uint32_t buffer_type, uint64_t bytes) {
    if (const Entry entry(Need::kExisting); entry) {
        entry.writer().extremes().note_largest_free(allocator, buffer_type, bytes);
    }
}

[[gnu::hot]] void tt_alloc_buffer_freed(uint64_t id) {
    if (tt_alloc_tracking_on == 0) {
        return;
    }
    if (const Entry entry(Need::kExisting); entry) [[likely]] {
        entry.writer().buffers().free_inline(entry.slot(), id);
    }
}

void tt_alloc_allocation_failed(const tt_alloc_buffer* wanted, uint64_t largest_free_per_bank) {
    ttmem::ledger::NewFailure known;
    known.largest_free_per_bank = largest_free_per_bank;
    ttmem::client::allocation_refused(*wanted, known);
}

namespace ttmem::client {

uint64_t allocation_refused(const tt_alloc_buffer& wanted, const ledger::NewFailure& known) noexcept {
    if (tt_alloc_tracking_on == 0) {
        return UINT64_MAX;
    }
    const Entry entry(Need::kAllocation);
    if (!entry) {
        return UINT64_MAX;
    }
    NewBuffer converted;
    if (!convert(entry, wanted, converted)) {
        entry.writer().header().count_lost(ledger::kLostBadArgument);
        return UINT64_MAX;
    }
    return entry.writer().failures().refuse_buffer(entry.slot(), converted, known);
}

}  // namespace ttmem::client
