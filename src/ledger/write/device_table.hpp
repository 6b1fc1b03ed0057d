// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The devices that the process uses, each described once.
#pragma once

#include <cstdint>

#include "ledger/format.hpp"
#include "ledger/write/sections.hpp"

namespace ttmem::ledger {

class DeviceTable {
public:
    static constexpr uint32_t kDevices = 256;
    static constexpr uint64_t kBytes = whole_pages(kDevices * sizeof(DeviceRecord));

    explicit DeviceTable(Sections& sections) noexcept : sections_(sections) {}

    // The lock of the sections is held.
    void begin() noexcept { records_ = sections_.add<DeviceRecord>(kSectionDevices, 0, 0, kDevices); }

    // Index of the device, the same for an equal record. kNone when the table is full. Any thread.
    uint32_t describe(const DeviceRecord& device) noexcept;

    uint32_t count() const noexcept { return sections_.header().device_count.load(std::memory_order_relaxed); }
    const DeviceRecord& operator[](uint32_t index) const noexcept { return records_[index]; }

private:
    Sections& sections_;
    DeviceRecord* records_ = nullptr;
};

}  // namespace ttmem::ledger
