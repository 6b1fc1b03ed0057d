// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Programs come and go seldom (a program cache keeps them), so everything here takes one lock. What happens often, a
// relaunch, is one store without it. A program's own state is the commit point for its circular buffers and kernels:
// their runs are filled before it turns live and given back after it turned free.
#include "ledger/write/program_writer.hpp"

#include <sys/mman.h>

#include <cstring>
#include <mutex>

#include "base/clock.hpp"
#include "ledger/write/test_point.hpp"
#include "ledger/write/buffer_events.hpp"

namespace ttmem::ledger {

namespace {

constexpr uint32_t kFirstPrograms = 128;  // 16 KiB
constexpr uint32_t kFirstParts = 512;     // 16 KiB of circular buffers, and of kernels
constexpr uint32_t kMaxPrograms = 1u << 16;
constexpr uint32_t kMaxParts = 1u << 20;
constexpr uint64_t kMostNameBytes = 1024;

uint32_t class_of(uint32_t count) noexcept {
    uint32_t power = 0;
    while ((1u << power) < count) {
        ++power;
    }
    return power;
}

uint64_t hash_of(const char* text, uint64_t bytes) noexcept {
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint64_t i = 0; i < bytes; ++i) {
        hash = (hash ^ static_cast<uint8_t>(text[i])) * 0x100000001b3u;
    }
    return hash == IdIndex<ProgramTables::KernelName>::kEmptyId ? 0 : hash;
}

// Cores in the ranges; one that lies in several counts once.
uint64_t count_cores(const CoreRange* ranges, uint32_t count) noexcept {
    uint64_t rows[kGridSide] = {};
    for (uint32_t i = 0; i < count; ++i) {
        const CoreRange& range = ranges[i];
        const uint32_t width = uint32_t{range.end_x} - range.start_x + 1;
        const uint64_t columns = (width >= kGridSide ? ~uint64_t{0} : (uint64_t{1} << width) - 1) << range.start_x;
        for (uint32_t y = range.start_y; y <= range.end_y; ++y) {
            rows[y] |= columns;
        }
    }
    uint64_t cores = 0;
    for (const uint64_t row : rows) {
        cores += static_cast<uint64_t>(__builtin_popcountll(row));
    }
    return cores;
}

constexpr uint64_t handle_of(uint32_t state, uint32_t index) noexcept {
    return uint64_t{state} << 32 | (index + 1);
}

}  // namespace

// --- Runs of records

// Its first record, or kNone. The lock is held.
uint32_t Writer::take_run(RecordRuns& runs, uint32_t kind, uint32_t count, uint32_t record_bytes) noexcept {
    if (count == 0) {
        return 0;
    }
    const bool programs = kind == kSectionPrograms;
    const uint32_t most = programs ? kMaxPrograms : kMaxParts;
    const uint32_t size_class = class_of(count);
    if (size_class >= RecordRuns::kClasses) {
        return kNone;
    }
    if (runs.next == nullptr) {
        void* memory = mmap(nullptr, uint64_t{most} * sizeof(uint32_t), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            return kNone;
        }
        runs.next = static_cast<uint32_t*>(memory);
    }
    if (runs.free_runs[size_class] != 0) {
        const uint32_t first = runs.free_runs[size_class] - 1;
        runs.free_runs[size_class] = runs.next[first];
        return first;
    }
    const uint32_t wanted = 1u << size_class;
    while (runs.capacity - runs.used < wanted) {
        const uint32_t more = runs.capacity == 0 ? (programs ? kFirstPrograms : kFirstParts) : runs.capacity;
        if (runs.extent_count == RecordRuns::kExtents || runs.capacity + more > most) {
            return kNone;
        }
        const std::lock_guard<SpinLock> guard(growth_lock_);
        const uint64_t offset = add_section(kind, 0, runs.capacity, more, record_bytes);
        if (offset == 0) {
            return kNone;
        }
        runs.extents[runs.extent_count++] = {offset, runs.capacity, more};
        runs.capacity += more;
        if (kind == kSectionPrograms || kind == kSectionCircularBuffers) {  // a picture holds no kernels
            pictures_.program_bytes.fetch_add(uint64_t{more} * record_bytes, std::memory_order_relaxed);
            reserve_pictures();
        }
    }
    const uint32_t first = runs.used;
    runs.used += wanted;
    return first;
}

