// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The free ranges of a bank, kept up to date buffer by buffer. Buffers lie at the same addresses in each bank of their
// allocator, so one bank stands for all. Not thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "recording/reader.hpp"

namespace ttmem::report {

class BankHoles {
public:
    // An empty bank of `bytes` from address `base` on.
    BankHoles(uint64_t base, uint64_t bytes);

    // Take and give back [address, address + bytes). False: the range is not wholly free, or not wholly taken; what is
    // known of the bank is wrong then, and is_known() false from then on.
    bool take(uint64_t address, uint64_t bytes);
    bool give_back(uint64_t address, uint64_t bytes);

    bool is_known() const { return known_; }
    uint64_t largest() const { return sizes_.empty() ? 0 : *sizes_.rbegin(); }
    uint64_t free_bytes() const { return free_bytes_; }
    size_t count() const { return sizes_.size(); }

private:
    void add(uint64_t begin, uint64_t end);
    std::map<uint64_t, uint64_t>::iterator remove(std::map<uint64_t, uint64_t>::iterator hole);

    uint64_t base_;
    uint64_t end_;
    std::map<uint64_t, uint64_t> holes_;  // begin to end
    std::multiset<uint64_t> sizes_;
    uint64_t free_bytes_ = 0;
    bool known_ = true;
};

// The bytes that a buffer takes in each bank. 1 bank where the number of banks is not known.
uint64_t bytes_per_bank(const recording::RecordedProcess& process, const recording::Held& held);

// The banks of an allocator of which one stands for all; absent: not known, or each core has addresses of its own.
std::optional<ledger::BankGeometry> lockstep_banks(const recording::RecordedProcess& process, uint32_t allocator,
                                                   uint8_t account);

}  // namespace ttmem::report
