// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/device_merge.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace ttmem::inventory {
namespace {

bool has_pci(const ledger::Device& device) {
    return !device.pci.empty() && !device.remote;
}

int knowledge(const ledger::Device& device) {
    return (device.unique_id ? 2 : 0) + (has_pci(device) ? 1 : 0);
}

void complete(ledger::Device& device, const ledger::Device& more) {
    if (!device.unique_id) {
        device.unique_id = more.unique_id;
    }
    if (!device.board_id) {
        device.board_id = more.board_id;
    }
    if (device.arch == 0) {
        device.arch = more.arch;
    }
    if (device.board.empty()) {
        device.board = more.board;
    }
    if (device.pci.empty()) {
        device.pci = more.pci;
    }
    if (!device.dram_channels) {
        device.dram_channels = more.dram_channels;
        device.dram_channel_bytes = more.dram_channel_bytes;
    }
    if (!device.l1_cores) {
        device.l1_cores = more.l1_cores;
        device.l1_core_bytes = more.l1_core_bytes;
    }
    if (!device.l1_columns && device.l1_cores == more.l1_cores) {
        device.l1_columns = more.l1_columns;
    }
}

// Whether the two know a figure and disagree on it.
bool contradicts(const ledger::Device& device, const ledger::Device& claim) {
    const auto differ = [](const auto& a, const auto& b) { return a && b && *a != *b; };
    return (device.arch != 0 && claim.arch != 0 && device.arch != claim.arch) ||
           (!device.board.empty() && !claim.board.empty() && device.board != claim.board) ||
           differ(device.unique_id, claim.unique_id) || differ(device.dram_channels, claim.dram_channels) ||
           (device.dram_channels && claim.dram_channels && device.dram_channel_bytes != claim.dram_channel_bytes);
}

// Which strangers' records are outvoted: at the same place (PCI address, else unique id) more users describe another
// chip, in the same words. Linear in the records.
std::vector<bool> outvoted(const std::vector<const ledger::Device*>& records, const std::vector<Standing>& standings,
                           const std::vector<uid_t>& owners) {
    using Place = std::pair<std::string, uint64_t>;
    using Words = std::tuple<std::optional<uint64_t>, uint32_t, std::string, std::optional<uint32_t>, uint64_t>;
    struct Votes {
        std::set<uid_t> users;
        const ledger::Device* device = nullptr;
    };
    const auto place_of = [](const ledger::Device& device) {
        return has_pci(device) ? Place(device.pci, 0) : Place("", device.unique_id.value_or(0));
    };
    const auto has_place = [](const ledger::Device& device) {
        return !device.mock && (has_pci(device) || device.unique_id);
    };
    const auto words_of = [](const ledger::Device& device) {
        return Words(device.unique_id, device.arch, device.board, device.dram_channels, device.dram_channel_bytes);
    };
    struct Said {
        std::map<Words, Votes> all;
        const Votes* most = nullptr;
    };
    std::vector<bool> lost(records.size());
    std::map<Place, Said> places;
    for (size_t i = 0; i < owners.size(); ++i) {
        if (is_stranger(standings[i]) && has_place(*records[i])) {
            Votes& votes = places[place_of(*records[i])].all[words_of(*records[i])];
            votes.users.insert(owners[i]);
            votes.device = records[i];
        }
    }
    for (auto& [place, said] : places) {
        for (const auto& [words, votes] : said.all) {
            said.most = said.most == nullptr || votes.users.size() > said.most->users.size() ? &votes : said.most;
        }
    }
    for (size_t i = 0; i < owners.size(); ++i) {
        if (is_stranger(standings[i]) && has_place(*records[i])) {
            const Said& said = places.at(place_of(*records[i]));
            lost[i] = said.all.at(words_of(*records[i])).users.size() < said.most->users.size() &&
                      contradicts(*said.most->device, *records[i]);
        }
    }
    return lost;
}

}  // namespace

bool same_device(const ledger::Device& a, const ledger::Device& b) {
    if (a.mock != b.mock) {
        return false;
    }
    if (a.unique_id && b.unique_id) {
        return *a.unique_id == *b.unique_id;
    }
    if (has_pci(a) && has_pci(b)) {
        return a.pci == b.pci;
    }
    return a.logical_id == b.logical_id && a.arch == b.arch && a.board == b.board &&
           a.dram_channels == b.dram_channels && a.dram_channel_bytes == b.dram_channel_bytes &&
           a.l1_cores == b.l1_cores && a.l1_core_bytes == b.l1_core_bytes;
}

MergedDevices merge_devices(const std::vector<const ledger::Device*>& records, const std::vector<Standing>& standings,
                            const std::vector<uid_t>& owners) {
    MergedDevices merged;
    merged.device_of.resize(records.size());
    std::vector<size_t> order(records.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::vector<bool> lost = outvoted(records, standings, owners);
    lost.resize(records.size());
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        return std::tuple(standings[a], lost[a], -knowledge(*records[a])) <
               std::tuple(standings[b], lost[b], -knowledge(*records[b]));
    });
    std::vector<size_t> first_record;  // of each device, in the given order
    std::vector<Standing>& described_by = merged.described_by;
    for (const size_t record : order) {
        size_t device = 0;
        while (device < merged.devices.size() && !same_device(merged.devices[device], *records[record])) {
            ++device;
        }
        if (device == merged.devices.size()) {
            merged.devices.push_back(*records[record]);
            first_record.push_back(record);
            described_by.push_back(standings[record]);
        } else if (is_stranger(standings[record]) && !is_stranger(described_by[device])) {
            if (contradicts(merged.devices[device], *records[record])) {
                merged.contradicting.push_back(record);
            }
        } else {
            if (is_stranger(standings[record]) && contradicts(merged.devices[device], *records[record])) {
                merged.contradicting.push_back(record);
            }
            complete(merged.devices[device], *records[record]);
            first_record[device] = std::min(first_record[device], record);
        }
        merged.device_of[record] = device;
    }
    for (size_t device = 0; device < merged.devices.size(); ++device) {
        merged.devices[device].logical_id = records[first_record[device]]->logical_id;
    }
    return merged;
}

}  // namespace ttmem::inventory
