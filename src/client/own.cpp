// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A process's questions to its own ledger, and the regions that its threads are in. Exported also by the hooks library,
// which hides the other calls of client.h.
//
// client.h comes before everything that includes it too: the first declaration of a function decides who sees it.
#pragma GCC visibility push(default)
#include "tt_alloc/client.h"
#pragma GCC visibility pop
#include "base/errno_keeper.hpp"
#include "client/contexts.hpp"
#include "client/tracker.hpp"

using ttmem::client::own_writer;
using ttmem::ledger::Writer;

uint32_t tt_alloc_client_abi(void) {
    return TT_ALLOC_CLIENT_ABI;
}

uint64_t tt_alloc_own_generation(void) {
    return tt_alloc_tracking_on == 0 || own_writer() == nullptr ? 0 : ttmem::client::Entry::generation();
}

int32_t tt_alloc_own_device(void) {
    Writer* writer = own_writer();
    return writer == nullptr ? -1 : writer->allocators().default_device();
}

uint32_t tt_alloc_own_allocators(int32_t device_id, tt_alloc_own_allocator* to, uint32_t room) {
    Writer* writer = own_writer();
    if (writer == nullptr) {
        return 0;
    }
    constexpr uint32_t kAtOnce = 64;
    ttmem::ledger::OwnAllocator found[kAtOnce];
    const uint32_t count = writer->allocators().list(device_id, found, kAtOnce);
    for (uint32_t i = 0; i < count && i < room && i < kAtOnce; ++i) {
        to[i] = {found[i].index,        found[i].mesh_id,     found[i].open, found[i].single_device_rows,
                 found[i].opened_ticks, found[i].closed_ticks};
    }
    return count < kAtOnce ? count : kAtOnce;
}

void tt_alloc_own_totals(uint32_t allocator, uint32_t account, tt_alloc_own_totals_t* to) {
    *to = {};
    if (Writer* writer = own_writer(); writer != nullptr) {
        const ttmem::ledger::OwnTotals sums = writer->totals().of(allocator, account);
        *to = {sums.buffers,     sums.bytes, sums.requested_bytes, sums.peak_bytes,  sums.recent_peak_bytes,
               sums.allocations, sums.frees, sums.allocated_bytes, sums.freed_bytes, sums.failures};
    }
}

void tt_alloc_own_extremes(uint32_t allocator, uint32_t account, tt_alloc_own_extremes_t* to) {
    *to = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    if (Writer* writer = own_writer(); writer != nullptr) {
        const ttmem::ledger::OwnExtremes found = writer->extremes().of(allocator, account);
        *to = {found.highest_end, found.lowest_address, found.least_largest_free, found.least_headroom};
    }
}

uint64_t tt_alloc_restart_peak(uint32_t allocator, uint32_t account) {
    Writer* writer = own_writer();
    if (writer == nullptr) {
        return 0;
    }
    const ttmem::client::ThreadState& state = ttmem::client::thread_state;
    const ttmem::ledger::ThreadSlot none;
    return writer->extremes().restart(state.writer == writer ? state.slot : none, allocator, account);
}

uint64_t tt_alloc_own_ledger(uint64_t offset, void* to, uint64_t bytes) {
    Writer* writer = own_writer();
    return writer == nullptr ? 0 : writer->sections().read(offset, to, bytes);
}

const char* tt_alloc_own_ledger_path(void) {
    Writer* writer = own_writer();
    return writer == nullptr ? "" : writer->sections().file().path();
}

uint32_t tt_alloc_name_context(const char* name) {
    return ttmem::client::name_region(name);
}

uint32_t tt_alloc_set_context(uint32_t context) {
    return ttmem::client::set_region(context);
}

uint64_t tt_alloc_step(const char* name) {
    if (tt_alloc_tracking_on == 0 || own_writer() == nullptr) {
        return 0;
    }
    const uint32_t number = ttmem::client::name_region(name);
    const ttmem::ErrnoKeeper keeper;
    const ttmem::client::Entry entry(ttmem::client::Need::kAllocation);
    return entry ? entry.writer().begin_step(ttmem::client::Entry::slot(), number) : 0;
}

uint32_t tt_alloc_label_buffer(uint64_t id, const char* label) {
    if (tt_alloc_tracking_on == 0 || own_writer() == nullptr) {
        return 0;
    }
    const uint32_t text =
        label == nullptr || *label == '\0' ? 0 : ttmem::client::add_text(ttmem::ledger::kSidecarLabel, label);
    if (text == 0 && label != nullptr && *label != '\0') {
        return 0;
    }
    const ttmem::ErrnoKeeper keeper;
    const ttmem::client::Entry entry(ttmem::client::Need::kAllocation);
    return entry && entry.writer().buffers().label(ttmem::client::Entry::slot(), id, text) ? 1 : 0;
}
