// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/claims.hpp"

#include <sys/types.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>

#include "analysis/intervals.hpp"
#include "base/saturate.hpp"
#include "inventory/holdings.hpp"
#include "ledger/read/check_claims.hpp"

namespace ttmem::inventory {
namespace {

// Whether tt-kmd says that the process does not have the card open. A child may use what its ancestor opened.
bool is_not_open(const TrackedLedger& ledger, const telemetry::DeviceTelemetry& card) {
    if (!ledger.verdict.pid || !card.open_pids.known() || card.pids_in_opener_namespace ||
        card.hidden_opens.value != uint64_t{0} || card.open_pids.read_at_ns < ledger.use.since_ns) {
        return false;
    }
    const std::vector<int>& open = *card.open_pids.value;
    const auto has_it = [&open](pid_t pid) { return std::find(open.begin(), open.end(), pid) != open.end(); };
    return !has_it(*ledger.verdict.pid) &&
           std::none_of(ledger.process.ancestors.begin(), ledger.process.ancestors.end(), has_it);
}

// The most memory that a chip of an architecture has: of its DRAM, and of all of its cores' L1 (Tenstorrent's data
// sheets: n150, n300 and Galaxy 12 GB a chip and 80 Tensix cores; p150 32 GB and 140; e150 8 GB and 120).
struct LargestChip {
    std::string_view driver_name;
    uint32_t arch;  // as in ledgers
    uint64_t dram_bytes;
    uint64_t l1_bytes;
};
constexpr uint64_t kGiB = uint64_t{1} << 30;
constexpr uint64_t kCoreBytes = 1536 * 1024;
constexpr LargestChip kLargestChips[] = {{"grayskull", 1, 8 * kGiB, 120 * kCoreBytes},
                                         {"wormhole", 2, 12 * kGiB, 80 * kCoreBytes},
                                         {"blackhole", 3, 32 * kGiB, 140 * kCoreBytes}};

const LargestChip* largest_of(const telemetry::DeviceTelemetry& card) {
    const auto* const found =
        std::find_if(std::begin(kLargestChips), std::end(kLargestChips),
                     [&](const LargestChip& each) { return card.arch && *card.arch == each.driver_name; });
    return found == std::end(kLargestChips) ? nullptr : found;
}

bool has_impossible_dram(const ledger::Device& device, const LargestChip& largest) {
    return device.dram_channels &&
           saturating_product(*device.dram_channels, device.dram_channel_bytes) > largest.dram_bytes;
}

bool has_impossible_l1(const ledger::Device& device, const LargestChip& largest) {
    return device.l1_cores && saturating_product(*device.l1_cores, device.l1_core_bytes) > largest.l1_bytes;
}

bool contradicts_driver(const ledger::Device& device, const LargestChip& largest) {
    return (device.arch != 0 && device.arch != largest.arch) || has_impossible_dram(device, largest) ||
           has_impossible_l1(device, largest);
}

// As a device of the model, which cards are looked up by.
api::Device place_of(const ledger::Device& known) {
    api::Device device;
    device.mock = known.mock;
    device.remote = known.remote;
    device.unique_id = known.unique_id;
    if (!known.pci.empty()) {
        device.pci = known.pci;
    }
    return device;
}

void describe_by_driver(ledger::Device& device, const telemetry::DeviceTelemetry& card, const LargestChip& largest) {
    device.arch = largest.arch;
    if (card.card_type) {
        device.board = *card.card_type;
    }
    if (has_impossible_dram(device, largest)) {
        device.dram_channels.reset();
        device.dram_channel_bytes = 0;
    }
    if (has_impossible_l1(device, largest)) {
        device.l1_cores.reset();
        device.l1_core_bytes = 0;
    }
}

bool is_within(const ledger::BankGeometry& banks, uint64_t address, uint64_t bytes) {
    const Interval buffer = make_interval(address, bytes, 1);
    const Interval bank = make_interval(banks.base_address, banks.bank_bytes, 1);
    return buffer.begin >= bank.begin && buffer.end <= bank.end;
}

bool is_misplaced(const ledger::Snapshot& snapshot, const ledger::Buffer& buffer) {
    const std::optional<api::MemoryKind> kind = kind_of_account(buffer.account);
    if (!kind || buffer.allocator >= snapshot.allocators.size() || (buffer.flags & ledger::kBufferBankless) != 0) {
        return false;
    }
    const ledger::BankGeometry& banks = snapshot.allocators[buffer.allocator].geometry[account_of(*kind)];
    if (banks.banks == 0 || banks.bank_bytes == 0) {
        return false;  // its allocator does not say
    }
    if (buffer.placement == ledger::kNone) {
        return !is_within(banks, buffer.address, buffer.bytes_per_bank);
    }
    for (uint32_t i = 0; i < buffer.placements; ++i) {
        if (buffer.placement + i < snapshot.core_addresses.size() &&
            !is_within(banks, snapshot.core_addresses[buffer.placement + i].address, buffer.bytes_per_bank)) {
            return true;
        }
    }
    return false;
}

uint64_t placements(const ledger::Snapshot& snapshot) {
    uint64_t sum = 0;
    for (const ledger::Buffer& buffer : snapshot.buffers) {
        sum += buffer.device || buffer.allocator >= snapshot.allocators.size()
                   ? 1
                   : snapshot.allocators[buffer.allocator].devices.size();
    }
    return sum;
}

}  // namespace

std::set<const TrackedLedger*> leave_out_unopened(const std::vector<ledger::Device>& devices, const CardSource& cards,
                                                  std::vector<std::vector<Part>>& living) {
    std::set<const TrackedLedger*> left_out;
    for (size_t i = 0; i < devices.size(); ++i) {
        const telemetry::DeviceTelemetry* const card = cards.card_of(place_of(devices[i]));
        if (card == nullptr) {
            continue;
        }
        std::erase_if(living[i], [&](const Part& part) {
            if (!part.ledger->is_strangers() || !part.holding().open || !is_not_open(*part.ledger, *card)) {
                return false;
            }
            left_out.insert(part.ledger);
            return true;
        });
    }
    return left_out;
}

std::set<const TrackedLedger*> hold_against_driver(std::vector<ledger::Device>& devices,
                                                   const std::vector<bool>& by_strangers, const CardSource& cards,
                                                   std::vector<std::vector<Part>>& living) {
    std::set<const TrackedLedger*> left_out;
    for (size_t i = 0; i < devices.size(); ++i) {
        const telemetry::DeviceTelemetry* const card = cards.card_of(place_of(devices[i]));
        const LargestChip* const largest = card == nullptr ? nullptr : largest_of(*card);
        if (largest == nullptr) {
            continue;
        }
        std::erase_if(living[i], [&](const Part& part) {
            if (!part.ledger->is_strangers() ||
                !contradicts_driver(part.ledger->snapshot.devices[part.local], *largest)) {
                return false;
            }
            left_out.insert(part.ledger);
            return true;
        });
        if (by_strangers[i]) {
            describe_by_driver(devices[i], *card, *largest);
        }
    }
    return left_out;
}

uint64_t leave_out_misplaced(ledger::Snapshot& snapshot) {
    const uint64_t misplaced =
        std::erase_if(snapshot.buffers, [&](const ledger::Buffer& buffer) { return is_misplaced(snapshot, buffer); });
    snapshot.unlisted_buffers += misplaced;
    return misplaced;
}

std::set<const TrackedLedger*> strangers_beyond_room(const std::vector<TrackedLedger*>& shown,
                                                     std::vector<std::string>& notices) {
    std::map<uid_t, uint64_t> listed;
    std::map<uid_t, size_t> left_out;
    std::set<const TrackedLedger*> beyond;
    for (const TrackedLedger* ledger : shown) {
        if (!ledger->is_strangers() || !ledger->counts() || !ledger->list.kept) {
            continue;
        }
        uint64_t& sum = listed[ledger->owner];
        sum += placements(ledger->snapshot);
        if (sum > ledger::kMostPlacements) {
            beyond.insert(ledger);
            ++left_out[ledger->owner];
        }
    }
    for (const auto& [owner, count] : left_out) {
        notices.push_back("user " + std::to_string(owner) + " lists more than " +
                          std::to_string(ledger::kMostPlacements) + " buffers on devices; those of " +
                          std::to_string(count) + " processes are counted and not listed");
    }
    return beyond;
}

}  // namespace ttmem::inventory
