// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/writer.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "base/clock.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

#if defined(TTMEM_TEST_POINTS)
void (*test_point_hook)(const char* name) noexcept = nullptr;
#endif

namespace {

// Address space for the tables of programs, circular buffers and kernels.
constexpr uint64_t kProgramRoom = 80u << 20;

uint64_t make_nonce() noexcept {
    uint64_t nonce = 0;
    if (getrandom(&nonce, sizeof nonce, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof nonce)) {
        nonce = clock_ns(CLOCK_MONOTONIC) ^ static_cast<uint64_t>(getpid()) << 40;
    }
    return nonce;
}

bool make_file(Sections& sections, uint64_t nonce, uint32_t max_buffers, FileError& error) noexcept {
    const uint64_t first = whole_pages(kFirstSectionOffset) + DeviceTable::kBytes +
                           whole_pages(InternedSets::kFirstBytes) + FailureWriter::kBytes +
                           AllocatorTable::kBlockBytes + Shards::kBlockBytes + PictureRoom::kRecordBytes +
                           Shards::bytes_of(0) + BufferTable::kExtentBytes;
    const uint64_t most = first + uint64_t{max_buffers} / kBuffersPerExtent * BufferTable::kExtentBytes +
                          kAllocatorBlocks * (AllocatorTable::kBlockBytes + kMaxShards * Shards::kBlockBytes) +
                          kMaxShards * Shards::bytes_of(1) + kProgramRoom + PictureRoom::kMostBytes;
    return sections.create(nonce, first, most, error);
}

}  // namespace

bool Writer::start(const char* library, uint32_t max_buffers, FileError& error) noexcept {
    Tables& tables = this->tables();
    tables.shards.begin();
    const uint64_t nonce = make_nonce();
    if (!tables.buffers.begin(max_buffers)) {
        error.what = "no memory for the index";
        error.errno_value = errno;
        return false;
    }
    max_buffers = tables.buffers.max_buffers();
    if (!make_file(tables.sections, nonce, max_buffers, error)) {
        // Long rings are a wish: a small /dev/shm has room for the usual ones.
        if (!Shards::shorten_rings() || !make_file(tables.sections, nonce, max_buffers, error)) {
            return false;
        }
    }
    tables.header.fill(tables.sections.header(), library, max_buffers, nonce);

    const std::lock_guard<SpinLock> guard(tables.sections.lock());
    tables.devices.begin();
    tables.sets.begin();
    failures_.begin();
    if (!tables.allocators.add_block(0) || !tables.shards.add() || !tables.buffers.grow()) {
        tables.sections.file().remove();
        error.what = "no memory for the index";
        error.errno_value = ENOMEM;
        return false;
    }
    picture_room_.begin(tables.buffers.used());
    tables.sidecar.begin(nonce);
    TTMEM_TEST_POINT("tables made");
    tables.header.make_ready();
    return true;
}

uint64_t Writer::begin_step(ThreadSlot& slot, uint32_t name) noexcept {
    const uint64_t number = sections().header().step_count.fetch_add(1, std::memory_order_relaxed) + 1;
    TTMEM_TEST_POINT("step counted");
    shards().add_event(slot, kEventMark, header().now(), number, 0, kNoAllocator, 0, {0, 0, name, 0, 0, 0});
    return number;
}

}  // namespace ttmem::ledger
