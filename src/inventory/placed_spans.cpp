// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/placed_spans.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "inventory/holdings.hpp"

namespace ttmem::inventory {
namespace {

using api::kAllMemoryKinds;
using api::MemoryKind;
using ledger::Buffer;
using ledger::Snapshot;

using KindByAccount = std::array<std::optional<MemoryKind>, ledger::kAccounts>;

KindByAccount kinds_by_account() {
    KindByAccount kinds;
    for (uint32_t account = 0; account < ledger::kAccounts; ++account) {
        kinds[account] = kind_of_account(account);
    }
    return kinds;
}

// Lies at one address in every bank of every device of its allocator.
bool lies_everywhere(const Snapshot& snapshot, const Buffer& row) {
    if (row.allocator >= snapshot.allocators.size() || row.bytes_per_bank == 0 || has_own_cores(row) ||
        (row.flags & ledger::kBufferBankless) != 0) {
        return false;
    }
    const ledger::Allocator& allocator = snapshot.allocators[row.allocator];
    return !allocator.hybrid && (!row.device || (allocator.devices.size() == 1 && allocator.devices[0] == *row.device));
}

// Neighbours with equally many banks become one span at once: a list in the order of addresses is then almost done.
void add_span(const Buffer& row, std::vector<Interval>& spans) {
    const Interval next = make_interval(row.address, row.bytes_per_bank, row.banks);
    if (!spans.empty() && spans.back().end == next.begin && spans.back().banks == next.banks) {
        spans.back().end = next.end;
    } else {
        spans.push_back(next);
    }
}

void add_waste(const Buffer& row, api::Bytes& waste) {
    if (const std::optional<uint32_t> used = used_banks(row); !used) {
        waste.reset();
    } else if (waste && row.banks > *used) {
        *waste += (row.banks - *used) * row.bytes_per_bank;
    }
}

bool share_a_device(const Snapshot& snapshot, const PlacedSpans& spans) {
    for (const MemoryKind kind : kAllMemoryKinds) {
        std::vector<uint8_t> held(snapshot.devices.size());
        for (size_t i = 0; i < spans.allocators.size(); ++i) {
            if (spans.allocators[i].taken[kind].empty()) {
                continue;
            }
            for (const uint32_t device : snapshot.allocators[i].devices) {
                if (device < held.size() && held[device]++ > 0) {
                    return true;
                }
            }
        }
    }
    return false;
}

}  // namespace

PlacedSpans placed_spans(const Snapshot& snapshot) {
    static const KindByAccount kKinds = kinds_by_account();
    PlacedSpans spans;
    spans.allocators.resize(snapshot.allocators.size());
    for (const Buffer& row : snapshot.buffers) {
        const std::optional<MemoryKind> kind = row.account < kKinds.size() ? kKinds[row.account] : std::nullopt;
        const bool dangles = row.account == ledger::kAccountFixed && (row.flags & ledger::kBufferDangling) != 0;
        if (dangles || (kind && !lies_everywhere(snapshot, row))) {
            return {};
        }
        if (!kind) {
            continue;
        }
        PlacedSpans::OfAllocator& own = spans.allocators[row.allocator];
        add_span(row, own.taken[*kind]);
        add_waste(row, own.lockstep_waste_bytes[*kind]);
        if (*kind == MemoryKind::kL1) {
            const auto place = [](const Buffer& buffer) { return std::pair(buffer.address, buffer.id); };
            if (!own.lowest_l1 || place(row) < place(*own.lowest_l1)) {
                own.lowest_l1 = row;
            }
        }
    }
    for (PlacedSpans::OfAllocator& own : spans.allocators) {
        for (const MemoryKind kind : kAllMemoryKinds) {
            own.taken[kind] = flattened(std::move(own.taken[kind]));
        }
    }
    spans.whole = !share_a_device(snapshot, spans);
    return spans.whole ? std::move(spans) : PlacedSpans();
}

std::vector<size_t> indexes_of(const Snapshot& snapshot, const std::vector<const ledger::Allocator*>& allocators) {
    std::vector<size_t> indexes;
    for (const ledger::Allocator* allocator : allocators) {
        indexes.push_back(static_cast<size_t>(allocator - snapshot.allocators.data()));
    }
    return indexes;
}

api::Bytes lockstep_waste_of(const PlacedSpans& spans, const std::vector<size_t>& allocators, MemoryKind kind) {
    api::Bytes waste = 0;
    for (const size_t allocator : allocators) {
        const api::Bytes& own = spans.allocators[allocator].lockstep_waste_bytes[kind];
        waste = waste && own ? api::Bytes(*waste + *own) : std::nullopt;
    }
    return waste;
}

std::vector<Interval> taken_by(const PlacedSpans& spans, const std::vector<size_t>& allocators, MemoryKind kind) {
    std::vector<Interval> all;
    for (const size_t allocator : allocators) {
        const std::vector<Interval>& own = spans.allocators[allocator].taken[kind];
        all.insert(all.end(), own.begin(), own.end());
    }
    return allocators.size() > 1 ? flattened(std::move(all)) : all;
}

}  // namespace ttmem::inventory
