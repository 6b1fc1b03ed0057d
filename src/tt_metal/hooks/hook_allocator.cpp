// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// tt-metal's allocator: every buffer that takes bytes, every free, every refusal, and the allocator's own life.
//
// Order: a buffer is reported after it was allocated and before it is freed, so no two live records ever hold one
// address. Standing in at the allocator rather than at GraphTracker leaves out captures without dispatch (nothing is
// allocated) by itself. The originals may throw: allocate_buffer when memory runs out, clear and deallocate_buffers on
// broken state.
#include <exception>

#include "base/memo.hpp"
#include "tt_metal/hooks/record_buffer.hpp"
#include "tt_metal/objects/allocators.hpp"
#include "tt_metal/objects/arenas.hpp"
#include "tt_metal/objects/buffer_cores.hpp"
#include "tt_metal/objects/extend_exception.hpp"
#include "tt_metal/objects/noted_buffers.hpp"
#include "tt_metal/objects/refusal_text.hpp"
#include "tt_metal/objects/service_cores.hpp"
#include "tt_metal/objects/traces.hpp"
#include "tt_metal/record_context.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {
namespace {

constexpr const char* kContradiction = "a tt::tt_metal::Buffer contradicts itself (type)";

// The bytes that a buffer needs in each bank, before the allocator rounds them up to its unit.
uint64_t needed_per_bank(const AllocatorFacts& facts, const BufferFields& fields, const Buffer* buffer) noexcept {
    const Api& api = symbols().api;
    const uint64_t bytes = api.buffer_size_per_bank(buffer);
    if (__builtin_expect(!facts.hybrid, 1) || fields.type != TT_ALLOC_L1 || api.buffer_aligned_page_size == nullptr) {
        return bytes;
    }
    const uint64_t page = api.buffer_aligned_page_size(buffer);
    return page == 0 ? bytes : bytes / page * facts.taken(page);
}

// Cache of the bytes that an interleaved buffer takes in each bank, by allocator, type, page size and size, which alone
// decide them: asking tt-metal costs as much as the rest of an event.
using Known = Memo<2, 1, 512>;
Known g_interleaved;

uint64_t bytes_per_bank(const AllocatorFacts& facts, const BufferFields& fields, const Buffer* buffer) noexcept {
    // A page size may take the 29 bits beside the type, and was cut to 32 where the buffer is larger than that.
    if (fields.layout != TT_ALLOC_LAYOUT_INTERLEAVED || facts.serial == 0 || fields.page_bytes >= 1u << 29 ||
        fields.size > UINT32_MAX) {
        return needed_per_bank(facts, fields, buffer);
    }
    const Known::Key key{uint64_t{facts.serial} << 32 | static_cast<uint64_t>(fields.type) << 29 | fields.page_bytes,
                         fields.size};
    Known::Value bytes;
    hook_thread.size_answer = g_interleaved.line(key);
    if (!g_interleaved.find(key, bytes)) {
        bytes = {needed_per_bank(facts, fields, buffer)};
        g_interleaved.remember(key, bytes);
    }
    return bytes[0];
}

// Fills a report from the buffer, all but its address. The facts of its allocator; nullptr: it is not to be reported.
const AllocatorFacts* describe_buffer(const BufferFamily& family, Allocator* allocator, const Buffer* buffer,
                                      tt_alloc_buffer& out) noexcept {
    BufferFields fields;
    if (__builtin_expect(!family.read(buffer, fields), 0)) {
        stop_tracking(kContradiction);
        return nullptr;
    }
    const AllocatorFacts* facts = find_allocator(allocator);
    if (__builtin_expect(facts == nullptr, 0)) {
        static constexpr AllocatorFacts kUnknown;  // the client counts what is reported with it as lost
        facts = open_for_buffer(allocator, family.device(buffer));
        facts = facts != nullptr ? facts : &kUnknown;
    }
    out.id = fields.id;
    out.requested_bytes = fields.size;
    out.bytes_per_bank = facts->taken(bytes_per_bank(*facts, fields, buffer));
    out.allocator = facts->handle;
    out.banks = facts->banks[fields.type];
    out.page_bytes = fields.page_bytes;
    out.device = TT_ALLOC_NONE;
    out.type = static_cast<uint8_t>(fields.type);
    out.role = TT_ALLOC_ROLE_ALLOCATED;
    out.layout = fields.layout;
    out.flags = hook_thread.loading_binaries ? uint8_t{TT_ALLOC_BUFFER_KERNEL_BINARIES} : uint8_t{0};
    if (any_trace() && any_trace_of(allocator)) {
        out.flags |= TT_ALLOC_BUFFER_WHILE_TRACED;
    }
    out.used_banks = fields.used_banks;
    return facts;
}

// Views live, and the memory that some of them look into is about to be freed.
[[gnu::noinline]] void mark_dangling_views(const BufferFamily& family, Allocator* allocator,
                                           const Buffer* buffer) noexcept {
    const ErrnoKeeper keeper;
    BufferFields fields;
    const AllocatorFacts* facts = find_allocator(allocator);
    if (facts == nullptr || symbols().api.buffer_address == nullptr || !family.read(buffer, fields)) {
        return;
    }
    const NotedPlace from{facts->handle, static_cast<uint8_t>(fields.type), symbols().api.buffer_address(buffer)};
    for_noted_within(from, bytes_per_bank(*facts, fields, buffer), client::mark_dangling);
}

// A sharded L1 buffer that may not lie in every bank.
[[gnu::cold, gnu::noinline]] bool report_on_cores(const AllocatorFacts& facts, const Buffer* buffer,
                                                  tt_alloc_buffer& report) noexcept {
    const ErrnoKeeper keeper;
    try {
        BufferCores cores;
        if (!read_buffer_cores(symbols(), buffer, facts.device, report, cores)) {
            return false;
        }
        tt_alloc_buffer_cores on{};
        on.struct_size = sizeof on;
        on.cores = cores.ranges.data();
        on.core_ranges = static_cast<uint32_t>(cores.ranges.size());
        on.addresses = cores.addresses.data();
        on.address_count = static_cast<uint32_t>(cores.addresses.size());
        tt_alloc_buffer_allocated_on(&report, &on);
        return true;
    } catch (...) {
        return false;  // reported as a buffer that lies in every bank
    }
}

// The allocator says how large its largest free block is. In HYBRID mode that depends on the cores.
[[gnu::cold, gnu::noinline]] void ask_largest_free(const AllocatorFacts& facts, const Allocator* allocator,
                                                   uint8_t type) noexcept {
    const auto statistics = symbols().api.statistics;
    if (statistics == nullptr || (facts.hybrid && type == TT_ALLOC_L1)) {
        return;
    }
    const ErrnoKeeper keeper;
    try {
        const BufferType asked = type;
        ForeignStatistics found{};
        statistics(&found, allocator, &asked);
        if (found.addresses[0] != nullptr) {
            ::operator delete(found.addresses[0]);
        }
        tt_alloc_largest_free(facts.handle, type, found.largest_free_bytes);
        tt_alloc_own_totals_t totals{};
        tt_alloc_own_totals(facts.handle, type, &totals);
        facts.pace[type].asked(totals.buffers);
    } catch (...) {
        return;
    }
}

// The largest free block shrinks where the peak rises, mostly.
[[gnu::cold, gnu::noinline]] void note_new_peak(const AllocatorFacts& facts, const Allocator* allocator,
                                                uint8_t type) noexcept {
    if (facts.pace[type].rises()) {
        ask_largest_free(facts, allocator, type);
    } else {
        hook_thread.peak_passed_over = true;
    }
}

// A peak rose that its allocator was not asked about, and memory of that allocator is about to be freed, perhaps.
[[gnu::cold, gnu::noinline]] void note_end_of_peak(const Allocator* allocator) noexcept {
    const AllocatorFacts* facts = find_allocator(allocator);
    if (facts == nullptr) {
        return;
    }
    bool passed_over = false;
    for (uint8_t type = 0; type < TT_ALLOC_BUFFER_TYPES; ++type) {
        if (facts->pace[type].ends()) {
            ask_largest_free(*facts, allocator, type);
        }
        passed_over = passed_over || facts->pace[type].is_passed_over();
    }
    hook_thread.peak_passed_over = passed_over;
}

void report_allocated(const AllocatorFacts& facts, const Allocator* allocator, const Buffer* buffer,
                      tt_alloc_buffer& report) noexcept {
    const bool on_cores =
        report.layout == TT_ALLOC_LAYOUT_SHARDED && report.type == TT_ALLOC_L1 && (facts.hybrid || any_service_cores());
    if (__builtin_expect(!on_cores, 1) || !report_on_cores(facts, buffer, report)) {
        tt_alloc_buffer_allocated(&report);
        if (__builtin_expect(facts.hybrid, 0) && report.type == TT_ALLOC_L1) {
            client::note_family_peak(facts.handle);
        }
    }
    ledger::ThreadSlot& slot = client::thread_state.slot;
    if (__builtin_expect(slot.peak_rose, 0)) {
        slot.peak_rose = false;
        note_new_peak(facts, allocator, report.type);
    }
}

// The allocator's own figures where its text gives them: it rounds a size before it looks for room, and lays a sharded
// buffer over as many banks as it has shards. The exception gets its last lines.
[[gnu::cold]] void record_failure(tt_alloc_buffer& wanted, std::exception& error) noexcept {
    const ErrnoKeeper keeper;
    const char* text = error.what();
    ledger::NewFailure known;
    const auto refusal = read_allocation_refusal(text);
    if (refusal) {
        wanted.requested_bytes = refusal->requested_bytes;
        wanted.banks = refusal->banks;
        wanted.bytes_per_bank = refusal->bytes_per_bank;
        known.limit_bytes = refusal->bank_bytes;
        known.available_bytes = refusal->free_per_bank;
    }
    known.largest_free_per_bank = read_largest_free_block(text);
    known.exception = client::add_exception(text);
    if (const uint64_t number = client::allocation_refused(wanted, known); number != UINT64_MAX) {
        client::add_holders(number, wanted.allocator, wanted.type);
    }
    if (refusal) {
        client::RefusalFigures figures;
        figures.allocator = wanted.allocator;
        figures.account = wanted.type;
        figures.wanted_per_bank = wanted.bytes_per_bank;
        figures.banks = wanted.banks;
        figures.free_per_bank = known.available_bytes;
        figures.largest_free_per_bank = known.largest_free_per_bank;
        extend_exception(error, figures);
    }
}

}  // namespace

