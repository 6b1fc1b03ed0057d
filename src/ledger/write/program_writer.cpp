// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/program_writer.hpp"

#include <mutex>

#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

namespace {

constexpr uint32_t kFirstPrograms = 128;  // 16 KiB
constexpr uint32_t kFirstParts = 512;     // 16 KiB of circular buffers, and of kernels
constexpr uint32_t kMostPrograms = 1u << 16;
constexpr uint32_t kMostParts = 1u << 20;
constexpr uint32_t kNotOwn = kCircularBufferGlobal | kCircularBufferAlias | kCircularBufferBorrowed;

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
constexpr uint32_t index_of(uint64_t handle) noexcept {
    return static_cast<uint32_t>(handle) - 1;
}

// Where its own circular buffers end in L1, the highest; 0: it has none.
uint64_t own_end(const NewProgram& program) noexcept {
    uint64_t end = 0;
    for (uint32_t i = 0; i < program.circular_buffer_count; ++i) {
        const NewCircularBuffer& buffer = program.circular_buffers[i];
        if ((buffer.flags & kNotOwn) == 0 && buffer.address + buffer.bytes > end) {
            end = buffer.address + buffer.bytes;
        }
    }
    return end;
}

}  // namespace

ProgramWriter::ProgramWriter(Tables& tables, Extremes& extremes, PictureRoom& pictures) noexcept
    : tables_(tables),
      extremes_(extremes),
      pictures_(pictures),
      programs_(tables.sections, kSectionPrograms, sizeof(ProgramRecord), kFirstPrograms, kMostPrograms),
      circular_buffers_(tables.sections, kSectionCircularBuffers, sizeof(CircularBufferRecord), kFirstParts,
                        kMostParts),
      kernels_(tables.sections, kSectionKernels, sizeof(KernelRecord), kFirstParts, kMostParts) {}

// The first record of a run, or kNone. The lock is held.
uint32_t ProgramWriter::take(RecordRuns& runs, uint32_t count) noexcept {
    uint32_t first = runs.take(count);
    while (first == kNone) {
        const std::lock_guard<SpinLock> guard(tables_.sections.lock());
        if (!runs.grow(count)) {
            return kNone;
        }
        if (&runs != &kernels_) {  // a picture holds no kernels
            pictures_.make_room_for_programs(runs.grown_bytes(), tables_.buffers.used());
        }
        first = runs.take(count);
    }
    return first;
}

// --- What a program consists of

bool ProgramWriter::fill_circular_buffers(const NewProgram& program, uint32_t first, uint64_t& own_bytes) noexcept {
    for (uint32_t i = 0; i < program.circular_buffer_count; ++i) {
        const NewCircularBuffer& from = program.circular_buffers[i];
        if (!ranges_are_good(from.ranges, from.range_count)) {
            return false;
        }
        const uint32_t cores = tables_.sets.add_cores(from.ranges, from.range_count);
        if (cores == kNone) {
            return false;
        }
        auto& to = circular_buffers_.at<CircularBufferRecord>(first + i);
        to = {from.id, from.address, from.bytes, cores, from.flags, 0, kUnknownFormat, {}};
        if (program.circular_buffer_numbers != nullptr) {
            to.index_mask = program.circular_buffer_numbers[i].index_mask;
            to.data_format = program.circular_buffer_numbers[i].data_format;
        }
        TTMEM_TEST_POINT("circular buffer written");
        own_bytes += (from.flags & kNotOwn) == 0 ? from.bytes * count_cores(from.ranges, from.range_count) : 0;
    }
    return true;
}

