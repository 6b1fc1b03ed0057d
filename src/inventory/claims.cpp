// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/claims.hpp"

#include <sys/types.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

#include "ledger/read/check_claims.hpp"

namespace ttmem::inventory {
namespace {

// Whether tt-kmd says that the process does not have the card open. A child may use what its ancestor opened.
bool is_not_open(const TrackedLedger& ledger, const telemetry::DeviceTelemetry& card) {
    if (!ledger.verdict.pid || !card.open_pids.known() || card.pids_in_opener_namespace ||
        card.hidden_opens.value != uint64_t{0} || card.open_pids.read_at_ns < ledger.use_since_ns) {
        return false;
    }
    const std::vector<int>& open = *card.open_pids.value;
    const auto has_it = [&open](pid_t pid) { return std::find(open.begin(), open.end(), pid) != open.end(); };
    return !has_it(*ledger.verdict.pid) && std::none_of(ledger.ancestors.begin(), ledger.ancestors.end(), has_it);
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
        api::Device device;
        device.mock = devices[i].mock;
        device.remote = devices[i].remote;
        device.unique_id = devices[i].unique_id;
        if (!devices[i].pci.empty()) {
            device.pci = devices[i].pci;
        }
        const telemetry::DeviceTelemetry* const card = cards.card_of(device);
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

std::set<const TrackedLedger*> strangers_beyond_room(const std::vector<TrackedLedger*>& shown,
                                                     std::vector<std::string>& notices) {
    std::map<uid_t, uint64_t> listed;
    std::map<uid_t, size_t> left_out;
    std::set<const TrackedLedger*> beyond;
    for (const TrackedLedger* ledger : shown) {
        if (!ledger->is_strangers() || !ledger->counts() || !ledger->buffers_listed) {
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
