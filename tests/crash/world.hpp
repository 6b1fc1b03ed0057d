// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The expected contents of a ledger: a plain model of buffers and totals that the crash tests step beside the real
// writer. It knows nothing of shards, journals or files.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "ledger/read/snapshot.hpp"

namespace ttmem::test {

// A buffer as both sides name it: address, requested, bytes per bank, banks, allocator, account, type, layout, page.
using Row = std::tuple<uint64_t, uint64_t, uint64_t, uint32_t, uint32_t, uint8_t, uint8_t, uint8_t, uint32_t>;

struct Figures {
    uint64_t buffers = 0, bytes = 0, requested = 0, peak = 0, allocations = 0, frees = 0;
    auto operator<=>(const Figures&) const = default;
};

struct World {
    std::map<uint64_t, Row> rows;                              // listed buffers by id
    std::map<std::pair<uint32_t, uint32_t>, Figures> figures;  // by (allocator, account), those ever touched
    uint64_t unlisted = 0;
    // Bytes in a bank of the largest buffer so far, by the same. Raised after the end of an event: not compared.
    std::map<std::pair<uint32_t, uint32_t>, uint64_t> largest;

    bool operator==(const World& other) const {
        return rows == other.rows && figures == other.figures && unlisted == other.unlisted;
    }

    void allocate(uint64_t id, const Row& row, bool listed = true) {
        Figures& f = figures[{std::get<4>(row), std::get<5>(row)}];
        ++f.buffers;
        ++f.allocations;
        f.bytes += std::get<2>(row) * std::get<3>(row);
        f.requested += std::get<1>(row);
        f.peak = std::max(f.peak, f.bytes);
        uint64_t& most = largest[{std::get<4>(row), std::get<5>(row)}];
        most = std::max(most, std::get<2>(row));
        if (listed) {
            rows.emplace(id, row);
        } else {
            ++unlisted;
        }
    }
    void free(const Row& row) {
        Figures& f = figures[{std::get<4>(row), std::get<5>(row)}];
        --f.buffers;
        ++f.frees;
        f.bytes -= std::get<2>(row) * std::get<3>(row);
        f.requested -= std::get<1>(row);
    }
    void free(uint64_t id) {
        const auto found = rows.find(id);
        free(found->second);
        rows.erase(found);
    }
    void free_unlisted(const Row& row) {
        free(row);
        --unlisted;
    }
};

inline World world_of(const ledger::Snapshot& snapshot) {
    World world;
    for (const ledger::Buffer& b : snapshot.buffers) {
        world.rows.emplace(b.id, Row{b.address, b.requested_bytes, b.bytes_per_bank, b.banks, b.allocator, b.account,
                                     b.type, b.layout, b.page_bytes});
    }
    for (const ledger::Allocator& allocator : snapshot.allocators) {
        for (uint32_t account = 0; account < ledger::kAccounts; ++account) {
            const ledger::AccountTotals& t = allocator.totals[account];
            const Figures f{t.buffers, t.bytes, t.requested_bytes, t.peak_bytes, t.allocations, t.frees};
            if (f != Figures{}) {
                world.figures.emplace(std::pair{allocator.index, account}, f);
                world.largest.emplace(std::pair{allocator.index, account}, t.largest_bytes_per_bank);
            }
        }
    }
    world.unlisted = snapshot.unlisted_buffers;
    return world;
}

// Where two worlds differ, for a failure message.
inline std::string difference(const World& wanted, const World& found) {
    std::string text;
    for (const auto& [id, row] : wanted.rows) {
        if (!found.rows.contains(id)) {
            text += "lacks buffer " + std::to_string(id) + "; ";
        } else if (found.rows.at(id) != row) {
            text += "another row for " + std::to_string(id) + "; ";
        }
    }
    for (const auto& [id, row] : found.rows) {
        if (!wanted.rows.contains(id)) {
            text += "has extra buffer " + std::to_string(id) + "; ";
        }
    }
    const auto show = [](const Figures& f) {
        return std::to_string(f.buffers) + " buffers " + std::to_string(f.bytes) + " B requested " +
               std::to_string(f.requested) + " peak " + std::to_string(f.peak) + " events " +
               std::to_string(f.allocations) + "/" + std::to_string(f.frees);
    };
    for (const auto& [key, f] : wanted.figures) {
        const auto other = found.figures.find(key);
        if (other == found.figures.end() || other->second != f) {
            text += "account " + std::to_string(key.first) + "/" + std::to_string(key.second) + ": wanted " + show(f) +
                    ", found " + (other == found.figures.end() ? "nothing" : show(other->second)) + "; ";
        }
    }
    if (wanted.unlisted != found.unlisted) {
        text += "unlisted " + std::to_string(found.unlisted) + " instead of " + std::to_string(wanted.unlisted);
    }
    return text;
}

}  // namespace ttmem::test
