// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// tt-metal's allocator: every buffer that takes bytes, every free, every refusal, and the allocator's own life.
//
// Order: a buffer is reported after it was allocated and before it is freed, so no two live records ever hold one
// address. Standing in at the allocator rather than at GraphTracker leaves out captures without dispatch (nothing is
// allocated) by itself. The originals may throw: allocate_buffer when memory runs out, clear and deallocate_buffers on
// broken state.
#include <cstdlib>
#include <cstring>
#include <exception>

#include "tt_metal/allocators.hpp"
#include "tt_metal/hook.hpp"
#include "tt_metal/names.hpp"
#include "tt_metal/record_buffer.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {

uint64_t allocate_buffer(Allocator*, Buffer*) TTMEM_STAND_IN(TTMEM_ALLOCATE_BUFFER);
uint64_t allocate_buffer_065(Allocator*, Buffer*) TTMEM_STAND_IN(TTMEM_065_ALLOCATE_BUFFER);
void deallocate_buffer(Allocator*, Buffer*) TTMEM_STAND_IN(TTMEM_DEALLOCATE_BUFFER);
void deallocate_buffer_065(Allocator*, Buffer*) TTMEM_STAND_IN(TTMEM_065_DEALLOCATE_BUFFER);
void deallocate_buffers(Allocator*) TTMEM_STAND_IN(TTMEM_DEALLOCATE_BUFFERS);
void deallocate_buffers_065(Allocator*) TTMEM_STAND_IN(TTMEM_065_DEALLOCATE_BUFFERS);
void allocator_clear(Allocator*) TTMEM_STAND_IN(TTMEM_ALLOCATOR_CLEAR);
void allocator_clear_065(Allocator*) TTMEM_STAND_IN(TTMEM_065_ALLOCATOR_CLEAR);
void allocator_created(Allocator*, const AllocatorConfig*) TTMEM_STAND_IN(TTMEM_ALLOCATOR_CREATED);
void allocator_created_065(Allocator*, const AllocatorConfig*) TTMEM_STAND_IN(TTMEM_065_ALLOCATOR_CREATED);
void allocator_gone(Allocator*) TTMEM_STAND_IN(TTMEM_ALLOCATOR_GONE);
void allocator_gone_065(Allocator*) TTMEM_STAND_IN(TTMEM_065_ALLOCATOR_GONE);
void allocator_gone_whole(Allocator*) TTMEM_STAND_IN(TTMEM_ALLOCATOR_GONE_WHOLE);
void allocator_gone_whole_065(Allocator*) TTMEM_STAND_IN(TTMEM_065_ALLOCATOR_GONE_WHOLE);

namespace {

constexpr const char* kContradiction = "a tt::tt_metal::Buffer contradicts itself (type)";

// Fills a report from the buffer. False: it is not to be reported.
bool describe_buffer(const BufferFamily& family, Allocator* allocator, const Buffer* buffer,
                     tt_alloc_buffer& out) noexcept {
    BufferFields fields;
    if (__builtin_expect(!family.read(buffer, fields), 0)) {
        stop_tracking(kContradiction);
        return false;
    }
    const AllocatorFacts* facts = find_allocator(allocator);
    if (__builtin_expect(facts == nullptr, 0)) {
        static constexpr AllocatorFacts kUnknown;  // the client counts what is reported with it as lost
        facts = open_for_buffer(allocator, family.device(buffer));
        facts = facts != nullptr ? facts : &kUnknown;
    }
    out.id = fields.id;
    out.requested_bytes = fields.size;
    out.bytes_per_bank = facts->taken(fields.bytes_per_bank);
    out.allocator = facts->handle;
    out.banks = facts->banks[fields.type];
    out.page_bytes = fields.page_bytes;
    out.device = TT_ALLOC_NONE;
    out.type = static_cast<uint8_t>(fields.type);
    out.role = TT_ALLOC_ROLE_ALLOCATED;
    out.layout = fields.layout;
    return true;
}

// "... largest free block: 1072693184 B)" in the text of an out-of-memory error; UINT64_MAX when it does not say.
uint64_t largest_free_block(const char* text) noexcept {
    static constexpr char kWords[] = "largest free block: ";
    const char* found = text != nullptr ? std::strstr(text, kWords) : nullptr;
    if (found == nullptr) {
        return UINT64_MAX;
    }
    const char* digits = found + sizeof kWords - 1;
    char* end = nullptr;
    const unsigned long long value = std::strtoull(digits, &end, 10);
    return end != digits ? value : UINT64_MAX;
}

[[gnu::cold]] void record_failure(const BufferFamily& family, Allocator* allocator, const Buffer* buffer,
                                  const char* text) noexcept {
    const ErrnoKeeper keeper;
    tt_alloc_buffer wanted{};
    if (describe_buffer(family, allocator, buffer, wanted)) {
        tt_alloc_allocation_failed(&wanted, largest_free_block(text));
    }
}

void record_allocation(const BufferFamily& family, Allocator* allocator, const Buffer* buffer,
                       uint64_t address) noexcept {
    tt_alloc_buffer taken{};
    if (describe_buffer(family, allocator, buffer, taken)) {
        taken.address = address;
        tt_alloc_buffer_allocated(&taken);
    }
}

}  // namespace

void record_buffer(const BufferFamily& family, Allocator* allocator, const Buffer* buffer, uint64_t address) noexcept {
    record_allocation(family, allocator, buffer, address);
}

uint64_t allocate_buffer(Allocator* allocator, Buffer* buffer) {
    const BufferFamily* family = tracking();
    const auto original = symbols().original.allocate_buffer;
    if (family == nullptr) {
        return original(allocator, buffer);
    }
    uint64_t address = 0;
    try {
        address = original(allocator, buffer);
    } catch (const std::exception& error) {
        record_failure(*family, allocator, buffer, error.what());
        throw;
    }
    record_allocation(*family, allocator, buffer, address);
    return address;
}

void deallocate_buffer(Allocator* allocator, Buffer* buffer) {
    if (const BufferFamily* family = tracking()) {
        tt_alloc_buffer_freed(family->id(buffer));
    }
    symbols().original.deallocate_buffer(allocator, buffer);
}

// Device close and allocator reset: tt-metal reports none of the frees, and buffers that outlive the device end in
// silence.
void deallocate_buffers(Allocator* allocator) {
    if (tracking() != nullptr) {
        const ErrnoKeeper keeper;
        clear_allocator(allocator);
    }
    symbols().original.deallocate_buffers(allocator);
}

void allocator_clear(Allocator* allocator) {
    if (tracking() != nullptr) {
        const ErrnoKeeper keeper;
        clear_allocator(allocator);
    }
    symbols().original.allocator_clear(allocator);
}

// A new allocator at the address of one whose end was not seen ends that one.
void allocator_created(Allocator* allocator, const AllocatorConfig* config) {
    if (tracking() != nullptr) {
        const ErrnoKeeper keeper;
        forget_allocator(allocator);
    }
    symbols().original.allocator_created(allocator, config);
}

void allocator_gone(Allocator* allocator) {
    if (tracking() != nullptr) {
        const ErrnoKeeper keeper;
        forget_allocator(allocator);
    }
    symbols().original.allocator_gone(allocator);
}

void allocator_gone_whole(Allocator* allocator) {
    if (tracking() != nullptr) {
        const ErrnoKeeper keeper;
        forget_allocator(allocator);
    }
    symbols().original.allocator_gone_whole(allocator);
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
        symbols().original.wrapper_deallocate_buffers(allocator);
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
