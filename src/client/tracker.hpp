// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The one tracker of a process: finds or makes the ledger's writer for the calling thread, notices forks, keeps out of
// its own way. Everything here runs inside the host.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/spin_lock.hpp"
#include "ledger/write/writer.hpp"
#include "tt_alloc/client.h"

namespace ttmem::client {

// Names the library that reports, for readers ("client", "libtt_metal 0.81.1"). Copied. Call before the first report.
void set_library_name(const char* name) noexcept;

// True when TT_ALLOC_TRACKING_ENABLED asks for tracking.
bool tracking_requested() noexcept;

// Turns reports on or off (tt_alloc_tracking_on). The ledger is made at the first report.
void set_tracking(bool on) noexcept;

// Tracking begins, or begins again after end_tracking(): in the same ledger, if that is still there. `late`: the
// process may have held device memory before; its ledger says so.
void begin_tracking(bool late) noexcept;

// Tracking ends while the process goes on: reports do nothing any more, and the ledger says that it is over. The caller
// has reported all buffers as freed before; a report in flight is still written.
void end_tracking() noexcept;

// The process ends by itself: says so in the ledger, if this process (not its parent) has one.
void process_exits() noexcept;

enum class Need { kAllocation, kExisting };

// Zeroed by the kernel in every child, also one made by a raw clone(2) (MADV_WIPEONFORK, Linux 4.14): so a child sees
// at once, without a system call, that it has no ledger. A child that shares memory (vfork) shares the ledger too.
struct ForkPage {
    std::atomic<ledger::Writer*> writer;
    SpinLock start_lock;
    std::atomic<uint32_t> failed;
    std::atomic<uint32_t> late;  // the ledger that is made next begins late
    std::atomic<uint64_t> generation;
    // The hooks' own: differs from what a thread noted whenever that may no longer be true. 0 in a fresh
    // child.
    std::atomic<uint64_t> hooks_stamp;
    SpinLock region_lock;
};
extern ForkPage* fork_page;  // null until tracking is first asked for

struct alignas(64) ThreadState {
    ledger::Writer* writer = nullptr;
    ledger::ThreadSlot slot;
    bool inside = false;
    uint16_t region = 0;       // slot.scope, kept for the thread's next ledger
    ledger::EventLines lines;  // of the last allocation; the next event is often of the same allocator and type
};
static_assert(sizeof(ThreadState) == 64);
// Initial-exec: one instruction to reach, and never an allocation in the middle of a report.
extern __attribute__((tls_model("initial-exec"))) thread_local constinit ThreadState thread_state;

// This process's writer, not its parent's; null while nothing was recorded.
inline ledger::Writer* own_writer() noexcept {
    return fork_page == nullptr ? nullptr : fork_page->writer.load(std::memory_order_acquire);
}

// HYBRID mode: L1 of this allocator was taken (ledger::Extremes::note_family_peak).
inline void note_family_peak(uint32_t allocator) noexcept {
    if (ledger::Writer* writer = own_writer()) {
        writer->extremes().note_family_peak(allocator);
    }
}

// Prefetches the cache lines that the thread's next report of a buffer probably touches. A forked child may no longer
// have its parent's ledger mapped: the prefetch of an unmapped line does nothing.
inline void expect_event() noexcept {
    thread_state.lines.prefetch();
}

// Records the bytes that a launch of `program` (of tt_alloc_program_loaded) takes in a core's kernel-config ring.
void set_config_bytes(uint64_t program, uint64_t bytes) noexcept;

// The memory that a fixed buffer looks into is about to be freed through another name: says so in its record. An
// unknown id is ignored. Not hot.
void mark_dangling(uint64_t id) noexcept;

// Refusals that this process has recorded.
uint64_t refusals() noexcept;

// As tt_alloc_allocation_failed and tt_alloc_clash_refused, with further facts of the refusal: of `known` the largest
// free block, limit, available bytes and exception; of a program its type, limit, region and exception.
// The failure's number; UINT64_MAX: nothing was recorded.
uint64_t allocation_refused(const tt_alloc_buffer& wanted, const ledger::NewFailure& known) noexcept;
uint64_t program_refused(const tt_alloc_clash& refused, const ledger::NewFailure& known) noexcept;

// Names that the calling thread's records are tagged with (tt_alloc_name_context, tt_alloc_set_context).
uint32_t name_region(const char* name) noexcept;
uint32_t set_region(uint32_t region) noexcept;
// The name of a number that name_region() gave; empty for another number. It stays.
const char* region_name(uint32_t region) noexcept;
// Writes the names so far to a new ledger.
void name_regions(ledger::Writer& writer) noexcept;

// A thread's stay in the tracker. Made on the stack at the start of each report:
//     if (Entry entry(Need::kAllocation); entry) { entry.writer().buffers().allocate(entry.slot(), ...); }
// False when tracking is off or impossible, when the thread is in here already (a signal handler), or when nothing is
// tracked yet and kExisting was asked for. errno is as before when it goes.
class Entry {
public:
    explicit Entry(Need need) noexcept {
        ThreadState& state = thread_state;
        const ForkPage* page = fork_page;
        if (page != nullptr && !state.inside && state.writer != nullptr &&
            state.writer == page->writer.load(std::memory_order_acquire)) [[likely]] {
            state.inside = true;
            writer_ = state.writer;
            return;
        }
        writer_ = enter_slowly(need);
    }
    ~Entry() {
        if (writer_ != nullptr) {
            thread_state.inside = false;
        }
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    explicit operator bool() const noexcept { return writer_ != nullptr; }
    ledger::Writer& writer() const noexcept { return *writer_; }
    static ledger::ThreadSlot& slot() noexcept { return thread_state.slot; }

    // Differs between a process and its forked child, so that a value cached from an older ledger is known to be stale.
    // 0 is never used.
    static uint64_t generation() noexcept {
        const ForkPage* page = fork_page;
        return page == nullptr ? 0 : page->generation.load(std::memory_order_acquire);
    }

private:
    // First report of a thread or a process, or a report within a report.
    static ledger::Writer* enter_slowly(Need need) noexcept;

    ledger::Writer* writer_ = nullptr;
};

}  // namespace ttmem::client
