// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "runtime.hpp"

#include <new>

#include "memory_report.hpp"

namespace stand_in {

Device::Device() {
    memory_report::connect();
    allocator_ = memory_report::open({kBanks, kBankBytes, kAlignment});
}

Device::~Device() {
    memory_report::close(allocator_);
}

Buffer Device::allocate(uint64_t bytes) {
    const uint64_t in_a_bank = (bytes + kBanks - 1) / kBanks;
    const Buffer buffer{next_id_, top_, (in_a_bank + kAlignment - 1) / kAlignment * kAlignment};
    const memory_report::Placed placed{buffer.id, buffer.address, bytes, buffer.bytes_per_bank};
    if (buffer.bytes_per_bank > kBankBytes - top_) {
        memory_report::refused(allocator_, kBanks, placed, kBankBytes - top_);
        throw std::bad_alloc();
    }
    ++next_id_;
    top_ += buffer.bytes_per_bank;
    memory_report::allocated(allocator_, kBanks, placed);
    return buffer;
}

// The stand-in's allocator only counts up: what is freed is reported, and its room is not used again.
void Device::free(const Buffer& buffer) {
    memory_report::freed(buffer.id);
}

}  // namespace stand_in