void Writer::give_run(RecordRuns& runs, uint32_t first, uint32_t count) noexcept {
    if (count == 0 || first == kNone) {
        return;
    }
    const uint32_t size_class = class_of(count);
    runs.next[first] = runs.free_runs[size_class];
    runs.free_runs[size_class] = first + 1;
}

// --- What a program consists of

bool ranges_are_good(const CoreRange* ranges, uint32_t count) noexcept {
    if (count > kMostCoreRanges) {
        return false;
    }
    for (uint32_t i = 0; i < count; ++i) {
        if (ranges[i].start_x > ranges[i].end_x || ranges[i].start_y > ranges[i].end_y ||
            ranges[i].end_x >= kGridSide || ranges[i].end_y >= kGridSide) {
            return false;
        }
    }
    return true;
}

uint32_t Writer::intern_cores(const CoreRange* ranges, uint32_t count) noexcept {
    const std::lock_guard<SpinLock> guard(growth_lock_);
    return intern(kInternedCoreSet, ranges, count * static_cast<uint32_t>(sizeof(CoreRange)));
}

// The sidecar's id of a name, written there when it is new; 0 when it cannot be.
uint32_t Writer::kernel_name(const char* name) noexcept {
    const uint64_t bytes = name == nullptr ? 0 : strnlen(name, kMostNameBytes);
    if (bytes == 0) {
        return 0;
    }
    const uint64_t hash = hash_of(name, bytes);
    if (const ProgramTables::KernelName* known = programs_.names.find(hash)) {
        return known->name;
    }
    if (!programs_.names.reserve_one()) {
        return 0;
    }
    struct {
        SidecarRecord record;
        char text[kMostNameBytes + 8];
    } detail{};
    detail.record.type = kSidecarKernelName;
    detail.record.id = programs_.names_given + 1;
    detail.record.bytes = static_cast<uint32_t>(bytes);
    std::memcpy(detail.text, name, bytes);
    if (!file_.append_sidecar(&detail, sizeof(SidecarRecord) + (bytes + 7) / 8 * 8)) {
        return 0;
    }
    ++programs_.names_given;
    programs_.names.insert({hash, programs_.names_given, 0});
    return programs_.names_given;
}

constexpr uint32_t kNotOwn = kCircularBufferGlobal | kCircularBufferAlias | kCircularBufferBorrowed;

// Where its own circular buffers end in L1, the highest; 0: it has none.
static uint64_t own_end(const NewProgram& program) noexcept {
    uint64_t end = 0;
    for (uint32_t i = 0; i < program.circular_buffer_count; ++i) {
        const NewCircularBuffer& buffer = program.circular_buffers[i];
        if ((buffer.flags & kNotOwn) == 0 && buffer.address + buffer.bytes > end) {
            end = buffer.address + buffer.bytes;
        }
    }
    return end;
}

bool Writer::fill_circular_buffers(const NewProgram& program, uint32_t first, uint64_t& own_bytes) noexcept {
    for (uint32_t i = 0; i < program.circular_buffer_count; ++i) {
        const NewCircularBuffer& from = program.circular_buffers[i];
        if (!ranges_are_good(from.ranges, from.range_count)) {
            return false;
        }
        const uint32_t cores = intern_cores(from.ranges, from.range_count);
        if (cores == kNone) {
            return false;
        }
        auto* to =
            at<CircularBufferRecord>(programs_.circular_buffers.offset_of(first + i, sizeof(CircularBufferRecord)));
        *to = {from.id, from.address, from.bytes, cores, from.flags, 0, kUnknownFormat, {}};
        if (program.circular_buffer_numbers != nullptr) {
            to->index_mask = program.circular_buffer_numbers[i].index_mask;
            to->data_format = program.circular_buffer_numbers[i].data_format;
        }
        TTMEM_TEST_POINT("circular buffer written");
        own_bytes += (from.flags & kNotOwn) == 0 ? from.bytes * count_cores(from.ranges, from.range_count) : 0;
    }
    return true;
}

