// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/check_claims.hpp"

#include <string>

#include "ledger/read/copy_source.hpp"

namespace ttmem::ledger {

namespace {

void check(uint64_t bytes, const char* what) {
    if (bytes > kMostClaimedBytes) {
        stop_corrupt(std::string(what) + " of " + std::to_string(bytes) + " bytes, more than any device has");
    }
}

void check_product(uint64_t count, uint64_t bytes, const char* what) {
    if (count != 0 && bytes > kMostClaimedBytes / count) {
        stop_corrupt(std::string(what) + " of " + std::to_string(count) + " times " + std::to_string(bytes) +
                     " bytes, more than any device has");
    }
}

void check_stretch(uint64_t address, uint64_t bytes, const char* what) {
    check(bytes, what);
    if (address > UINT64_MAX - bytes) {
        stop_corrupt(std::string(what) + " at " + std::to_string(address) + " ends past the last address");
    }
}

void check_device(const Device& device) {
    check_product(device.dram_channels.value_or(0), device.dram_channel_bytes, "DRAM");
    check_product(device.l1_cores.value_or(0), device.l1_core_bytes, "L1");
}

void check_allocator(const Allocator& allocator) {
    for (const BankGeometry& banks : allocator.geometry) {
        check_product(banks.banks, banks.bank_bytes, "banks");
        check_stretch(banks.base_address, banks.bank_bytes, "a bank");
    }
    for (uint32_t account = 0; account < kAccounts; ++account) {
        const AccountTotals& totals = allocator.totals[account];
        check(totals.bytes, "an account");
        check(totals.requested_bytes, "an account");
        check(totals.peak_bytes, "a peak");
        if (account < kBufferTypes) {  // views hold nothing and may be of any size
            check(totals.largest_bytes_per_bank, "a buffer");
        }
    }
}

// Views and requests of captures hold nothing and may be of any size: those that cannot be are left out instead.
bool is_placeless(const Buffer& buffer) {
    const bool counted = buffer.account != kAccountFixed && buffer.account != kAccountHooked;
    if (counted) {
        check_product(buffer.banks, buffer.bytes_per_bank, "a buffer");
        check(buffer.requested_bytes, "a buffer");
        check_stretch(buffer.address, buffer.bytes_per_bank, "a buffer");
        return false;
    }
    return buffer.bytes_per_bank > kMostClaimedBytes / (buffer.banks == 0 ? 1 : buffer.banks) ||
           buffer.requested_bytes > kMostClaimedBytes || buffer.address > UINT64_MAX - buffer.bytes_per_bank;
}

void check_program(const Program& program) {
    check(program.circular_buffer_bytes, "circular buffers");
    check(program.config_bytes.value_or(0), "a program's configuration");
    if (program.kernel_bytes != kUnknown64) {
        check(program.kernel_bytes, "kernels");
    }
    for (const CircularBuffer& buffer : program.circular_buffers) {
        check_stretch(buffer.address, buffer.bytes, "a circular buffer");
    }
}

}  // namespace

void check_claims(Snapshot& snapshot) {
    if (snapshot.devices.size() > kMostDevicesOfLedger) {
        stop_corrupt("it describes " + std::to_string(snapshot.devices.size()) + " devices");
    }
    for (const Device& device : snapshot.devices) {
        check_device(device);
    }
    for (const Allocator& allocator : snapshot.allocators) {
        check_allocator(allocator);
    }
    for (const Program& program : snapshot.programs) {
        check_program(program);
    }
    for (const ConfigRing& ring : snapshot.config_rings) {
        check_stretch(ring.base_address, ring.capacity_bytes, "a config ring");
        check(ring.used_bytes, "a config ring");
    }
    for (const Region& region : snapshot.regions) {
        check_stretch(region.address, region.bytes, "a region");
    }
    snapshot.unlisted_buffers += std::erase_if(snapshot.buffers, is_placeless);
    uint64_t placements = 0;
    for (size_t i = 0; i < snapshot.buffers.size(); ++i) {
        const Buffer& buffer = snapshot.buffers[i];
        placements += buffer.device || buffer.allocator >= snapshot.allocators.size()
                          ? 1
                          : snapshot.allocators[buffer.allocator].devices.size();
        if (placements > kMostPlacements) {
            snapshot.unlisted_buffers += snapshot.buffers.size() - i;
            snapshot.buffers.resize(i);
            break;
        }
    }
}

}  // namespace ttmem::ledger
