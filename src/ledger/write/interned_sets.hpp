// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Sets of devices and of cores, written once by content and named by their offset (InternedHeader).
#pragma once

#include <cstdint>

#include "ledger/format.hpp"
#include "ledger/write/sections.hpp"

namespace ttmem::ledger {

inline constexpr uint32_t kMostCoreRanges = 1024;  // of one set
inline constexpr uint32_t kGridSide = 64;          // no chip has more cores in a row or column
bool ranges_are_good(const CoreRange* ranges, uint32_t count) noexcept;

class InternedSets {
public:
    static constexpr uint32_t kFirstBytes = 32 * 1024;

    explicit InternedSets(Sections& sections) noexcept : sections_(sections) {}
    InternedSets(const InternedSets&) = delete;
    InternedSets& operator=(const InternedSets&) = delete;

    // The lock of the sections is held, by this and the next two.
    bool begin() noexcept { return add_section(kFirstBytes); }
    // The offset of the set, kNone when there is no room.
    uint32_t add(InternedType type, const void* payload, uint32_t bytes) noexcept;
    uint32_t add_devices(const uint32_t* devices, uint32_t count) noexcept {
        return add(kInternedDeviceSet, devices, count * static_cast<uint32_t>(sizeof *devices));
    }

    // Takes the lock of the sections. Requires: ranges_are_good().
    uint32_t add_cores(const CoreRange* ranges, uint32_t count) noexcept;

    // The set at an offset; null: there is none. The lock of the sections is held.
    const InternedHeader* find(uint32_t offset) const noexcept;

private:
    static constexpr uint32_t kMostSections = 6;

    bool add_section(uint32_t bytes) noexcept;

    Sections& sections_;
    Extent extents_[kMostSections] = {};
    uint32_t count_ = 0;
};

}  // namespace ttmem::ledger
