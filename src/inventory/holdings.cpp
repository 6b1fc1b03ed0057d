// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/holdings.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "analysis/free_blocks.hpp"
#include "base/saturate.hpp"
#include "inventory/model_lists.hpp"
#include "ledger/read/check_claims.hpp"
#include "model/core_bits.hpp"

namespace ttmem::inventory {
namespace {

using api::BufferKind;
using api::kAllMemoryKinds;
using api::MemoryKind;
using ledger::Allocator;
using ledger::Buffer;
using ledger::Snapshot;

bool covers(const Allocator& allocator, uint32_t device) {
    return std::find(allocator.devices.begin(), allocator.devices.end(), device) != allocator.devices.end();
}

const ledger::AccountTotals& totals(const Allocator& allocator, MemoryKind kind) {
    return allocator.totals[account_of(kind)];
}

const ledger::BankGeometry& geometry(const Allocator& allocator, MemoryKind kind) {
    return allocator.geometry[account_of(kind)];
}

Interval interval_of(const Buffer& buffer) {
    return make_interval(buffer.address, buffer.bytes_per_bank, buffer.banks);
}

// Placed buffers of a mesh that lie on one of its devices alone: its totals are then no device's own.
bool has_single_device_rows(const Snapshot& snapshot) {
    return std::any_of(snapshot.buffers.begin(), snapshot.buffers.end(), [&](const Buffer& buffer) {
        return buffer.device && kind_of_account(buffer.account) && buffer.allocator < snapshot.allocators.size() &&
               snapshot.allocators[buffer.allocator].devices.size() > 1;
    });
}

std::vector<uint8_t> devices_with_rows_of_their_own(const Snapshot& snapshot) {
    std::vector<uint8_t> found(snapshot.devices.size());
    for (const Buffer& buffer : snapshot.buffers) {
        if (buffer.device && *buffer.device < found.size() && buffer.allocator < snapshot.allocators.size() &&
            snapshot.allocators[buffer.allocator].devices.size() > 1) {
            found[*buffer.device] = 1;
        }
    }
    return found;
}

bool passes_are_bounded(const Snapshot& snapshot, const std::vector<uint8_t>& with_own_rows) {
    const auto passes = static_cast<uint64_t>(std::count(with_own_rows.begin(), with_own_rows.end(), 1));
    return saturating_product(passes, snapshot.buffers.size()) <= ledger::kMostPlacements;
}

// The time in which the allocator can have held bytes. After several openings the record has those of the last only.
std::pair<uint64_t, uint64_t> lifetime(const Allocator& allocator) {
    const uint64_t from = allocator.generation > 1 ? 0 : allocator.opened_ns;
    const uint64_t forever = std::numeric_limits<uint64_t>::max();
    return {from, allocator.open ? forever : allocator.closed_ns.value_or(forever)};
}

// A HYBRID mesh's allocator and its devices' own, which keep clear of each other; nullptr when they are others, or just
// one. `others`: those of the devices.
const Allocator* family(const Snapshot& snapshot, const std::vector<const Allocator*>& allocators) {
    const Allocator* mesh = nullptr;
    for (const Allocator* allocator : allocators) {
        if (!allocator->hybrid || (allocator->mesh_id >= 0 && mesh != nullptr)) {
            return nullptr;
        }
        mesh = allocator->mesh_id >= 0 ? allocator : mesh;
    }
    for (const Allocator* allocator : allocators) {
        if (allocator != mesh &&
            (mesh == nullptr || !allocator->parent || *allocator->parent >= snapshot.allocators.size() ||
             &snapshot.allocators[*allocator->parent] != mesh)) {
            return nullptr;
        }
    }
    return allocators.size() > 1 ? mesh : nullptr;
}

// Peak of a HYBRID mesh and its device's own allocator together: the writer kept it at each allocation of the latter.
api::Bytes family_peak(const std::vector<const Allocator*>& allocators, MemoryKind kind) {
    uint64_t most = 0;
    for (const Allocator* allocator : allocators) {
        most = std::max({most, totals(*allocator, kind).peak_bytes,
                         allocator->watermarks[account_of(kind)].peak_with_mesh.value_or(0)});
    }
    return most;
}

api::Bytes peak(const std::vector<const Allocator*>& allocators, MemoryKind kind) {
    std::vector<std::pair<uint64_t, uint64_t>> lifetimes;
    uint64_t most = 0;
    for (const Allocator* allocator : allocators) {
        if (const uint64_t bytes = totals(*allocator, kind).peak_bytes; bytes > 0) {
            most = std::max(most, bytes);
            lifetimes.push_back(lifetime(*allocator));
        }
    }
    std::sort(lifetimes.begin(), lifetimes.end());
    for (size_t i = 1; i < lifetimes.size(); ++i) {
        if (lifetimes[i].first < lifetimes[i - 1].second) {
            return std::nullopt;
        }
    }
    return most;
}

template <typename Value>
void keep(std::optional<Value>& best, const std::optional<Value>& other, bool larger) {
    if (other && (!best || (larger ? *other > *best : *other < *best))) {
        best = other;
    }
}

void add_watermarks(const std::vector<const Allocator*>& allocators, MemoryKind kind, KindHolding& holding) {
    for (const Allocator* allocator : allocators) {
        const ledger::Watermarks& marks = allocator->watermarks[account_of(kind)];
        keep(holding.highest_address, marks.highest_end, true);
        keep(holding.lowest_address, marks.lowest_address, false);
        keep(holding.least_largest_free_bytes_per_bank, marks.least_largest_free, false);
        if (const uint64_t largest = totals(*allocator, kind).largest_bytes_per_bank; largest > 0) {
            keep(holding.largest_buffer_bytes_per_bank, api::Bytes(largest), true);
        }
    }
}

// Absent where it is not known of some buffer.
api::Bytes lockstep_waste(const Snapshot& snapshot, uint32_t device, MemoryKind kind) {
    uint64_t waste = 0;
    for (const Buffer& buffer : snapshot.buffers) {
        if (buffer.account != account_of(kind) || !lies_on(snapshot, buffer, device)) {
            continue;
        }
        const std::optional<uint32_t> used = used_banks(buffer);
        if (!used) {
            return std::nullopt;
        }
        waste += buffer.banks > *used ? (buffer.banks - *used) * buffer.bytes_per_bank : 0;
    }
    return waste;
}

// Adds what buffers on cores of their own take, at each address. `of_mesh`: on any device of the mesh, for in the way
// of its lockstep buffers they are all alike.
void add_own_addresses(const Snapshot& snapshot, uint32_t device, MemoryKind kind, bool of_mesh,
                       std::vector<Interval>& taken) {
    for (const Buffer& buffer : snapshot.buffers) {
        if (buffer.account != account_of(kind) || !has_own_cores(buffer) ||
            (!of_mesh && !lies_on(snapshot, buffer, device))) {
            continue;
        }
        if (buffer.placements == 0) {
            taken.push_back(interval_of(buffer));
        }
        for (uint32_t i = 0; i < buffer.placements && buffer.placement + i < snapshot.core_addresses.size(); ++i) {
            taken.push_back(
                make_interval(snapshot.core_addresses[buffer.placement + i].address, buffer.bytes_per_bank, 1));
        }
    }
}

// The intervals of buffers that lie on single cores, by the core's place.
std::map<uint32_t, std::vector<Interval>> own_intervals(const Snapshot& snapshot, uint32_t device, MemoryKind kind) {
    std::map<uint32_t, std::vector<Interval>> by_core;
    for (const Buffer& buffer : snapshot.buffers) {
        if (buffer.account != account_of(kind) || !has_own_cores(buffer) || !lies_on(snapshot, buffer, device)) {
            continue;
        }
        for (uint32_t i = 0; i < buffer.placements && buffer.placement + i < snapshot.core_addresses.size(); ++i) {
            const ledger::CoreAddress& core = snapshot.core_addresses[buffer.placement + i];
            by_core[CoreBits::place_of(core.x, core.y)].push_back(
                make_interval(core.address, buffer.bytes_per_bank, 1));
        }
        const auto cores = snapshot.core_sets.find(buffer.core_set);
        if (buffer.placements == 0 && cores != snapshot.core_sets.end()) {
            CoreBits bits;
            bits.add(core_set(cores->second));
            bits.for_each([&](uint32_t place) {
                by_core[place].push_back(make_interval(buffer.address, buffer.bytes_per_bank, 1));
            });
        }
    }
    return by_core;
}

// Where several allocators hold bytes that may overlap: each byte of each core once.
uint64_t placed_bytes(const Snapshot& snapshot, uint32_t device, MemoryKind kind) {
    const std::vector<Interval> everywhere = placed_intervals(snapshot, device, kind);
    uint64_t bytes = union_bytes(everywhere);
    const std::map<uint32_t, std::vector<Interval>> by_core = own_intervals(snapshot, device, kind);
    if (by_core.empty()) {
        return bytes;
    }
    std::vector<Interval> on_one;
    for (const Interval& interval : flattened(everywhere)) {
        on_one.push_back({interval.begin, interval.end, 1});
    }
    const uint64_t common = union_bytes(on_one);
    for (const auto& [place, intervals] : by_core) {
        std::vector<Interval> all = on_one;
        all.insert(all.end(), intervals.begin(), intervals.end());
        bytes += union_bytes(all) - common;
    }
    return bytes;
}

KindHolding hold_kind(const Snapshot& snapshot, const PlacedSpans& spans, bool buffers_listed, bool single_device_rows,
                      uint32_t device, MemoryKind kind, const std::vector<const Allocator*>& allocators) {
    KindHolding holding;
    std::vector<const Allocator*> with_bytes;
    const Allocator* sized = nullptr;
    for (const Allocator* allocator : allocators) {
        const ledger::AccountTotals& figures = totals(*allocator, kind);
        saturating_add(holding.requested_bytes, figures.requested_bytes);
        saturating_add(holding.buffers, figures.buffers);
        if (figures.bytes > 0 || figures.buffers > 0) {
            with_bytes.push_back(allocator);
        }
        const ledger::BankGeometry& banks = geometry(*allocator, kind);
        if (allocator->open && banks.banks > 0 &&
            (sized == nullptr || banks.bank_bytes > geometry(*sized, kind).bank_bytes)) {
            sized = allocator;
        }
    }
    if (sized != nullptr) {
        holding.banks = geometry(*sized, kind).banks;
        holding.capacity_bytes = saturating_product(geometry(*sized, kind).bank_bytes, geometry(*sized, kind).banks);
    }
    const Allocator* mesh = family(snapshot, allocators);
    // The bytes held before a late attach are unknown, so the peak is known from the attach on only.
    (snapshot.late_ns ? holding.peak_since_attach_bytes : holding.peak_bytes) =
        mesh != nullptr ? family_peak(allocators, kind) : peak(allocators, kind);
    add_watermarks(allocators, kind, holding);

    const bool list_is_whole = buffers_listed && snapshot.unlisted_buffers == 0;
    if (with_bytes.empty()) {
        holding.allocated_bytes = 0;
    } else if (with_bytes.size() > 1 && mesh != nullptr) {
        holding.allocated_bytes = 0;
        for (const Allocator* allocator : with_bytes) {
            *holding.allocated_bytes += totals(*allocator, kind).bytes;
        }
    } else if (with_bytes.size() > 1) {
        if (list_is_whole) {
            holding.allocated_bytes = placed_bytes(snapshot, device, kind);
        }
    } else if (!single_device_rows) {
        holding.allocated_bytes = totals(*with_bytes[0], kind).bytes;
    } else {
        holding.requested_bytes = 0;
        holding.buffers = 0;
        uint64_t bytes = 0;
        for (const Buffer& buffer : snapshot.buffers) {
            if (buffer.account == account_of(kind) && lies_on(snapshot, buffer, device)) {
                saturating_add(bytes, buffer.allocated_bytes());
                saturating_add(holding.requested_bytes, buffer.requested_bytes);
                ++holding.buffers;
            }
        }
        if (list_is_whole) {
            holding.allocated_bytes = bytes;
        }
    }

    // The allocator whose banks these are: the mesh's, the only one with buffers, or the largest; null: several.
    const Allocator* owner = mesh != nullptr          ? mesh
                             : with_bytes.size() == 1 ? with_bytes[0]
                             : with_bytes.empty()     ? sized
                                                      : nullptr;
    if (list_is_whole) {
        holding.lockstep_waste_bytes = spans.whole ? lockstep_waste_of(spans, indexes_of(snapshot, allocators), kind)
                                                   : lockstep_waste(snapshot, device, kind);
    }
    const bool has_bank = owner != nullptr && owner->open && list_is_whole && geometry(*owner, kind).banks > 0;
    if (has_bank && spans.whole) {
        if (const auto sums = free_sums(taken_by(spans, indexes_of(snapshot, allocators), kind),
                                        geometry(*owner, kind).base_address, geometry(*owner, kind).bank_bytes)) {
            holding.largest_free_bytes_per_bank = sums->largest_bytes;
        }
    } else if (has_bank) {
        std::vector<Interval> taken = placed_intervals(snapshot, device, kind);
        add_own_addresses(snapshot, device, kind, mesh != nullptr, taken);
        if (const auto blocks =
                free_blocks(std::move(taken), geometry(*owner, kind).base_address, geometry(*owner, kind).bank_bytes)) {
            holding.largest_free_bytes_per_bank = largest(*blocks);
        }
    }
    return holding;
}

// Where L1 begins for circular buffers, and where the lowest buffer stands in their way.
std::optional<L1Edges> l1_edges(const Snapshot& snapshot, const PlacedSpans& spans, bool buffers_listed,
                                uint32_t device, const std::vector<const Allocator*>& allocators) {
    if (!buffers_listed || snapshot.unlisted_buffers > 0) {
        return std::nullopt;
    }
    std::optional<L1Edges> edges;
    for (const Allocator* allocator : allocators) {
        const ledger::BankGeometry& banks = geometry(*allocator, MemoryKind::kL1);
        if (!allocator->open || banks.banks == 0) {
            continue;
        }
        const uint64_t end = banks.base_address + banks.bank_bytes;
        edges = edges ? L1Edges{std::min(edges->base, banks.base_address), std::max(edges->lowest_buffer, end)}
                      : L1Edges{banks.base_address, end};
    }
    if (edges) {
        if (spans.whole) {
            for (const size_t allocator : indexes_of(snapshot, allocators)) {
                const std::vector<Interval>& taken = spans.allocators[allocator].taken[MemoryKind::kL1];
                edges->lowest_buffer =
                    taken.empty() ? edges->lowest_buffer : std::min(edges->lowest_buffer, taken.front().begin);
            }
            return edges;
        }
        for (const Interval& interval : placed_intervals(snapshot, device, MemoryKind::kL1)) {
            edges->lowest_buffer = std::min(edges->lowest_buffer, interval.begin);
        }
        for (const auto& [place, intervals] : own_intervals(snapshot, device, MemoryKind::kL1)) {
            for (const Interval& interval : intervals) {
                const auto [lowest, first] = edges->lowest_on_core.emplace(place, interval.begin);
                lowest->second = std::min(lowest->second, interval.begin);
            }
        }
    }
    return edges;
}

// The bytes of the client's six reports; absent when there was no such report.
api::Bytes reported(const std::vector<const Allocator*>& allocators, uint32_t account) {
    api::Bytes sum;
    for (const Allocator* allocator : allocators) {
        if (allocator->totals[account].allocations > 0) {
            sum = saturating_sum(sum.value_or(0), allocator->totals[account].bytes);
        }
    }
    return sum;
}

// Separates views from pre-allocated buffers and adds up the latter, for each device.
// `like`: of each device the first one with the same rows.
void place_fixed(const Snapshot& snapshot, const std::vector<uint32_t>& like, Holdings& holdings) {
    std::map<std::pair<uint32_t, uint32_t>, Containment> placed;  // by device and type, made when first asked for
    const auto inside = [&](const Buffer& buffer, uint32_t device) {
        const std::optional<MemoryKind> kind = kind_of_account(buffer.type);
        if (!kind) {
            return false;
        }
        const std::pair<uint32_t, uint32_t> key(device < like.size() ? like[device] : device, buffer.type);
        auto found = placed.find(key);
        if (found == placed.end()) {
            found = placed.emplace(key, Containment(placed_intervals(snapshot, device, *kind))).first;
        }
        return found->second.contains(interval_of(buffer));
    };
    std::map<std::pair<uint32_t, uint32_t>, std::vector<Interval>> loose;
    for (size_t i = 0; i < snapshot.buffers.size(); ++i) {
        const Buffer& buffer = snapshot.buffers[i];
        if (buffer.account != ledger::kAccountFixed || buffer.allocator >= snapshot.allocators.size()) {
            continue;
        }
        if ((buffer.flags & ledger::kBufferDangling) != 0) {
            // The buffer that it looked into is gone, whatever lies at the address now.
            holdings.buffer_kinds[i] = BufferKind::kDanglingView;
            continue;
        }
        bool view_everywhere = true;
        for (const uint32_t device : snapshot.allocators[buffer.allocator].devices) {
            if (lies_on(snapshot, buffer, device) && !inside(buffer, device)) {
                view_everywhere = false;
                loose[{device, buffer.type}].push_back(interval_of(buffer));
            }
        }
        holdings.buffer_kinds[i] = view_everywhere ? BufferKind::kView : BufferKind::kPreallocated;
    }
    for (DeviceHolding& device : holdings.devices) {
        device.preallocated_bytes = 0;
    }
    for (const auto& [key, intervals] : loose) {
        if (key.first < holdings.devices.size() && kind_of_account(key.second)) {
            saturating_add(*holdings.devices[key.first].preallocated_bytes, union_bytes(intervals));
        }
    }
    if (snapshot.unlisted_buffers > 0) {
        for (DeviceHolding& device : holdings.devices) {
            device.preallocated_bytes.reset();
        }
    }
}

BufferKind kind_of_buffer(const Buffer& buffer) {
    switch (buffer.account) {
        case ledger::kAccountDram:
            return BufferKind::kDram;
        case ledger::kAccountL1:
            return BufferKind::kL1;
        case ledger::kAccountL1Small:
            return BufferKind::kL1Small;
        case ledger::kAccountTrace:
            return BufferKind::kTrace;
        case ledger::kAccountHooked:
            return BufferKind::kHooked;
        case ledger::kAccountFixed:
            return BufferKind::kPreallocated;
        default:
            return BufferKind::kSystemMemory;
    }
}

}  // namespace

uint32_t account_of(MemoryKind kind) {
    switch (kind) {
        case MemoryKind::kDram:
            return ledger::kAccountDram;
        case MemoryKind::kL1:
            return ledger::kAccountL1;
        case MemoryKind::kL1Small:
            return ledger::kAccountL1Small;
        case MemoryKind::kTrace:
            return ledger::kAccountTrace;
    }
    return ledger::kAccountDram;
}

std::optional<MemoryKind> kind_of_account(uint32_t account) {
    for (const MemoryKind kind : kAllMemoryKinds) {
        if (account_of(kind) == account) {
            return kind;
        }
    }
    return std::nullopt;
}

bool has_own_cores(const Buffer& buffer) {
    return (buffer.flags & (ledger::kBufferPerCore | ledger::kBufferRangeLockstep)) != 0;
}

std::optional<uint32_t> used_banks(const Buffer& buffer) {
    if (buffer.used_banks > 0) {
        return std::min(buffer.used_banks, buffer.banks);
    }
    if (buffer.layout != ledger::kLayoutInterleaved || buffer.page_bytes == 0) {
        return std::nullopt;
    }
    // Pages go to the banks in turn; the last page may be partly filled.
    const uint64_t pages =
        buffer.requested_bytes / buffer.page_bytes + (buffer.requested_bytes % buffer.page_bytes != 0);
    return static_cast<uint32_t>(std::min<uint64_t>(pages, buffer.banks));
}

bool lies_on(const Snapshot& snapshot, const Buffer& buffer, uint32_t device) {
    if (buffer.device) {
        return *buffer.device == device;
    }
    return buffer.allocator < snapshot.allocators.size() && covers(snapshot.allocators[buffer.allocator], device);
}

std::vector<Interval> placed_intervals(const Snapshot& snapshot, uint32_t device, MemoryKind kind) {
    std::vector<uint8_t> covering(snapshot.allocators.size());
    for (size_t i = 0; i < covering.size(); ++i) {
        covering[i] = covers(snapshot.allocators[i], device) ? 1 : 0;
    }
    std::vector<Interval> intervals;
    for (const Buffer& buffer : snapshot.buffers) {
        if (buffer.account != account_of(kind) || has_own_cores(buffer)) {
            continue;
        }
        if (buffer.device ? *buffer.device == device
                          : buffer.allocator < covering.size() && covering[buffer.allocator]) {
            intervals.push_back(interval_of(buffer));
        }
    }
    return intervals;
}

bool has_overlap(const Snapshot& snapshot) {
    for (const MemoryKind kind : kAllMemoryKinds) {
        std::vector<uint8_t> held(snapshot.devices.size());
        for (const Allocator& allocator : snapshot.allocators) {
            if (totals(allocator, kind).bytes == 0) {
                continue;
            }
            for (const uint32_t device : allocator.devices) {
                if (device < held.size() && held[device]++ > 0) {
                    return true;
                }
            }
        }
    }
    return false;
}

Holdings hold(const Snapshot& snapshot, bool list_wanted) {
    Holdings holdings;
    holdings.devices.resize(snapshot.devices.size());
    if (list_wanted) {
        holdings.spans = placed_spans(snapshot);
    }
    const std::vector<uint8_t> single_device_rows =
        holdings.spans.whole ? std::vector<uint8_t>(snapshot.devices.size()) : devices_with_rows_of_their_own(snapshot);
    // Each device with rows of its own is a pass over the list. More than that many looks are not taken: what rests on
    // the list is unknown then.
    const bool buffers_listed = list_wanted && passes_are_bounded(snapshot, single_device_rows);
    const bool any_single = !holdings.spans.whole && has_single_device_rows(snapshot);
    std::vector<std::vector<const Allocator*>> covering(holdings.devices.size());
    for (const Allocator& allocator : snapshot.allocators) {
        for (const uint32_t device : allocator.devices) {
            if (device < covering.size() && (covering[device].empty() || covering[device].back() != &allocator)) {
                covering[device].push_back(&allocator);
            }
        }
    }
    // The devices of a mesh share its allocators, and so their figures.
    std::map<std::vector<const Allocator*>, uint32_t> done;
    std::vector<uint32_t> like(holdings.devices.size());
    for (uint32_t device = 0; device < holdings.devices.size(); ++device) {
        DeviceHolding& holding = holdings.devices[device];
        const std::vector<const Allocator*>& allocators = covering[device];
        for (const Allocator* allocator : allocators) {
            holding.open = holding.open || allocator->open;
            holding.used = true;
        }
        like[device] = device;
        if (single_device_rows[device] == 0) {
            if (const auto [same, first] = done.emplace(allocators, device); !first) {
                like[device] = same->second;
                holding = holdings.devices[same->second];
                continue;
            }
        }
        for (const MemoryKind kind : kAllMemoryKinds) {
            holding.kinds[kind] =
                hold_kind(snapshot, holdings.spans, buffers_listed, any_single, device, kind, allocators);
        }
        holding.l1_edges = l1_edges(snapshot, holdings.spans, buffers_listed, device, allocators);
        for (const Allocator* allocator : allocators) {
            const std::optional<ledger::LeastHeadroom>& least = allocator->least_headroom;
            if (least && (!holding.least_headroom || least->bytes < holding.least_headroom->bytes)) {
                holding.least_headroom = least;
            }
        }
        holding.circular_buffer_bytes = reported(allocators, ledger::kAccountCircularBuffer);
        holding.kernel_application_bytes = reported(allocators, ledger::kAccountKernelApplication);
        holding.kernel_fabric_bytes = reported(allocators, ledger::kAccountKernelFabric);
        holding.kernel_dispatch_bytes = reported(allocators, ledger::kAccountKernelDispatch);
    }
    if (list_wanted) {
        holdings.buffer_kinds.reserve(snapshot.buffers.size());
        for (const Buffer& buffer : snapshot.buffers) {
            holdings.buffer_kinds.push_back(kind_of_buffer(buffer));
        }
        place_fixed(snapshot, like, holdings);
    }
    return holdings;
}

void hold_programs(const Snapshot& snapshot, Holdings& holdings) {
    std::vector<std::optional<L1Edges>> edges;
    for (const DeviceHolding& device : holdings.devices) {
        edges.push_back(device.l1_edges);
    }
    std::vector<ProgramUse> uses = program_uses(snapshot, edges);
    for (size_t i = 0; i < uses.size() && i < holdings.devices.size(); ++i) {
        holdings.devices[i].programs = uses[i];
    }
}

}  // namespace ttmem::inventory
