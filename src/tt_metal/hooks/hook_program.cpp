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
#include "tt_metal/objects/config_rings.hpp"
#include "tt_metal/objects/devices.hpp"
#include "tt_metal/objects/program_ranges.hpp"
#include "tt_metal/objects/programs.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {
namespace {

// Workloads being enqueued now, by the tracker's shards: a thread that holds one says there, with plain stores, how
// many it is enqueuing (HookThread::enqueues); the threads that hold none count in the last.
struct alignas(64) Enqueues {
    std::atomic<uint32_t> now{0};
};
Enqueues g_enqueues[ledger::kMaxShards + 1];

class EnqueueScope {
public:
    EnqueueScope() noexcept {
        const client::ThreadState& state = client::thread_state;
        alone_ = state.writer != nullptr && !state.slot.shared && state.slot.shard < ledger::kMaxShards;
        count_ = &g_enqueues[alone_ ? state.slot.shard : ledger::kMaxShards].now;
        add(1);
    }
    ~EnqueueScope() { add(-1u); }
    EnqueueScope(const EnqueueScope&) = delete;
    EnqueueScope& operator=(const EnqueueScope&) = delete;

private:
    void add(uint32_t change) noexcept {
        hook_thread.enqueues += change;
        if (alone_) {
            hook_thread.own_enqueues += change;
            count_->store(hook_thread.own_enqueues, std::memory_order_release);
        } else {
            count_->fetch_add(change, std::memory_order_acq_rel);
        }
    }
    std::atomic<uint32_t>* count_;
    bool alone_;
};

bool any_enqueue() noexcept {
    if (hook_thread.enqueues != 0) {
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

class MarkScope {
public:
    explicit MarkScope(std::vector<Mark>& marks) noexcept : outer_(hook_thread.marks) { hook_thread.marks = &marks; }
    ~MarkScope() { hook_thread.marks = outer_; }
    MarkScope(const MarkScope&) = delete;
    MarkScope& operator=(const MarkScope&) = delete;

private:
    std::vector<Mark>* outer_;
};

// A program that goes to one chip on its own is launched as it is compiled.
void record(Program* program, Device* device) noexcept {
    if ((any_enqueue() || is_device(device)) && !record_relaunch(program)) {
        record_launch(program, device);
    }
}

}  // namespace

void compile_and_allocate(Program* program, Device* device, bool force_slow) {
    if (tracking() == nullptr) {
        g_hot.original.compile_and_allocate(program, device, force_slow);
        return;
    }
    std::vector<Mark> marks;
    try {
        const MarkScope scope(marks);
        g_hot.original.compile_and_allocate(program, device, force_slow);
    } catch (std::exception& error) {
        record_refusal(program, device, error);
        throw;
    }
    if (!marks.empty()) {
        note_change(program);
        if (check_dataflow_layout(symbols(), program, marks)) {
            note_change_of_all();
        }
    }
    record(program, device);
}

// Slow dispatch launches chip by chip, and up to 0.72.0 passes only here.
void allocate_circular_buffers(Program* program, const Device* device) {
    const bool on = tracking() != nullptr;
    g_hot.original.allocate_circular_buffers(program, device);
    if (g_hot.original.compile_and_allocate == nullptr && on && is_device(device)) {
        record(program, const_cast<Device*>(device));
    }
}

// Runs after the allocation of circular buffers, at each launch; throws when they clash with a buffer. From 0.76.0 on
// compile_and_allocate calls it.
void validate_circular_buffers(Program* program, const Device* device) {
    if (tracking() == nullptr || g_hot.original.compile_and_allocate != nullptr) {
        g_hot.original.validate_circular_buffers(program, device);
        return;
    }
    try {
        g_hot.original.validate_circular_buffers(program, device);
    } catch (std::exception& error) {
        record_refusal(program, const_cast<Device*>(device), error);
        throw;
    }
    if (!is_device(device)) {
        record(program, const_cast<Device*>(device));
    }
}

void program_compile(Program* program, Device* device, bool force_slow) {
    originals().program_compile(program, device, force_slow);
    if (force_slow && tracking() != nullptr && is_device(device)) {
        record_system_program(program, device);
    }
}

void program_gone(Program* program) {
    forget_program(program);
    forget_range(program);
    originals().program_gone(program);
}

void mark_address(CircularBufferMarker* marker, uint64_t address, uint64_t size, uint64_t base) {
    originals().mark_address(marker, address, size, base);
    std::vector<Mark>* marks = hook_thread.marks;
    if (marks != nullptr && marks->size() < kMostMarks) {
        try {
            marks->emplace_back(address, size);
        } catch (...) {
            marks->clear();  // nothing marked: nothing is proven by it
        }
    }
}

uint32_t add_dataflow_buffer(Program* program, const ForeignCoreRanges* cores, const DataflowConfig* config) {
    const Symbols& found = symbols();
    const uint32_t id = g_hot.original.add_dataflow_buffer(program, cores, config);
    if (tracking() != nullptr && found.programs_known && check_dataflow_made(found, program, id, *cores, config)) {
        note_change_of_all();
    }
    return id;
}

void enqueue_workload(MeshQueue* queue, MeshWorkload* workload, bool blocking) {
    if (tracking() != nullptr) {
        expect_rings();
    }
    {
        const EnqueueScope scope;
        g_hot.original.enqueue_workload(queue, workload, blocking);
    }
    size_new_programs();
}

}  // namespace ttmem::tt_metal