void record_buffer(const BufferFamily& family, Allocator* allocator, const Buffer* buffer, uint64_t address) noexcept {
    tt_alloc_buffer report{};
    if (const AllocatorFacts* facts = describe_buffer(family, allocator, buffer, report)) {
        report.address = address;
        report_allocated(*facts, allocator, buffer, report);
    }
}

// Reads the buffer right after tt-metal did, while its lines are in the cache; the lines that the report will touch are
// prefetched before.
uint64_t allocate_buffer(Allocator* allocator, Buffer* buffer) {
    const BufferFamily* family = tracking();
    if (family == nullptr) {
        return g_hot.original.allocate_buffer(allocator, buffer);
    }
    client::expect_event();
    __builtin_prefetch(hook_thread.allocator_facts);
    __builtin_prefetch(hook_thread.size_answer);
    tt_alloc_buffer report{};
    try {
        report.address = g_hot.original.allocate_buffer(allocator, buffer);
    } catch (std::exception& error) {
        if (describe_buffer(*family, allocator, buffer, report) != nullptr) {
            const client::RecordContext context(event_context());
            record_failure(report, error);
        }
        throw;
    }
    const uint64_t address = report.address;
    if (const AllocatorFacts* facts = describe_buffer(*family, allocator, buffer, report)) {
        const client::RecordContext context(event_context());
        report_allocated(*facts, allocator, buffer, report);
    }
    return address;
}