bool Writer::fill_kernels(const NewProgram& program, uint32_t first, uint64_t& bytes) noexcept {
    for (uint32_t i = 0; i < program.kernel_count; ++i) {
        const NewKernel& from = program.kernels[i];
        if (!ranges_are_good(from.ranges, from.range_count)) {
            return false;
        }
        const uint32_t cores = intern_cores(from.ranges, from.range_count);
        if (cores == kNone) {
            return false;
        }
        auto* to = at<KernelRecord>(programs_.kernels.offset_of(first + i, sizeof(KernelRecord)));
        *to = {from.id,   kernel_name(from.name), cores, from.packed_bytes, from.processor,
               from.type, from.core_type,         {}};
        TTMEM_TEST_POINT("kernel written");
        if (from.packed_bytes == kNone || bytes == kUnknown64) {
            bytes = kUnknown64;
            continue;
        }
        bytes += from.packed_bytes * count_cores(from.ranges, from.range_count);
    }
    return true;
}

// --- Programs

// Null when it is gone. The lock is held.
ProgramRecord* Writer::program_of(uint64_t handle) const noexcept {
    const auto index = static_cast<uint32_t>(handle) - 1;
    if (handle == 0 || index >= programs_.programs.used) {
        return nullptr;
    }
    auto* record = at<ProgramRecord>(programs_.programs.offset_of(index, sizeof(ProgramRecord)));
    return record->state.load(std::memory_order_relaxed) == static_cast<uint32_t>(handle >> 32) ? record : nullptr;
}

// An open allocator, or one device; and devices that are described.
bool Writer::names_devices(const NewProgram& program) const noexcept {
    const uint32_t devices = header_->device_count.load(std::memory_order_relaxed);
    if (program.device != kAllDevices && program.device >= devices) {
        return false;
    }
    for (uint32_t i = 0; i < program.device_count; ++i) {
        if (program.device_count > devices || program.devices[i] >= devices) {
            return false;
        }
    }
    return program.allocator == kNoAllocator ? program.device != kAllDevices : allocator_is_open(program.allocator);
}

