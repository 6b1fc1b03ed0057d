// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/device_use.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "analysis/intervals.hpp"
#include "base/saturate.hpp"
#include "inventory/ledger_names.hpp"

namespace ttmem::inventory {
namespace {

using api::kAllMemoryKinds;
using api::MemoryKind;

std::optional<std::string> text(const std::string& value) {
    return value.empty() ? std::nullopt : std::optional<std::string>(value);
}

api::Bytes physical_bytes(const ledger::Device& device, MemoryKind kind) {
    if (kind == MemoryKind::kDram && device.dram_channels && device.dram_channel_bytes > 0) {
        return saturating_product(*device.dram_channels, device.dram_channel_bytes);
    }
    if (kind == MemoryKind::kL1 && device.l1_cores && device.l1_core_bytes > 0) {
        return saturating_product(*device.l1_cores, device.l1_core_bytes);
    }
    return std::nullopt;
}

bool is_strangers(const Part& part) {
    return part.ledger->is_strangers();
}

void add_extremes(const std::vector<Part>& parts, MemoryKind kind, bool alone, api::MemoryUse& use) {
    use.lockstep_waste_bytes = 0;
    for (const Part& part : parts) {
        const KindHolding& holding = part.holding().kinds[kind];
        if (!holding.lockstep_waste_bytes || !use.lockstep_waste_bytes) {
            use.lockstep_waste_bytes.reset();
        } else {
            saturating_add(*use.lockstep_waste_bytes, *holding.lockstep_waste_bytes);
        }
        if (holding.highest_address && *holding.highest_address >= use.highest_address.value_or(0)) {
            use.highest_address = holding.highest_address;
        }
        if (holding.lowest_address && *holding.lowest_address <= use.lowest_address.value_or(UINT64_MAX)) {
            use.lowest_address = holding.lowest_address;
        }
        if (holding.largest_buffer_bytes_per_bank) {
            use.largest_buffer_bytes_per_bank =
                std::max(use.largest_buffer_bytes_per_bank.value_or(0), *holding.largest_buffer_bytes_per_bank);
        }
        if (alone) {
            use.least_largest_free_bytes_per_bank = holding.least_largest_free_bytes_per_bank;
        }
    }
    if (alone && use.least_largest_free_bytes_per_bank) {
        for (const Part& part : parts) {
            const api::Bytes& now = part.holding().kinds[kind].largest_free_bytes_per_bank;
            use.least_largest_free_bytes_per_bank =
                std::min(*use.least_largest_free_bytes_per_bank, now.value_or(UINT64_MAX));
        }
    }
}

// Where the list of another user's process is not whole, the union of all is not known: it holds what it claims beside
// the others then, so that it does not make the figure of a chip unknown.
api::Bytes strangers_apart(const std::vector<Part>& holders, MemoryKind kind, RangeUnions& unions) {
    std::vector<Part> better;
    uint64_t claimed = 0;
    for (const Part& part : holders) {
        if (is_strangers(part)) {
            saturating_add(claimed, part.holding().kinds[kind].allocated_bytes.value_or(0));
        } else {
            better.push_back(part);
        }
    }
    const api::Bytes held = better.empty()       ? 0
                            : better.size() == 1 ? better[0].holding().kinds[kind].allocated_bytes
                                                 : unions.of(better, kind);
    return held ? api::Bytes(saturating_sum(*held, claimed)) : std::nullopt;
}

// `parts`: of living processes. `is_cut` is set where other users claim more than there is.
api::MemoryUse memory_use(const ledger::Device& device, const std::vector<Part>& parts, MemoryKind kind,
                          RangeUnions& unions, bool& is_cut) {
    api::MemoryUse use;
    use.physical_bytes = physical_bytes(device, kind);
    use.requested_bytes = 0;
    use.buffers = 0;
    std::vector<Part> holders;
    const DeviceHolding* only_user = nullptr;
    size_t users = 0;
    bool sized_by_stranger = true;
    for (const Part& part : parts) {
        const KindHolding& holding = part.holding().kinds[kind];
        saturating_add(*use.requested_bytes, holding.requested_bytes);
        saturating_add(*use.buffers, holding.buffers);
        if (holds(part, kind)) {
            holders.push_back(part);
        }
        const bool is_better = part.ledger->is_strangers() < sized_by_stranger;
        const bool is_possible = !part.ledger->is_strangers() || !use.physical_bytes ||
                                 holding.capacity_bytes.value_or(0) <= *use.physical_bytes;
        if (holding.capacity_bytes && is_possible &&
            (!use.capacity_bytes || is_better ||
             (part.ledger->is_strangers() == sized_by_stranger && *holding.capacity_bytes > *use.capacity_bytes))) {
            use.capacity_bytes = holding.capacity_bytes;
            use.banks = holding.banks;
            sized_by_stranger = part.ledger->is_strangers();
        }
        if (part.holding().used) {
            only_user = &part.holding();
            ++users;
        }
    }
    if (holders.empty()) {
        use.allocated_bytes = 0;
    } else {
        use.allocated_bytes =
            holders.size() == 1 ? holders[0].holding().kinds[kind].allocated_bytes : unions.of(holders, kind);
        if (!use.allocated_bytes && std::any_of(holders.begin(), holders.end(), is_strangers)) {
            use.allocated_bytes = strangers_apart(holders, kind, unions);
        }
    }
    add_extremes(parts, kind, users == 1, use);
    // Other users' claims fill a chip at most.
    const api::Bytes& bound = use.physical_bytes ? use.physical_bytes : use.capacity_bytes;
    if (bound && std::any_of(holders.begin(), holders.end(), is_strangers)) {
        is_cut = is_cut || *use.requested_bytes > *bound || use.allocated_bytes.value_or(0) > *bound;
        use.requested_bytes = std::min(*use.requested_bytes, *bound);
        if (use.allocated_bytes) {
            use.allocated_bytes = std::min(*use.allocated_bytes, *bound);
        }
    }
    if (users == 1) {
        use.peak_bytes = only_user->kinds[kind].peak_bytes;
        use.peak_since_attach_bytes = only_user->kinds[kind].peak_since_attach_bytes;
        use.largest_free_bytes_per_bank = only_user->kinds[kind].largest_free_bytes_per_bank;
    }
    if (use.physical_bytes && use.capacity_bytes && *use.physical_bytes >= *use.capacity_bytes) {
        use.reserved_bytes = *use.physical_bytes - *use.capacity_bytes;
    }
    return use;
}

void add_known(api::Bytes& sum, const api::Bytes& more) {
    if (more) {
        sum = saturating_sum(sum.value_or(0), *more);
    }
}

// Several processes on one chip: their programs take turns, so bytes add up and the tightest one says how tight it is.
void add_circular_buffers(api::CircularBufferUse& sum, const DeviceHolding& holding) {
    const api::CircularBufferUse& more = holding.programs.circular_buffers;
    add_known(sum.current_bytes, circular_buffer_bytes(holding));
    add_known(sum.cached_union_bytes, more.cached_union_bytes);
    add_known(sum.programs_sum_bytes, more.programs_sum_bytes);
    add_known(sum.scratchpad_bytes, more.scratchpad_bytes);
    add_known(sum.programs_sum_bytes, holding.circular_buffer_bytes);  // those of the six reports add up anyway
    if (more.high_water_bytes_per_core) {
        sum.high_water_bytes_per_core =
            std::max(sum.high_water_bytes_per_core.value_or(0), *more.high_water_bytes_per_core);
    }
    if (more.headroom_bytes_per_core) {
        sum.headroom_bytes_per_core =
            std::min(sum.headroom_bytes_per_core.value_or(UINT64_MAX), *more.headroom_bytes_per_core);
    }
}

void add_least_headroom(api::Device& device, const Part& part) {
    const std::optional<ledger::LeastHeadroom>& from = part.holding().least_headroom;
    if (!from || (device.least_headroom && device.least_headroom->bytes <= from->bytes)) {
        return;
    }
    api::LeastHeadroom& least = device.least_headroom.emplace();
    if (part.ledger->verdict.pid) {
        least.pid = *part.ledger->verdict.pid;
    }
    least.bytes = from->bytes;
    least.operation = part.ledger->names.operation(from->context);
    least.program_id = from->program_id;
    least.buffer_id = from->buffer_id;
    least.end_address = from->end_address;
    least.buffer_address = from->buffer_address;
    least.time_ns = from->time_ns;
    device.circular_buffers.least_headroom_bytes_per_core = from->bytes;
}

// Other users' claims of circular buffers and kernels fill a chip's memory at most.
void bound_programs(const ledger::Device& known, api::Device& device) {
    const auto bound = [](api::Bytes& sum, const api::Bytes& most) {
        if (sum && most) {
            sum = std::min(*sum, *most);
        }
    };
    for (api::Bytes* sum : {&device.circular_buffers.current_bytes, &device.circular_buffers.cached_union_bytes,
                            &device.circular_buffers.scratchpad_bytes}) {
        bound(*sum, physical_bytes(known, MemoryKind::kL1));
    }
    for (api::Bytes* sum : {&device.preallocated_bytes, &device.kernels.application_bytes, &device.kernels.fabric_bytes,
                            &device.kernels.dispatch_bytes, &device.kernels.loaded_bytes}) {
        bound(*sum, physical_bytes(known, MemoryKind::kDram));
    }
}

}  // namespace

bool holds(const Part& part, MemoryKind kind) {
    return part.holding().kinds[kind].buffers > 0;
}

api::Bytes RangeUnions::of(const std::vector<Part>& parts, MemoryKind kind) {
    std::vector<uint64_t> key{static_cast<uint64_t>(kind)};
    for (const Part& part : parts) {
        if (!part.ledger->ranges.known || !part.ledger->ranges.placed.contains({part.local, kind})) {
            return std::nullopt;
        }
        key.push_back(part.ledger->last_read.number);
        key.push_back(part.local);
    }
    if (const auto before = before_.find(key); before != before_.end()) {
        return now_.emplace(std::move(key), before->second).first->second;
    }
    std::vector<Interval> intervals;
    for (const Part& part : parts) {
        part.ledger->ranges.placed.at({part.local, kind}).append_to(intervals);
    }
    return now_.emplace(std::move(key), union_bytes(intervals)).first->second;
}

void RangeUnions::next() {
    before_ = std::move(now_);
    now_.clear();
}

api::Bytes circular_buffer_bytes(const DeviceHolding& holding) {
    api::Bytes sum = holding.programs.circular_buffers.current_bytes;
    add_known(sum, holding.circular_buffer_bytes);
    return sum;
}

api::Bytes kernel_bytes(const DeviceHolding& holding) {
    api::Bytes sum = holding.programs.kernels_all;
    add_known(sum, holding.kernel_application_bytes);
    add_known(sum, holding.kernel_fabric_bytes);
    add_known(sum, holding.kernel_dispatch_bytes);
    return sum;
}

api::Device describe_device(const ledger::Device& known, const std::vector<Part>& parts, bool lists,
                            RangeUnions& unions, bool& is_cut) {
    api::Device device;
    device.id = known.logical_id;
    device.pci = text(known.pci);
    device.unique_id = known.unique_id;
    device.board_id = known.board_id;
    device.arch = arch_name(known.arch);
    device.board = known.board;
    device.mock = known.mock;
    device.remote = known.remote;
    device.dram_channels = known.dram_channels;
    device.l1_cores = known.l1_cores;
    device.l1_columns = known.l1_columns;
    for (const MemoryKind kind : kAllMemoryKinds) {
        device.memory[kind] = memory_use(known, parts, kind, unions, is_cut);
    }
    if (lists) {
        device.preallocated_bytes = 0;
    }
    if (!parts.empty()) {
        device.sources = {api::Source::kLedger};
    }
    for (const Part& part : parts) {
        const DeviceHolding& holding = part.holding();
        device.live_processes += holding.open ? 1 : 0;
        if (device.preallocated_bytes && holding.preallocated_bytes) {
            saturating_add(*device.preallocated_bytes, *holding.preallocated_bytes);
        } else {
            device.preallocated_bytes.reset();
        }
        add_circular_buffers(device.circular_buffers, holding);
        add_least_headroom(device, part);
        add_known(device.kernels.application_bytes, holding.kernel_application_bytes);
        add_known(device.kernels.fabric_bytes, holding.kernel_fabric_bytes);
        add_known(device.kernels.dispatch_bytes, holding.kernel_dispatch_bytes);
        add_known(device.kernels.application_bytes, holding.programs.kernels[ledger::kProgramApplication]);
        add_known(device.kernels.fabric_bytes, holding.programs.kernels[ledger::kProgramFabric]);
        add_known(device.kernels.dispatch_bytes, holding.programs.kernels[ledger::kProgramDispatch]);
        add_known(device.kernels.loaded_bytes, kernel_bytes(holding));
    }
    if (std::any_of(parts.begin(), parts.end(), is_strangers)) {
        bound_programs(known, device);
    }
    return device;
}

}  // namespace ttmem::inventory
