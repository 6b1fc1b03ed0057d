// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for a runtime library with an allocator of its own: one chip, banks in lockstep, addresses upward. It stands
// for what tt-metal has at the places that docs/upstreaming.md names, so that the seam can be tried.
#pragma once

#include <cstdint>

namespace stand_in {

struct Buffer {
    uint64_t id;
    uint64_t address;
    uint64_t bytes_per_bank;
};

class Device {
public:
    static constexpr uint32_t kBanks = 12;
    static constexpr uint64_t kBankBytes = uint64_t{1} << 30;
    static constexpr uint64_t kAlignment = 64;

    Device();
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    // Throws std::bad_alloc when a bank has no room.
    Buffer allocate(uint64_t bytes);
    void free(const Buffer& buffer);

private:
    uint64_t next_id_ = 1;
    uint64_t top_ = kAlignment;
    uint32_t allocator_ = 0;
};

}  // namespace stand_in