uint64_t Writer::load_program(ThreadSlot& slot, const NewProgram& program) noexcept {
    const uint64_t ticks = now();
    if (!names_devices(program)) {
        count_lost(kLostBadArgument);
        return 0;
    }
    const std::lock_guard<SpinLock> guard(programs_.lock);
    uint32_t device_set = kNone;
    {
        const std::lock_guard<SpinLock> growth(growth_lock_);
        const uint32_t device = program.device;
        if (program.device_count != 0) {
            device_set = intern(kInternedDeviceSet, program.devices, program.device_count * 4);
        } else if (program.device != kAllDevices) {
            device_set = intern(kInternedDeviceSet, &device, sizeof device);
        } else {
            device_set =
                allocators_[program.allocator / kAllocatorsPerSection][program.allocator % kAllocatorsPerSection]
                    .device_set;
        }
    }
    const uint32_t index = take_run(programs_.programs, kSectionPrograms, 1, sizeof(ProgramRecord));
    const uint32_t buffers = take_run(programs_.circular_buffers, kSectionCircularBuffers,
                                      program.circular_buffer_count, sizeof(CircularBufferRecord));
    const uint32_t kernels = take_run(programs_.kernels, kSectionKernels, program.kernel_count, sizeof(KernelRecord));
    uint64_t buffer_bytes = 0;
    uint64_t kernel_bytes = 0;
    if (device_set == kNone || index == kNone || buffers == kNone || kernels == kNone ||
        !fill_circular_buffers(program, buffers, buffer_bytes) || !fill_kernels(program, kernels, kernel_bytes)) {
        give_run(programs_.programs, index, 1);
        give_run(programs_.circular_buffers, buffers, program.circular_buffer_count);
        give_run(programs_.kernels, kernels, program.kernel_count);
        count_lost(kLostNoProgramRoom);
        return 0;
    }
    auto& record = *at<ProgramRecord>(programs_.programs.offset_of(index, sizeof(ProgramRecord)));
    const uint32_t generation = record.state.load(std::memory_order_relaxed) & ~uint32_t{kStateMask};
    put(record.state, generation | kWriting);
    TTMEM_TEST_POINT("program writing");
    std::atomic_thread_fence(std::memory_order_release);
    record.allocator = program.allocator;
    record.type = program.type;
    record.flags = program.flags;
    record.id = program.id;
    record.loaded_ticks = ticks;
    put(record.last_launch, uint64_t{0});
    record.device_set = device_set;
    record.first_circular_buffer = buffers;
    record.circular_buffer_count = program.circular_buffer_count;
    record.first_kernel = kernels;
    record.kernel_count = program.kernel_count;
    record.context = slot.context();
    record.circular_buffer_bytes = buffer_bytes;
    record.kernel_bytes = kernel_bytes;
    record.config_bytes = program.config_bytes;
    TTMEM_TEST_POINT("program written");
    put(record.state, generation | kLive);
    TTMEM_TEST_POINT("program live");
    if (program.allocator != kNoAllocator) {
        note_program_end(slot, program.allocator, index, own_end(program), program.id);
    }
    Shard& shard = shards_[slot.shard];
    const ShardGuard event(shard.lock, !slot.shared);
    add_event(shard, kEventProgramLoad, ticks, program.id, kernel_bytes == kUnknown64 ? 0 : kernel_bytes, slot.thread,
              program.allocator, kAccountKernelApplication + program.type, {0, 0, slot.context(), 0, 0, 0});
    return handle_of(generation | kLive, index);
}

// The lock is held.
void Writer::unload_locked(ThreadSlot& slot, ProgramRecord& record, uint32_t index) noexcept {
    const uint64_t ticks = now();
    const uint32_t state = record.state.load(std::memory_order_relaxed);
    put(record.state, ((state & ~uint32_t{kStateMask}) + (kStateMask + 1)) | kFree);
    TTMEM_TEST_POINT("program free");
    if (record.allocator != kNoAllocator) {
        drop_program_end(record.allocator, index);
    }
    give_run(programs_.circular_buffers, record.first_circular_buffer, record.circular_buffer_count);
    give_run(programs_.kernels, record.first_kernel, record.kernel_count);
    give_run(programs_.programs, index, 1);
    Shard& shard = shards_[slot.shard];
    const ShardGuard event(shard.lock, !slot.shared);
    add_event(shard, kEventProgramUnload, ticks, record.id, record.kernel_bytes == kUnknown64 ? 0 : record.kernel_bytes,
              slot.thread, record.allocator, kAccountKernelApplication + record.type, {0, 0, slot.scope, 0, 0, 0});
}

void Writer::unload_program(ThreadSlot& slot, uint64_t handle) noexcept {
    const std::lock_guard<SpinLock> guard(programs_.lock);
    if (ProgramRecord* record = program_of(handle)) {
        unload_locked(slot, *record, static_cast<uint32_t>(handle) - 1);
    }
}

void Writer::unload_programs_of(ThreadSlot& slot, uint32_t allocator) noexcept {
    const std::lock_guard<SpinLock> guard(programs_.lock);
    for (uint32_t index = 0; index < programs_.programs.used; ++index) {
        auto& record = *at<ProgramRecord>(programs_.programs.offset_of(index, sizeof(ProgramRecord)));
        if ((record.state.load(std::memory_order_relaxed) & kStateMask) == kLive && record.allocator == allocator) {
            unload_locked(slot, record, index);
        }
    }
}

