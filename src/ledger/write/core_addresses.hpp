// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The addresses of buffers that have one of their own on each core.
#pragma once

#include <cstdint>

#include "base/spin_lock.hpp"
#include "ledger/write/record_runs.hpp"

namespace ttmem::ledger {

// Safe from any thread.
class CoreAddresses {
public:
    explicit CoreAddresses(Sections& sections) noexcept
        : sections_(sections),
          runs_(sections, kSectionCoreAddresses, sizeof(CoreAddressRecord), kFirstRecords, kMostRecords) {}

    // Writes the addresses. The first one's index; kNone when there is no room.
    uint32_t add(const CoreAddressRecord* addresses, uint32_t count) noexcept;
    void remove(uint32_t first, uint32_t count) noexcept;

    // Held over the next two, which read. After a shard's, before that of the sections.
    SpinLock& lock() noexcept { return lock_; }
    bool has(uint32_t first, uint32_t count) const noexcept { return uint64_t{first} + count <= runs_.capacity(); }
    const CoreAddressRecord& operator[](uint32_t index) const noexcept { return runs_.at<CoreAddressRecord>(index); }

private:
    static constexpr uint32_t kFirstRecords = 512;
    static constexpr uint32_t kMostRecords = 1u << 20;

    Sections& sections_;
    SpinLock lock_;
    RecordRuns runs_;
};

}  // namespace ttmem::ledger
