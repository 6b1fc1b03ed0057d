// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/late/late_gate.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <time.h>

#include <atomic>
#include <mutex>
#include <new>

#include "base/clock.hpp"
#include "base/errno_keeper.hpp"
#include "base/fork_lock.hpp"
#include "tt_metal/late/late_drain.hpp"

namespace ttmem::tt_metal {
namespace {

struct GatePage {
    std::atomic<uint32_t> inside;
    std::atomic<uint32_t> shut;
    std::atomic<uint32_t> noting;
    std::atomic<uint32_t> note_lost;
};
GatePage* g_page = nullptr;

[[gnu::tls_model("initial-exec")]] thread_local uint32_t t_depth = 0;

ForkLock g_notes_lock;
GateNotes* g_notes = nullptr;  // never destroyed

void wait_a_little(uint32_t round) noexcept {
    if (round < 32) {
        sched_yield();
        return;
    }
    const timespec pause{0, 50'000};
    nanosleep(&pause, nullptr);
}

}  // namespace

bool make_gate() noexcept {
    if (g_page != nullptr) {
        return true;
    }
    void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    madvise(memory, 4096, MADV_WIPEONFORK);
    g_page = new (memory) GatePage{};
    return true;
}

GatePass::GatePass() noexcept {
    if (t_depth++ != 0) {
        return;
    }
    const ErrnoKeeper keeper;
    drain_passed();
    for (uint32_t round = 0;; ++round) {
        g_page->inside.fetch_add(1);
        if (g_page->shut.load() == 0) {
            return;
        }
        g_page->inside.fetch_sub(1);
        while (g_page->shut.load() != 0) {
            wait_a_little(round++);
        }
    }
}

GatePass::~GatePass() {
    if (--t_depth == 0) {
        g_page->inside.fetch_sub(1);
    }
}

bool shut_gate(int patience_ms) noexcept {
    g_page->shut.store(1);
    const uint64_t limit = clock_ns(CLOCK_MONOTONIC) + static_cast<uint64_t>(patience_ms) * 1'000'000;
    for (uint32_t round = 0; g_page->inside.load() != 0; ++round) {
        if (clock_ns(CLOCK_MONOTONIC) > limit) {
            g_page->shut.store(0);
            return false;
        }
        wait_a_little(round);
    }
    return true;
}

void open_gate() noexcept {
    g_page->shut.store(0);
}

void start_notes() noexcept {
    const std::lock_guard guard(g_notes_lock);
    if (g_notes != nullptr) {
        g_notes->clear();
    }
    g_page->note_lost.store(0);
    g_page->noting.store(1);
}

void end_notes() noexcept {
    g_page->noting.store(0);
    const std::lock_guard guard(g_notes_lock);
    if (g_notes != nullptr) {
        g_notes->clear();
    }
}

bool noting() noexcept {
    return g_page->noting.load(std::memory_order_acquire) != 0;
}

void note_allocation(Allocator* allocator, const Buffer* buffer, uint64_t address) noexcept {
    try {
        const std::lock_guard guard(g_notes_lock);
        if (g_notes == nullptr) {
            g_notes = new GateNotes;
        }
        (*g_notes)[buffer] = {allocator, address};
    } catch (...) {
        g_page->note_lost.store(1);
    }
}

void note_free(const Buffer* buffer) noexcept {
    const std::lock_guard guard(g_notes_lock);
    if (g_notes != nullptr) {
        g_notes->erase(buffer);
    }
}

bool read_notes(GateNotes& notes) {
    const std::lock_guard guard(g_notes_lock);
    if (g_notes != nullptr) {
        notes = *g_notes;
    }
    return g_page->note_lost.load() == 0;
}

}  // namespace ttmem::tt_metal
