// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The calls of client.h for programs, their circular buffers and kernels, for config rings and regions.
#include <cstddef>

#include "base/host_guard.hpp"
#include "client/tracker.hpp"
#include "tt_alloc/client.h"

namespace {

using ttmem::HostGuard;
using ttmem::client::Entry;
using ttmem::client::Need;
using ttmem::ledger::CoreRange;
using ttmem::ledger::NewCircularBuffer;
using ttmem::ledger::NewKernel;
using ttmem::ledger::Writer;

// The ABI's types are those of the writer under other names: a program is handed on without a copy.
static_assert(sizeof(tt_alloc_core_range) == sizeof(CoreRange));
static_assert(sizeof(tt_alloc_circular_buffer) == sizeof(NewCircularBuffer));
static_assert(offsetof(tt_alloc_circular_buffer, cores) == offsetof(NewCircularBuffer, ranges));
static_assert(offsetof(tt_alloc_circular_buffer, flags) == offsetof(NewCircularBuffer, flags));
static_assert(sizeof(tt_alloc_circular_buffer_use) == sizeof(ttmem::ledger::CircularBufferNumbers));
static_assert(offsetof(tt_alloc_circular_buffer_use, data_format) ==
              offsetof(ttmem::ledger::CircularBufferNumbers, data_format));
static_assert(int{TT_ALLOC_FORMAT_UNKNOWN} == int{ttmem::ledger::kUnknownFormat});
static_assert(sizeof(tt_alloc_kernel) == sizeof(NewKernel));
static_assert(offsetof(tt_alloc_kernel, cores) == offsetof(NewKernel, ranges));
static_assert(offsetof(tt_alloc_kernel, packed_bytes) == offsetof(NewKernel, packed_bytes));
static_assert(offsetof(tt_alloc_kernel, core_type) == offsetof(NewKernel, core_type));

// Size of tt_alloc_program in ABI 2, which ends before `devices`.
constexpr uint32_t kProgramBytes2 = offsetof(tt_alloc_program, devices);
// The same of ABI 3 to 5.
constexpr uint32_t kProgramBytes3 = offsetof(tt_alloc_program, circular_buffer_uses);

constexpr uint32_t kMostAllocator = 0xfffe;

bool is_good(const tt_alloc_program& program) noexcept {
    return program.struct_size >= kProgramBytes2 &&
           (program.allocator <= kMostAllocator ||
            (program.allocator == TT_ALLOC_NONE && program.device != TT_ALLOC_NONE)) &&
           (program.device == TT_ALLOC_NONE || program.device < ttmem::ledger::kAllDevices) &&
           program.type <= TT_ALLOC_KERNEL_DISPATCH;
}

bool is_good(const tt_alloc_clash& clash) noexcept {
    return clash.struct_size >= offsetof(tt_alloc_clash, kernels) && clash.allocator <= kMostAllocator;
}

bool is_good(const tt_alloc_region& region) noexcept {
    return region.struct_size >= sizeof region && region.allocator <= kMostAllocator && region.type != 0 &&
           (region.device == TT_ALLOC_NONE || region.device < ttmem::ledger::kAllDevices) &&
           region.buffer_type <= TT_ALLOC_L1;
}

bool is_good(const tt_alloc_config_ring& ring) noexcept {
    return ring.struct_size >= sizeof ring && ring.allocator <= kMostAllocator;
}

uint16_t device_of(uint32_t device) noexcept {
    return device == TT_ALLOC_NONE ? ttmem::ledger::kAllDevices : static_cast<uint16_t>(device);
}

// Has `record` write a good argument down and gives what it gives; 0 while tracking is off or impossible, and for a bad
// argument, which is counted.
template <typename Argument, typename Record>
uint64_t report(const Argument& argument, Record record) noexcept {
    if (tt_alloc_tracking_on == 0) {
        return 0;
    }
    const HostGuard host_guard;
    const Entry entry(Need::kAllocation);
    if (!entry) {
        return 0;
    }
    if (!is_good(argument)) {
        entry.writer().header().count_lost(ttmem::ledger::kLostBadArgument);
        return 0;
    }
    return record(entry.writer());
}

}  // namespace