bool ProgramWriter::fill_kernels(const NewProgram& program, uint32_t first, uint64_t& bytes) noexcept {
    for (uint32_t i = 0; i < program.kernel_count; ++i) {
        const NewKernel& from = program.kernels[i];
        if (!ranges_are_good(from.ranges, from.range_count)) {
            return false;
        }
        const uint32_t cores = tables_.sets.add_cores(from.ranges, from.range_count);
        if (cores == kNone) {
            return false;
        }
        kernels_.at<KernelRecord>(first + i) = {from.id,        tables_.sidecar.kernel_name(from.name),
                                                cores,          from.packed_bytes,
                                                from.processor, from.type,
                                                from.core_type, {}};
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
ProgramRecord* ProgramWriter::find(uint64_t handle) const noexcept {
    const uint32_t index = index_of(handle);
    if (handle == 0 || index >= used()) {
        return nullptr;
    }
    ProgramRecord& found = record(index);
    return found.state.load(std::memory_order_relaxed) == static_cast<uint32_t>(handle >> 32) ? &found : nullptr;
}

// An open allocator, or one device; and devices that are described.
bool ProgramWriter::names_devices(const NewProgram& program) const noexcept {
    const uint32_t devices = tables_.devices.count();
    if (program.device != kAllDevices && program.device >= devices) {
        return false;
    }
    for (uint32_t i = 0; i < program.device_count; ++i) {
        if (program.device_count > devices || program.devices[i] >= devices) {
            return false;
        }
    }
    return program.allocator == kNoAllocator ? program.device != kAllDevices
                                             : tables_.allocators.is_open(program.allocator);
}

// The interned set of its devices, kNone when there is no room.
uint32_t ProgramWriter::set_of_devices(const NewProgram& program) noexcept {
    const std::lock_guard<SpinLock> guard(tables_.sections.lock());
    if (program.device_count != 0) {
        return tables_.sets.add_devices(program.devices, program.device_count);
    }
    if (program.device != kAllDevices) {
        const uint32_t device = program.device;
        return tables_.sets.add_devices(&device, 1);
    }
    return tables_.allocators.record(program.allocator).device_set;
}

uint64_t ProgramWriter::load(ThreadSlot& slot, const NewProgram& program) noexcept {
    const uint64_t ticks = tables_.header.now();
    if (!names_devices(program)) {
        tables_.header.count_lost(kLostBadArgument);
        return 0;
    }
    const std::lock_guard<SpinLock> guard(lock_);
    const uint32_t device_set = set_of_devices(program);
    const uint32_t index = take(programs_, 1);
    const uint32_t buffers = take(circular_buffers_, program.circular_buffer_count);
    const uint32_t kernels = take(kernels_, program.kernel_count);
    uint64_t buffer_bytes = 0;
    uint64_t kernel_bytes = 0;
    if (device_set == kNone || index == kNone || buffers == kNone || kernels == kNone ||
        !fill_circular_buffers(program, buffers, buffer_bytes) || !fill_kernels(program, kernels, kernel_bytes)) {
        programs_.give(index, 1);
        circular_buffers_.give(buffers, program.circular_buffer_count);
        kernels_.give(kernels, program.kernel_count);
        tables_.header.count_lost(kLostNoProgramRoom);
        return 0;
    }
    ProgramRecord& record = this->record(index);
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
        extremes_.add_program(slot, record, index, own_end(program));
    }
    tables_.shards.add_event(slot, kEventProgramLoad, ticks, program.id, kernel_bytes == kUnknown64 ? 0 : kernel_bytes,
                             program.allocator, kAccountKernelApplication + program.type,
                             {0, 0, slot.context(), 0, 0, 0});
    return handle_of(generation | kLive, index);
}

// The lock is held.
void ProgramWriter::unload_locked(ThreadSlot& slot, ProgramRecord& record, uint32_t index) noexcept {
    const uint64_t ticks = tables_.header.now();
    const uint32_t state = record.state.load(std::memory_order_relaxed);
    put(record.state, ((state & ~uint32_t{kStateMask}) + (kStateMask + 1)) | kFree);
    TTMEM_TEST_POINT("program free");
    if (record.allocator != kNoAllocator) {
        extremes_.drop_program(record.allocator, index);
    }
    circular_buffers_.give(record.first_circular_buffer, record.circular_buffer_count);
    kernels_.give(record.first_kernel, record.kernel_count);
    programs_.give(index, 1);
    tables_.shards.add_event(slot, kEventProgramUnload, ticks, record.id,
                             record.kernel_bytes == kUnknown64 ? 0 : record.kernel_bytes, record.allocator,
                             kAccountKernelApplication + record.type, {0, 0, slot.scope, 0, 0, 0});
}

void ProgramWriter::unload(ThreadSlot& slot, uint64_t handle) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    if (ProgramRecord* record = find(handle)) {
        unload_locked(slot, *record, index_of(handle));
    }
}

void ProgramWriter::unload_all_of(ThreadSlot& slot, uint32_t allocator) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    for (uint32_t index = 0; index < used(); ++index) {
        ProgramRecord& record = this->record(index);
        if ((record.state.load(std::memory_order_relaxed) & kStateMask) == kLive && record.allocator == allocator) {
            unload_locked(slot, record, index);
        }
    }
}

void ProgramWriter::set_config_bytes(uint64_t handle, uint64_t bytes) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    ProgramRecord* record = find(handle);
    if (record == nullptr) {
        return;
    }
    __atomic_store_n(&record->config_bytes, bytes, __ATOMIC_RELAXED);
    TTMEM_TEST_POINT("program sized");
    extremes_.note_configuration(*record);
}

void ProgramWriter::count_launch(ProgramRecord& record) noexcept {
    record.last_launch.store(launches_.fetch_add(1, std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    TTMEM_TEST_POINT("program launched");
}

ProgramPlace ProgramWriter::place_of(uint64_t handle) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    return {find(handle), static_cast<uint32_t>(handle >> 32)};
}

void ProgramWriter::launch(uint64_t handle) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    if (ProgramRecord* record = find(handle)) {
        launch_again({record, static_cast<uint32_t>(handle >> 32)});
    }
}

void ProgramWriter::move_circular_buffer(uint64_t handle, uint32_t index, uint64_t address) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    const ProgramRecord* record = find(handle);
    if (record == nullptr || index >= record->circular_buffer_count) {
        return;
    }
    auto& buffer = circular_buffers_.at<CircularBufferRecord>(record->first_circular_buffer + index);
    std::atomic_ref<uint64_t>(buffer.address).store(address, std::memory_order_relaxed);
}

}  // namespace ttmem::ledger