void deallocate_buffer(Allocator* allocator, Buffer* buffer) {
    if (const BufferFamily* family = tracking()) {
        client::expect_event();
        if (any_noted()) {
            mark_dangling_views(*family, allocator, buffer);
        }
        if (__builtin_expect(hook_thread.peak_passed_over, 0)) {
            note_end_of_peak(allocator);
        }
        tt_alloc_buffer_freed(family->id(buffer));
    }
    g_hot.original.deallocate_buffer(allocator, buffer);
}

// Device close and allocator reset: tt-metal reports none of the frees, and buffers that outlive the device end in
// silence.
void deallocate_buffers(Allocator* allocator) {
    if (tracking() != nullptr) {
        const ErrnoKeeper keeper;
        clear_allocator(allocator);
    }
    originals().deallocate_buffers(allocator);
}

void allocator_clear(Allocator* allocator) {
    if (tracking() != nullptr) {
        const ErrnoKeeper keeper;
        clear_allocator(allocator);
    }
    originals().allocator_clear(allocator);
}

// A new allocator at the address of one whose end was not seen ends that one.
void allocator_created(Allocator* allocator, const AllocatorConfig* config) {
    if (tracking() != nullptr) {
        const ErrnoKeeper keeper;
        forget_allocator(allocator);
        trace_forget(allocator);
    }
    const AllocatorMade making(allocator);
    originals().allocator_created(allocator, config);
}

void allocator_gone(Allocator* allocator) {
    if (tracking() != nullptr) {
        const ErrnoKeeper keeper;
        forget_allocator(allocator);
        trace_forget(allocator);
    }
    originals().allocator_gone(allocator);
}

void allocator_gone_whole(Allocator* allocator) {
    if (tracking() != nullptr) {
        const ErrnoKeeper keeper;
        forget_allocator(allocator);
        trace_forget(allocator);
    }
    originals().allocator_gone_whole(allocator);
}

// 0.65.0: the same on the class Allocator. Later releases call only the third, on a wrapper that forwards to the above.
uint64_t allocate_buffer_065(Allocator* allocator, Buffer* buffer) {
    return allocate_buffer(allocator, buffer);
}

void deallocate_buffer_065(Allocator* allocator, Buffer* buffer) {
    deallocate_buffer(allocator, buffer);
}

void deallocate_buffers_065(Allocator* allocator) {
    if (symbols().is_065) {
        deallocate_buffers(allocator);
    } else {
        originals().wrapper_deallocate_buffers(allocator);
    }
}

void allocator_clear_065(Allocator* allocator) {
    allocator_clear(allocator);
}

void allocator_created_065(Allocator* allocator, const AllocatorConfig* config) {
    allocator_created(allocator, config);
}

void allocator_gone_065(Allocator* allocator) {
    allocator_gone(allocator);
}

void allocator_gone_whole_065(Allocator* allocator) {
    allocator_gone_whole(allocator);
}

}  // namespace ttmem::tt_metal