uint64_t tt_alloc_program_loaded(const tt_alloc_program* program) {
    return report(*program, [program](Writer& writer) {
        ttmem::ledger::NewProgram to{};
        to.id = program->id;
        to.allocator = program->allocator == TT_ALLOC_NONE ? ttmem::ledger::kNoAllocator
                                                           : static_cast<uint16_t>(program->allocator);
        if (program->struct_size >= kProgramBytes3) {
            to.devices = program->devices;
            to.device_count = program->device_count;
        }
        if (program->struct_size >= sizeof *program) {
            to.circular_buffer_numbers =
                reinterpret_cast<const ttmem::ledger::CircularBufferNumbers*>(program->circular_buffer_uses);
        }
        to.device = device_of(program->device);
        to.type = program->type;
        to.flags = program->flags & TT_ALLOC_PROGRAM_BUFFERS_UNKNOWN;
        to.config_bytes = program->config_bytes;
        to.circular_buffers = reinterpret_cast<const NewCircularBuffer*>(program->circular_buffers);
        to.circular_buffer_count = program->circular_buffer_count;
        to.kernels = reinterpret_cast<const NewKernel*>(program->kernels);
        to.kernel_count = program->kernel_count;
        return writer.programs().load(Entry::slot(), to);
    });
}

void tt_alloc_program_unloaded(uint64_t program) {
    if (const Entry entry(Need::kExisting); entry) {
        entry.writer().programs().unload(entry.slot(), program);
    }
}

void tt_alloc_program_launched(uint64_t program) {
    if (const Entry entry(Need::kExisting); entry) {
        entry.writer().programs().launch(program);
    }
}

void tt_alloc_circular_buffer_moved(uint64_t program, uint32_t index, uint64_t address) {
    if (const Entry entry(Need::kExisting); entry) {
        entry.writer().programs().move_circular_buffer(program, index, address);
    }
}

void tt_alloc_clash_refused(const tt_alloc_clash* clash) {
    ttmem::ledger::NewFailure known;
    known.type = ttmem::ledger::kFailureClash;
    ttmem::client::program_refused(*clash, known);
}

uint64_t ttmem::client::program_refused(const tt_alloc_clash& refused, const ledger::NewFailure& known) noexcept {
    uint64_t number = UINT64_MAX;
    report(refused, [&](Writer& writer) {
        ledger::NewClash to{static_cast<uint16_t>(refused.allocator),
                            refused.program_id,
                            refused.buffer_id,
                            refused.end_address,
                            refused.buffer_address,
                            reinterpret_cast<const CoreRange*>(refused.cores),
                            refused.core_ranges,
                            refused.struct_size >= sizeof refused ? refused.kernels : nullptr};
        to.type = known.type;
        to.limit_bytes = known.limit_bytes;
        to.region_kind = known.region_kind;
        to.exception = known.exception;
        number = writer.failures().refuse_launch(Entry::slot(), to);
        return uint64_t{0};
    });
    return number;
}

uint64_t tt_alloc_describe_region(const tt_alloc_region* region) {
    return report(*region, [region](Writer& writer) {
        ttmem::ledger::NewRegion to{};
        to.allocator = static_cast<uint16_t>(region->allocator);
        to.buffer_type = region->buffer_type;
        to.source = region->source;
        to.device = device_of(region->device);
        to.type = region->type;
        to.address = region->address;
        to.bytes = region->bytes;
        to.ranges = reinterpret_cast<const CoreRange*>(region->cores);
        to.range_count = region->core_ranges;
        return writer.layout().describe_region(to);
    });
}

void tt_alloc_region_gone(uint64_t region) {
    if (const Entry entry(Need::kExisting); entry) {
        entry.writer().layout().forget_region(region);
    }
}

uint64_t tt_alloc_describe_config_ring(const tt_alloc_config_ring* ring) {
    return report(*ring, [ring](Writer& writer) {
        return writer.layout().describe_config_ring({static_cast<uint16_t>(ring->allocator), ring->sub_device,
                                                     ring->core_type, ring->base_address, ring->capacity_bytes});
    });
}

void tt_alloc_config_ring_changed(uint64_t ring, const tt_alloc_config_ring_fill* fill) {
    if (const Entry entry(Need::kExisting); entry) {
        entry.writer().layout().set_config_ring(ring, {fill->used_bytes, fill->evictions, fill->launches, fill->flags});
    }
}
