// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Programs: when one is launched, when it ends.
//
// A launch is EnqueueMeshWorkload; within it each program of the workload passes compile_and_allocate (before 0.76.0
// validate_circular_buffer_region), also when it was compiled long ago. Several programs of one workload pass there on
// threads of tt-metal's own, so that "within" is asked of the process and not of the thread. A program that is compiled
// and never launched (a capture without dispatch) takes nothing on the device and is not recorded, unless another
// thread launches at that very moment.
//
// tt-metal's own programs (fabric, dispatch) are compiled for a Device, not for a mesh, and never pass there.
#include <exception>

#include "client/tracker.hpp"
#include "tt_metal/devices.hpp"
#include "tt_metal/hook.hpp"
#include "tt_metal/names.hpp"
#include "tt_metal/program_ranges.hpp"
#include "tt_metal/programs.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {

void compile_and_allocate(Program*, Device*, bool) TTMEM_HOT_STAND_IN(TTMEM_COMPILE_AND_ALLOCATE);
void allocate_circular_buffers(Program*, const Device*) TTMEM_STAND_IN(TTMEM_ALLOCATE_CIRCULAR_BUFFERS);
void validate_circular_buffers(Program*, const Device*) TTMEM_HOT_STAND_IN(TTMEM_VALIDATE_CIRCULAR_BUFFERS);
void program_compile(Program*, Device*, bool) TTMEM_STAND_IN(TTMEM_PROGRAM_COMPILE);
void program_gone(Program*) TTMEM_STAND_IN(TTMEM_PROGRAM_GONE);
void mark_address(CircularBufferMarker*, uint64_t, uint64_t, uint64_t) TTMEM_HOT_STAND_IN(TTMEM_MARK_ADDRESS);
uint32_t add_dataflow_buffer(Program*, const ForeignCoreRanges*, const DataflowConfig*)
    TTMEM_STAND_IN(TTMEM_ADD_DATAFLOW_BUFFER);
void enqueue_workload(MeshQueue*, MeshWorkload*, bool) TTMEM_HOT_STAND_IN(TTMEM_ENQUEUE_WORKLOAD);

namespace {

// Workloads being enqueued now, counted by the tracker's shards: the thread that holds one counts there with plain
// stores; the threads that hold none share the last.
struct alignas(64) Enqueues {
    std::atomic<uint32_t> now{0};
};
Enqueues g_enqueues[ledger::kMaxShards + 1];

// Where this thread counts: a shard that it holds, or the last.
uint32_t own_place() noexcept {
    const client::ThreadState& state = client::thread_state;
    const bool alone = state.writer != nullptr && !state.slot.shared && state.slot.shard < ledger::kMaxShards;
    return alone ? state.slot.shard : ledger::kMaxShards;
}

class EnqueueScope {
public:
    EnqueueScope() noexcept {
        const uint32_t place = own_place();
        alone_ = place < ledger::kMaxShards;
        count_ = &g_enqueues[place].now;
        add(1);
    }
    ~EnqueueScope() { add(-1u); }
    EnqueueScope(const EnqueueScope&) = delete;
    EnqueueScope& operator=(const EnqueueScope&) = delete;

private:
    void add(uint32_t change) noexcept {
        if (alone_) {
            count_->store(count_->load(std::memory_order_relaxed) + change, std::memory_order_release);
        } else {
            count_->fetch_add(change, std::memory_order_acq_rel);
        }
    }
    std::atomic<uint32_t>* count_;
    bool alone_;
};

bool any_enqueue() noexcept {
    if (g_enqueues[own_place()].now.load(std::memory_order_relaxed) != 0) {
        return true;  // the usual case: this thread's own
    }
    for (const Enqueues& enqueues : g_enqueues) {
        if (enqueues.now.load(std::memory_order_acquire) != 0) {
            return true;
        }
    }
    return false;
}

constexpr size_t kMostMarks = 256;

// What this thread's allocation of circular buffers marked, while it runs.
thread_local std::vector<Mark>* t_marks = nullptr;

class MarkScope {
public:
    explicit MarkScope(std::vector<Mark>& marks) noexcept : outer_(t_marks) { t_marks = &marks; }
    ~MarkScope() { t_marks = outer_; }
    MarkScope(const MarkScope&) = delete;
    MarkScope& operator=(const MarkScope&) = delete;

private:
    std::vector<Mark>* outer_;
};

bool following_programs() noexcept {
    return tracking() != nullptr && symbols().programs_known;
}

// A program that goes to one chip on its own is launched as it is compiled.
void record(Program* program, Device* device) noexcept {
    if (any_enqueue() || is_device(device)) {
        record_launch(program, device);
    }
}

}  // namespace

void compile_and_allocate(Program* program, Device* device, bool force_slow) {
    const auto original = symbols().original.compile_and_allocate;
    if (!following_programs()) {
        original(program, device, force_slow);
        return;
    }
    std::vector<Mark> marks;
    try {
        const MarkScope scope(marks);
        original(program, device, force_slow);
    } catch (const std::exception& error) {
        record_clash(program, device, error.what());
        throw;
    }
    check_dataflow_layout(symbols(), program, marks);
    record(program, device);
}

// Slow dispatch launches chip by chip, and up to 0.72.0 passes only here.
void allocate_circular_buffers(Program* program, const Device* device) {
    const Symbols& found = symbols();
    found.original.allocate_circular_buffers(program, device);
    if (found.original.compile_and_allocate == nullptr && is_device(device) && following_programs()) {
        record(program, const_cast<Device*>(device));
    }
}

// Behind the allocation of circular buffers, at each launch; throws when they clash with a buffer. From 0.76.0 on
// compile_and_allocate calls it.
void validate_circular_buffers(Program* program, const Device* device) {
    const Symbols& found = symbols();
    if (found.original.compile_and_allocate != nullptr || !following_programs()) {
        found.original.validate_circular_buffers(program, device);
        return;
    }
    try {
        found.original.validate_circular_buffers(program, device);
    } catch (const std::exception& error) {
        record_clash(program, const_cast<Device*>(device), error.what());
        throw;
    }
    if (!is_device(device)) {
        record(program, const_cast<Device*>(device));
    }
}

void program_compile(Program* program, Device* device, bool force_slow) {
    symbols().original.program_compile(program, device, force_slow);
    if (force_slow && following_programs() && is_device(device)) {
        record_system_program(program, device);
    }
}

void program_gone(Program* program) {
    forget_program(program);
    forget_range(program);
    symbols().original.program_gone(program);
}

void mark_address(CircularBufferMarker* marker, uint64_t address, uint64_t size, uint64_t base) {
    symbols().original.mark_address(marker, address, size, base);
    if (t_marks != nullptr && t_marks->size() < kMostMarks) {
        try {
            t_marks->emplace_back(address, size);
        } catch (...) {
            t_marks->clear();  // nothing marked: nothing is proven by it
        }
    }
}

uint32_t add_dataflow_buffer(Program* program, const ForeignCoreRanges* cores, const DataflowConfig* config) {
    const Symbols& found = symbols();
    const uint32_t id = found.original.add_dataflow_buffer(program, cores, config);
    if (tracking() != nullptr && found.programs_known) {
        check_dataflow_made(found, program, id, *cores, config);
    }
    return id;
}

void enqueue_workload(MeshQueue* queue, MeshWorkload* workload, bool blocking) {
    const EnqueueScope scope;
    symbols().original.enqueue_workload(queue, workload, blocking);
}

}  // namespace ttmem::tt_metal
