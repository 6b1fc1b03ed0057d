// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/clash_gauge.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/saturate.hpp"

namespace ttmem::inventory {
namespace {

using api::MemoryKind;

bool has_device(const std::vector<api::DeviceIndex>& devices, api::DeviceIndex device) {
    return std::binary_search(devices.begin(), devices.end(), device);
}

// The lowest L1 buffer in the way of circular buffers.
struct Lowest {
    uint64_t address = UINT64_MAX;
    std::optional<api::BufferIndex> buffer;

    void lower_to(uint64_t to, api::BufferIndex of) {
        if (to < address) {
            *this = {to, of};
        }
    }
};

// The lowest buffers of one allocator on the device: those that tt-metal keeps clear of on every core (also buffers
// with one address on some cores alone), and those with an address of their own on single cores. On a HYBRID mesh also
// those of its device's own allocator: tt-metal looks at both kinds for circular buffers and for the banks under them,
// and at the first kind alone for dataflow buffers (measured with 0.80.0 and 0.81.1).
struct LowestBuffers {
    Lowest in_every_bank;
    std::map<uint32_t, Lowest> on_cores;

    const Lowest& on(uint32_t place) const {
        const auto own = on_cores.find(place);
        return own != on_cores.end() && own->second.address < in_every_bank.address ? own->second : in_every_bank;
    }
};
using ByAllocator = std::map<api::AllocatorIndex, LowestBuffers>;

api::AllocatorIndex family_of(const api::Model& model, api::AllocatorIndex allocator) {
    return allocator < model.allocators.size() ? model.allocators[allocator].mesh_allocator.value_or(allocator)
                                               : allocator;
}

ByAllocator lowest_buffers(const api::Model& model, api::DeviceIndex device) {
    ByAllocator lowest;
    for (api::BufferIndex i{0}; i < model.buffers.size(); ++i) {
        const api::Buffer& buffer = model.buffers[i];
        if (buffer.kind != api::BufferKind::kL1 || !has_device(buffer.devices, device)) {
            continue;
        }
        LowestBuffers& of_family = lowest[family_of(model, buffer.allocator)];
        if (!buffer.cores || buffer.bankless || buffer.addresses.empty()) {
            of_family.in_every_bank.lower_to(buffer.address, i);
            continue;
        }
        CoreBits cores;
        cores.add(*buffer.cores);
        cores.for_each([&](uint32_t place) {
            of_family.on_cores[place].lower_to(buffer.address_on(CoreBits::core_at(place)), i);
        });
    }
    return lowest;
}

struct CoreState {
    uint64_t launched = 0;  // number of the last launch here
    std::optional<api::ProgramIndex> current;
    std::optional<api::ProgramIndex> cached;
    uint64_t current_end = 0;
    uint64_t cached_end = 0;
};

// A program's highest end of own circular buffers, by core.
using EndsByCore = std::map<uint32_t, uint64_t>;

EndsByCore ends_of(const api::Program& program) {
    EndsByCore ends;
    for (const api::CircularBuffer& buffer : program.circular_buffers) {
        if (buffer.own()) {
            CoreBits cores;
            cores.add(buffer.cores);
            cores.for_each([&](uint32_t place) {
                uint64_t& end = ends[place];
                end = std::max(end, buffer.end());
            });
        }
    }
    return ends;
}

bool has_dataflow_buffers(const api::Program& program) {
    return std::any_of(program.circular_buffers.begin(), program.circular_buffers.end(),
                       [](const api::CircularBuffer& buffer) { return buffer.dataflow && buffer.own(); });
}

// The program's cores on which its buffers end above the lowest buffer of all, or above the lowest of those in every
// bank; the clash names the buffer to which most bytes are missing.
api::ClashAhead clash_with(api::ProgramIndex program, const EndsByCore& ends, const LowestBuffers& lowest,
                           bool in_every_bank) {
    api::ClashAhead clash;
    clash.program = program;
    CoreBits cores;
    for (const auto& [place, end] : ends) {
        const Lowest& here = in_every_bank ? lowest.in_every_bank : lowest.on(place);
        if (end <= here.address) {
            continue;
        }
        cores.add_place(place);
        if (end - here.address > clash.missing_bytes) {
            clash.missing_bytes = end - here.address;
            clash.end_address = end;
            clash.buffer = here.buffer;
            clash.buffer_address = here.address;
        }
    }
    clash.cores = cores.ranges();
    return clash;
}

void find_edges(const api::Model& model, api::DeviceIndex device, const ByAllocator& lowest, api::ClashGauge& gauge) {
    for (const api::Allocator& allocator : model.allocators) {
        const std::optional<api::Banks>& banks = allocator.banks[MemoryKind::kL1];
        if (allocator.open && banks && banks->banks > 0 && has_device(allocator.devices, device)) {
            gauge.base_address = std::min(gauge.base_address.value_or(UINT64_MAX), banks->base_address);
            gauge.lowest_address = std::max(gauge.lowest_address.value_or(0), banks->end());
        }
    }
    const auto lower = [&gauge](const Lowest& found) {
        if (found.buffer && (!gauge.lowest_address || found.address < *gauge.lowest_address)) {
            gauge.lowest_address = found.address;
            gauge.lowest_buffer = found.buffer;
        }
    };
    for (const auto& [allocator, buffers] : lowest) {
        lower(buffers.in_every_bank);
        for (const auto& [place, buffer] : buffers.on_cores) {
            lower(buffer);
        }
    }
}

uint64_t end_of_l1(const api::Model& model, api::DeviceIndex device) {
    uint64_t end = 0;
    for (const api::Allocator& allocator : model.allocators) {
        const std::optional<api::Banks>& banks = allocator.banks[MemoryKind::kL1];
        if (allocator.open && banks && banks->banks > 0 && has_device(allocator.devices, device)) {
            end = std::max(end, banks->end());
        }
    }
    return end;
}

// The lowest buffer's address on a core, over all allocators; `end` where there is no buffer.
uint64_t limit_on(const ByAllocator& lowest, uint32_t place, uint64_t end) {
    for (const auto& [allocator, buffers] : lowest) {
        end = std::min(end, buffers.on(place).address);
    }
    return end;
}

}  // namespace

CoreBits worker_cores(const api::Program& program) {
    CoreBits cores;
    for (const api::CircularBuffer& buffer : program.circular_buffers) {
        cores.add(buffer.cores);
    }
    for (const api::Kernel& kernel : program.kernels) {
        if (kernel.core_type == api::CoreType::kWorker) {
            cores.add(kernel.cores);
        }
    }
    return cores;
}

std::string program_label(const api::Program& program) {
    return program.operation.empty() ? kernel_label(program) : program.operation;
}

std::string kernel_label(const api::Program& program) {
    // A compute kernel says most about a program; kernels that move its data come after it.
    std::vector<std::string> names;
    for (const bool computes : {true, false}) {
        for (const api::Kernel& kernel : program.kernels) {
            if ((kernel.processor == api::ProcessorClass::kCompute) == computes && !kernel.name.empty() &&
                std::find(names.begin(), names.end(), kernel.name) == names.end()) {
                names.push_back(kernel.name);
            }
        }
    }
    std::string label;
    for (const std::string& name : names) {
        label += (label.empty() ? "" : ", ") + name;
    }
    return label.empty() ? "program " + std::to_string(program.id) : label;
}

api::ClashGauge clash_gauge(const api::Model& model, api::DeviceIndex device) {
    api::ClashGauge gauge;
    const ByAllocator lowest = lowest_buffers(model, device);
    find_edges(model, device, lowest, gauge);
    const uint64_t end_of_banks = end_of_l1(model, device);
    std::map<uint32_t, CoreState> states;
    bool any = false;
    gauge.known = true;
    for (api::ProgramIndex i{0}; i < model.programs.size(); ++i) {
        const api::Program& program = model.programs[i];
        if (!has_device(program.devices, device)) {
            continue;
        }
        any = true;
        gauge.known = gauge.known && program.buffers_known;
        const EndsByCore ends = ends_of(program);
        worker_cores(program).for_each([&](uint32_t place) {
            CoreState& state = states[place];
            const auto end = ends.find(place);
            if (program.last_launch > 0 && (!state.current || state.launched < program.last_launch)) {
                state.launched = program.last_launch;
                state.current = i;
                state.current_end = end == ends.end() ? 0 : end->second;
            }
            if (end != ends.end() && end->second > state.cached_end) {
                state.cached = i;
                state.cached_end = end->second;
            }
        });
        for (const auto& [allocator, buffers] : lowest) {
            const bool blind = has_dataflow_buffers(program);
            api::ClashAhead clash = clash_with(i, ends, buffers, blind);
            clash.refused = program.allocator == allocator;
            if (blind && clash.missing_bytes == 0) {
                clash = clash_with(i, ends, buffers, false);
                clash.refused = false;
            }
            if (clash.missing_bytes > 0) {
                gauge.ahead.push_back(std::move(clash));
            }
        }
    }
    gauge.known = gauge.known && any;
    for (const auto& [place, state] : states) {
        api::CoreGauge& core = gauge.cores.emplace_back();
        core.core = CoreBits::core_at(place);
        core.current_program = state.current;
        core.cached_program = state.cached;
        if (state.current_end > 0) {
            core.current_end = state.current_end;
        }
        if (state.cached_end > 0) {
            core.cached_end = state.cached_end;
        }
        if (gauge.base_address && gauge.lowest_address) {
            core.headroom_bytes = saturating_difference(limit_on(lowest, place, end_of_banks),
                                                        std::max(*gauge.base_address, state.cached_end));
        }
    }
    std::stable_sort(gauge.cores.begin(), gauge.cores.end(), [](const api::CoreGauge& a, const api::CoreGauge& b) {
        return a.headroom_bytes < b.headroom_bytes;
    });
    std::stable_sort(gauge.ahead.begin(), gauge.ahead.end(), [](const api::ClashAhead& a, const api::ClashAhead& b) {
        return std::pair(!a.refused, b.missing_bytes) < std::pair(!b.refused, a.missing_bytes);
    });
    return gauge;
}

}  // namespace ttmem::inventory
