// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Programs with their circular buffers and kernels. They come and go seldom (a program cache keeps them), so everything
// here takes one lock. What happens often, a relaunch, is one store without it. A program's own state is the commit
// point for its circular buffers and kernels: their runs are filled before it turns live and given back after it turned
// free.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/spin_lock.hpp"
#include "ledger/write/extremes.hpp"
#include "ledger/write/picture_room.hpp"
#include "ledger/write/record_runs.hpp"
#include "ledger/write/tables.hpp"

namespace ttmem::ledger {

// Arguments of the writer's functions. Pointers are read during the call only; ranges of one set must not be more than
// kMostCoreRanges.
struct NewCircularBuffer {
    uint64_t id;
    uint64_t address;
    uint64_t bytes;  // on each core
    const CoreRange* ranges;
    uint32_t range_count;
    uint32_t flags;  // CircularBufferFlags
};

// By which numbers kernels call a circular buffer.
struct CircularBufferNumbers {
    uint64_t index_mask;  // 0 unknown
    uint8_t data_format;  // of the lowest of them, kUnknownFormat unknown
    uint8_t reserved[7];
};

struct NewKernel {
    uint64_t id;
    const char* name;  // UTF-8, terminated; empty or null: unknown
    const CoreRange* ranges;
    uint32_t range_count;
    uint32_t packed_bytes;  // on each core
    uint8_t processor;      // ProcessorClass
    uint8_t type;           // ProgramType
    uint16_t core_type;
};

struct NewProgram {
    uint64_t id;
    uint16_t allocator;  // kNoAllocator: none, with one device
    uint16_t device;     // kAllDevices or a device's index
    uint8_t type;        // ProgramType
    uint8_t flags;       // ProgramFlags
    uint64_t config_bytes;
    const NewCircularBuffer* circular_buffers;
    uint32_t circular_buffer_count;
    const NewKernel* kernels;
    uint32_t kernel_count;
    const uint32_t* devices;                               // some of the allocator's, instead of `device`
    uint32_t device_count;                                 // 0: `device` says
    const CircularBufferNumbers* circular_buffer_numbers;  // one for each circular buffer; null: unknown
};

// Where the launches of a loaded program are noted (ProgramWriter::place_of).
struct ProgramPlace {
    ProgramRecord* record = nullptr;  // null: it is gone
    uint32_t state = 0;               // while it is the same program
};

// Safe from any thread. A handle names one loaded program; 0 none, when there is no room or an argument is wrong
// (counted). The handle of an unloaded program, also of one unloaded by its allocator's close, is ignored.
class ProgramWriter {
public:
    ProgramWriter(Tables& tables, Extremes& extremes, PictureRoom& pictures) noexcept;
    ProgramWriter(const ProgramWriter&) = delete;
    ProgramWriter& operator=(const ProgramWriter&) = delete;

    uint64_t load(ThreadSlot& slot, const NewProgram& program) noexcept;
    void unload(ThreadSlot& slot, uint64_t handle) noexcept;
    // The allocator closes.
    void unload_all_of(ThreadSlot& slot, uint32_t allocator) noexcept;

    // Records the bytes that a program takes in a core's kernel-config ring, known only after its first launch.
    void set_config_bytes(uint64_t handle, uint64_t bytes) noexcept;
    // Circular buffer number `index` of a program lies in other memory now: a global one, set again for each launch.
    void move_circular_buffer(uint64_t handle, uint32_t index, uint64_t address) noexcept;

    // The program was enqueued again. Nothing changes when it was the last one that was.
    void launch(uint64_t handle) noexcept;
    // launch() without a lock and a look-up, for a caller that keeps the place with the handle: good for as long as the
    // writer is. A program that is unloaded at this moment may leave the launch to its record's next one.
    ProgramPlace place_of(uint64_t handle) noexcept;
    void launch_again(const ProgramPlace& place) noexcept {
        const uint64_t last = place.record->last_launch.load(std::memory_order_relaxed);
        if (place.record->state.load(std::memory_order_relaxed) == place.state &&
            (last == 0 || last != launches_.load(std::memory_order_relaxed))) {
            count_launch(*place.record);
        }
    }

    // For the copy in a picture; the lock is held. The first of the writer's locks.
    SpinLock& lock() noexcept { return lock_; }
    uint32_t used() const noexcept { return programs_.used(); }  // records ever used
    ProgramRecord& record(uint32_t index) const noexcept { return programs_.at<ProgramRecord>(index); }
    const CircularBufferRecord& circular_buffer(uint32_t index) const noexcept {
        return circular_buffers_.at<CircularBufferRecord>(index);
    }
    // The number of the latest launch.
    uint64_t launches() const noexcept { return launches_.load(std::memory_order_relaxed); }

private:
    uint32_t take(RecordRuns& runs, uint32_t count) noexcept;
    uint32_t set_of_devices(const NewProgram& program) noexcept;
    bool names_devices(const NewProgram& program) const noexcept;
    bool fill_circular_buffers(const NewProgram& program, uint32_t first, uint64_t& own_bytes) noexcept;
    bool fill_kernels(const NewProgram& program, uint32_t first, uint64_t& bytes) noexcept;
    ProgramRecord* find(uint64_t handle) const noexcept;
    void count_launch(ProgramRecord& record) noexcept;
    void unload_locked(ThreadSlot& slot, ProgramRecord& record, uint32_t index) noexcept;

    Tables& tables_;
    Extremes& extremes_;
    PictureRoom& pictures_;
    SpinLock lock_;
    RecordRuns programs_;
    RecordRuns circular_buffers_;
    RecordRuns kernels_;
    std::atomic<uint64_t> launches_{0};  // of all programs, but for those of the program launched last
};

}  // namespace ttmem::ledger