void Writer::count_launch(ProgramRecord& record) noexcept {
    record.last_launch.store(launches_.fetch_add(1, std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    TTMEM_TEST_POINT("program launched");
}

ProgramPlace Writer::place_of_program(uint64_t handle) noexcept {
    const std::lock_guard<SpinLock> guard(programs_.lock);
    return {program_of(handle), static_cast<uint32_t>(handle >> 32)};
}

void Writer::launch_program(uint64_t handle) noexcept {
    const std::lock_guard<SpinLock> guard(programs_.lock);
    if (ProgramRecord* record = program_of(handle)) {
        launch_again({record, static_cast<uint32_t>(handle >> 32)});
    }
}

void Writer::move_circular_buffer(uint64_t handle, uint32_t index, uint64_t address) noexcept {
    const std::lock_guard<SpinLock> guard(programs_.lock);
    const ProgramRecord* record = program_of(handle);
    if (record == nullptr || index >= record->circular_buffer_count) {
        return;
    }
    auto* buffer = at<CircularBufferRecord>(
        programs_.circular_buffers.offset_of(record->first_circular_buffer + index, sizeof(CircularBufferRecord)));
    std::atomic_ref<uint64_t>(buffer->address).store(address, std::memory_order_relaxed);
}

// --- Clashes

uint64_t Writer::fail_clash(ThreadSlot& slot, const NewClash& clash) noexcept {
    const uint64_t ticks = now();
    if (!allocator_is_open(clash.allocator) || !ranges_are_good(clash.ranges, clash.range_count)) {
        count_lost(kLostBadArgument);
        return kUnknown64;
    }
    NewFailure failure;
    failure.type = clash.type;
    failure.allocator = clash.allocator;
    failure.account = clash.type == kFailureTraceRegion ? kAccountTrace : kAccountCircularBuffer;
    // The bytes that both sides want, or that L1 does not have.
    const uint64_t limit = clash.type == kFailureClash ? clash.buffer_address : clash.limit_bytes;
    failure.requested_bytes = clash.end_address > limit ? clash.end_address - limit : 0;
    failure.bytes_per_bank = failure.requested_bytes;
    failure.program_id = clash.program_id;
    failure.buffer_id = clash.buffer_id;
    failure.end_address = clash.end_address;
    failure.buffer_address = clash.buffer_address;
    failure.limit_bytes = clash.limit_bytes;
    failure.region_kind = clash.region_kind;
    failure.exception = clash.exception;
    {
        const std::lock_guard<SpinLock> guard(programs_.lock);
        failure.kernels = kernel_name(clash.kernels);
    }
    const OpenPicture picture =
        begin_picture(slot, ticks, clash.allocator, clash.type == kFailureTraceRegion ? kAccountTrace : kAccountL1);
    failure.picture = picture.number;
    uint64_t number = 0;
    {
        const std::lock_guard<SpinLock> guard(growth_lock_);
        if (clash.range_count != 0) {
            failure.core_set =
                intern(kInternedCoreSet, clash.ranges, clash.range_count * static_cast<uint32_t>(sizeof(CoreRange)));
        }
        for (uint32_t i = 0; clash.type == kFailureClash && failure.buffer_id == kUnknown64 && i < next_slot_; ++i) {
            const BufferRecord& buffer = record(i);
            if ((buffer.state.load(std::memory_order_acquire) & kStateMask) == kLive && buffer.account == kAccountL1 &&
                buffer.allocator == clash.allocator && buffer.address == clash.buffer_address) {
                failure.buffer_id = buffer.id;
            }
        }
        failure.allocated_bytes = held_bytes(clash.allocator, kAccountL1);
        number = add_failure(slot, ticks, failure);
    }
    finish_picture(slot, picture, number);
    Shard& shard = shards_[slot.shard];
    const ShardGuard guard(shard.lock, !slot.shared);
    add_event(shard, clash.type == kFailureClash ? kEventClash : kEventRefused, ticks, number, failure.requested_bytes,
              slot.thread, clash.allocator, failure.account, {limit, 0, slot.context(), 0, 0, 0});
    return number;
}

}  // namespace ttmem::ledger
