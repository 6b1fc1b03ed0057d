// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "client/tracker.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

#include "base/host_guard.hpp"
#include "base/host_line.hpp"
#include "base/process_stat.hpp"
#include "ledger/write/ring_size.hpp"
#include "tt_alloc/client.h"

int tt_alloc_tracking_on = 0;

namespace ttmem::client {

ForkPage* fork_page = nullptr;
constinit thread_local ThreadState thread_state;

namespace {

// The last writer made by this process or, in a forked child, by its parent.
ledger::Writer* last_writer = nullptr;
std::atomic<uint64_t> next_generation{1};
pthread_key_t thread_end_key;
char library_name[64] = "client";

void at_thread_end(void*) {
    ThreadState& state = thread_state;
    // In a forked child the state may still be the parent's.
    if (state.writer != nullptr && state.writer == fork_page->writer.load(std::memory_order_acquire)) {
        state.writer->shards().release_thread(state.slot);
    }
    state.writer = nullptr;
}

void wipe_page() {
    std::memset(static_cast<void*>(fork_page), 0, sizeof(ForkPage));
}

bool make_fork_page() noexcept {
    void* memory = mmap(nullptr, ledger::kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || pthread_key_create(&thread_end_key, at_thread_end) != 0) {
        return false;
    }
    fork_page = new (memory) ForkPage{};
    if (madvise(memory, ledger::kPageBytes, MADV_WIPEONFORK) != 0) {
        pthread_atfork(nullptr, nullptr, wipe_page);  // an older kernel: fork(3) at least is noticed
    }
    return true;
}

// In a signal's context.
void at_lost_ledger() noexcept {
    tt_alloc_tracking_on = 0;
}

void say_untracked(const ledger::FileError& error) noexcept {
    char line[512];
    const int length = std::snprintf(line, sizeof line, "ttmem: %s %s: %s; this process goes on untracked\n",
                                     error.what == nullptr ? "cannot track" : error.what, error.path,
                                     std::strerror(error.errno_value));
    if (length > 0) {
        write_host_line(line,
                        static_cast<size_t>(length) < sizeof line ? static_cast<size_t>(length) : sizeof line - 1);
    }
}

uint32_t max_buffers() noexcept {
    const char* text = secure_getenv("TT_ALLOC_LEDGER_MAX_BUFFERS");
    if (text == nullptr || *text == '\0') {
        return ledger::kDefaultMaxBuffers;
    }
    char* end = nullptr;
    const unsigned long value = std::strtoul(text, &end, 10);
    return *end != '\0' || value == 0 || value > (1u << 24) ? ledger::kDefaultMaxBuffers : static_cast<uint32_t>(value);
}

// How long a recorder wants the rings of events to be; 0: as usual.
uint32_t ring_events() noexcept {
    const char* text = secure_getenv("TT_ALLOC_RING_EVENTS");
    char* end = nullptr;
    const unsigned long value = text == nullptr || *text == '\0' ? 0 : std::strtoul(text, &end, 10);
    return value != 0 && *end == '\0' && value <= UINT32_MAX ? static_cast<uint32_t>(value) : 0;
}

// The process's writer, made now if there is none. Null when it cannot be.
ledger::Writer* start_writer() noexcept {
    const std::lock_guard<SpinLock> guard(fork_page->start_lock);
    ledger::Writer* writer = fork_page->writer.load(std::memory_order_relaxed);
    if (writer != nullptr || fork_page->failed.load(std::memory_order_relaxed) != 0) {
        return writer;
    }
    if (last_writer != nullptr) {
        last_writer->forget_after_fork();
        last_writer = nullptr;
    }
    ledger::mapping_lost_handler.store(at_lost_ledger, std::memory_order_relaxed);
    ledger::FileError error;
    void* memory = mmap(nullptr, sizeof(ledger::Writer), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        error.what = "no memory for the tracker";
        error.errno_value = errno;
    } else {
        writer = new (memory) ledger::Writer;
        ledger::set_ring_events(ring_events());
        if (!writer->start(library_name, max_buffers(), error)) {
            munmap(memory, sizeof(ledger::Writer));
            writer = nullptr;
        }
    }
    if (writer == nullptr) {
        fork_page->failed.store(1, std::memory_order_relaxed);
        tt_alloc_tracking_on = 0;
        say_untracked(error);
        return nullptr;
    }
    if (fork_page->late.load(std::memory_order_relaxed) != 0) {
        writer->header().mark_late();
    }
    last_writer = writer;
    fork_page->generation.store(next_generation.fetch_add(1) + (static_cast<uint64_t>(getpid()) << 32));
    fork_page->writer.store(writer, std::memory_order_release);
    name_regions(*writer);  // after the store: one that is named meanwhile is written twice and not never
    return writer;
}

}  // namespace

ledger::Writer* Entry::enter_slowly(Need need) noexcept {
    ThreadState& state = thread_state;
    if (state.inside) {
        if (state.writer != nullptr) {
            state.writer->header().count_lost(ledger::kLostReentrant);
        }
        return nullptr;
    }
    ledger::Writer* writer = fork_page == nullptr ? nullptr : fork_page->writer.load(std::memory_order_acquire);
    if (writer == nullptr && (need == Need::kExisting || fork_page == nullptr)) {
        return nullptr;
    }
    state.inside = true;
    const HostGuard host_guard;
    if (writer == nullptr) {
        writer = start_writer();
    }
    if (writer != nullptr) {
        const ledger::ThreadSlot before = state.slot;
        state.slot = ledger::ThreadSlot{};
        state.slot.detail = before.detail;  // of the report that makes the ledger
        state.slot.tensor = before.tensor;
        writer->shards().attach_thread(state.slot);
        state.slot.scope = state.region;
        writer->renewal().look_after_file(state.slot);
        state.writer = writer;
        pthread_setspecific(thread_end_key, &state);
    }
    state.inside = writer != nullptr;
    return writer;
}

void set_library_name(const char* name) noexcept {
    std::snprintf(library_name, sizeof library_name, "%s", name);
}

bool tracking_requested() noexcept {
    const char* text = secure_getenv("TT_ALLOC_TRACKING_ENABLED");
    return text != nullptr && (std::strcmp(text, "1") == 0 || std::strcmp(text, "true") == 0 ||
                               std::strcmp(text, "on") == 0 || std::strcmp(text, "yes") == 0);
}

void set_tracking(bool on) noexcept {
    const HostGuard host_guard;
    tt_alloc_tracking_on = on && (fork_page != nullptr || make_fork_page()) ? 1 : 0;
}

void begin_tracking(bool late) noexcept {
    const HostGuard host_guard;
    set_tracking(true);
    if (fork_page == nullptr) {
        return;
    }
    const std::lock_guard<SpinLock> guard(fork_page->start_lock);
    fork_page->failed.store(0, std::memory_order_relaxed);
    ledger::Writer* writer = fork_page->writer.load(std::memory_order_acquire);
    fork_page->late.store(late ? 1 : 0, std::memory_order_relaxed);
    if (writer == nullptr) {
        return;
    }
    if (access(writer->sections().file().path(), F_OK) == 0 && !ledger::mapping_lost.load(std::memory_order_relaxed)) {
        if (late) {
            writer->header().mark_late();
        }
        writer->header().mark_running();
    } else {
        // The file was removed. The old one stays mapped: a thread may be writing in it.
        last_writer = nullptr;
        fork_page->generation.store(0, std::memory_order_release);
        fork_page->hooks_stamp.store(0, std::memory_order_release);
        fork_page->writer.store(nullptr, std::memory_order_release);
    }
}

void end_tracking() noexcept {
    tt_alloc_tracking_on = 0;
    process_exits();
}

uint64_t refusals() noexcept {
    ledger::Writer* writer = own_writer();
    return writer == nullptr ? 0 : writer->header().failures();
}

void process_exits() noexcept {
    ledger::Writer* writer = fork_page == nullptr ? nullptr : fork_page->writer.load(std::memory_order_acquire);
    if (writer != nullptr) {
        writer->header().mark_exited();
    }
}

}  // namespace ttmem::client
