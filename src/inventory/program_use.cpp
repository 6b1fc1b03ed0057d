// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/program_use.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "model/core_bits.hpp"

namespace ttmem::inventory {
namespace {

using ledger::Program;
using ledger::Snapshot;

// A stretch of L1 on some cores.
struct Stretch {
    uint64_t begin = 0;
    uint64_t end = 0;
    CoreBits cores;
    bool scratchpad = false;
};

constexpr uint32_t kNotOwn =
    ledger::kCircularBufferGlobal | ledger::kCircularBufferAlias | ledger::kCircularBufferBorrowed;

void add(CoreBits& cores, const std::vector<ledger::CoreRange>& ranges) {
    for (const ledger::CoreRange& range : ranges) {
        cores.add(range.start_x, range.start_y, range.end_x, range.end_y);
    }
}

std::vector<Stretch> own_buffers(const Program& program) {
    std::vector<Stretch> stretches;
    for (const ledger::CircularBuffer& buffer : program.circular_buffers) {
        if ((buffer.flags & kNotOwn) == 0 && buffer.address + buffer.bytes >= buffer.address) {
            const bool scratchpad = (buffer.flags & ledger::kCircularBufferScratchpad) != 0;
            Stretch& stretch =
                stretches.emplace_back(Stretch{buffer.address, buffer.address + buffer.bytes, {}, scratchpad});
            add(stretch.cores, buffer.cores);
        }
    }
    return stretches;
}

// Worker cores that a launch puts something on.
CoreBits cores_of(const Program& program) {
    CoreBits cores;
    for (const ledger::CircularBuffer& buffer : program.circular_buffers) {
        add(cores, buffer.cores);
    }
    for (const ledger::Kernel& kernel : program.kernels) {
        if (kernel.core_type == 0) {
            add(cores, kernel.cores);
        }
    }
    return cores;
}

using Intervals = std::vector<std::pair<uint64_t, uint64_t>>;

uint64_t length_of_union(Intervals& intervals) {
    std::sort(intervals.begin(), intervals.end());
    uint64_t covered = 0;
    uint64_t reach = 0;
    for (const auto& [begin, end] : intervals) {
        if (end > std::max(begin, reach)) {
            covered += end - std::max(begin, reach);
        }
        reach = std::max(reach, end);
    }
    return covered;
}

uint64_t union_on_cores(const std::vector<const Stretch*>& stretches) {
    std::map<uint32_t, Intervals> by_core;
    for (const Stretch* stretch : stretches) {
        stretch->cores.for_each([&](uint32_t core) { by_core[core].emplace_back(stretch->begin, stretch->end); });
    }
    uint64_t sum = 0;
    for (auto& [core, intervals] : by_core) {
        sum += length_of_union(intervals);
    }
    return sum;
}

struct Prepared {
    const Program* program = nullptr;
    std::vector<Stretch> own;
    CoreBits cores;
    size_t shape = 0;  // the same for programs that take the same
};

// The facts of a program that its figures follow from: equal for programs that a mesh launches chip by chip.
using Shape = std::vector<uint64_t>;

void add_cores(const std::vector<ledger::CoreRange>& cores, Shape& shape) {
    shape.push_back(cores.size());
    for (const ledger::CoreRange& range : cores) {
        shape.push_back(uint64_t{range.start_x} << 48 | uint64_t{range.start_y} << 32 | uint64_t{range.end_x} << 16 |
                        range.end_y);
    }
}

Shape shape_of(const Program& program) {
    Shape shape{program.flags, program.circular_buffers.size()};
    for (const ledger::CircularBuffer& buffer : program.circular_buffers) {
        const uint64_t own = (buffer.flags & kNotOwn) == 0 ? 1 : 0;
        shape.insert(shape.end(), {own | (buffer.flags & ledger::kCircularBufferScratchpad), own * buffer.address,
                                   own * buffer.bytes});
        add_cores(buffer.cores, shape);
    }
    for (const ledger::Kernel& kernel : program.kernels) {
        shape.insert(shape.end(), {kernel.type, kernel.core_type, kernel.packed_bytes});
        add_cores(kernel.cores, shape);
    }
    return shape;
}

void use_circular_buffers(const std::vector<const Prepared*>& programs, const std::optional<L1Edges>& edges,
                          api::CircularBufferUse& use) {
    std::map<uint32_t, const Prepared*> last;  // by core
    bool all_known = true;
    uint64_t sum = 0;
    uint64_t highest = 0;
    std::set<std::tuple<uint64_t, uint64_t, CoreBits>> seen;  // programs of one shape are many
    std::vector<const Stretch*> different;
    for (const Prepared* prepared : programs) {
        all_known = all_known && (prepared->program->flags & ledger::kProgramBuffersUnknown) == 0;
        if (prepared->program->last_launch > 0) {
            prepared->cores.for_each([&](uint32_t core) {
                const Prepared*& latest = last[core];
                if (latest == nullptr || latest->program->last_launch < prepared->program->last_launch) {
                    latest = prepared;
                }
            });
        }
        for (const Stretch& stretch : prepared->own) {
            sum += (stretch.end - stretch.begin) * stretch.cores.count();
            highest = std::max(highest, stretch.end);
            if (seen.emplace(stretch.begin, stretch.end, stretch.cores).second) {
                different.push_back(&stretch);
            }
        }
    }
    std::map<const Prepared*, CoreBits> holds;  // cores on which each was launched last
    for (const auto& [core, prepared] : last) {
        holds[prepared].add_place(core);
    }
    uint64_t current = 0;
    uint64_t scratchpads = 0;
    bool current_known = true;
    for (const auto& [prepared, cores] : holds) {
        current_known = current_known && (prepared->program->flags & ledger::kProgramBuffersUnknown) == 0;
        std::vector<Stretch> here = prepared->own;
        std::vector<const Stretch*> parts;
        std::vector<const Stretch*> scratch;
        for (Stretch& stretch : here) {
            stretch.cores.keep(cores);
            parts.push_back(&stretch);
            if (stretch.scratchpad) {
                scratch.push_back(&stretch);
            }
        }
        current += union_on_cores(parts);
        scratchpads += union_on_cores(scratch);
    }
    if (current_known) {
        use.current_bytes = current;
        use.scratchpad_bytes = scratchpads;
    }
    if (!all_known) {
        return;
    }
    use.cached_union_bytes = union_on_cores(different);
    use.programs_sum_bytes = sum;
    if (edges) {
        const uint64_t end = std::max(highest, edges->base);
        use.high_water_bytes_per_core = end - edges->base;
        use.headroom_bytes_per_core = edges->lowest_buffer > end ? edges->lowest_buffer - end : 0;
        for (const auto& [core, lowest] : edges->lowest_on_core) {
            uint64_t end_here = edges->base;
            for (const Stretch* stretch : different) {
                end_here = stretch->cores.has_place(core) ? std::max(end_here, stretch->end) : end_here;
            }
            use.headroom_bytes_per_core =
                std::min(*use.headroom_bytes_per_core, lowest > end_here ? lowest - end_here : 0);
        }
    }
}

void use_kernels(const std::vector<const Prepared*>& programs, ProgramUse& use) {
    for (api::Bytes& bytes : use.kernels) {
        bytes = 0;
    }
    for (const Prepared* prepared : programs) {
        for (const ledger::Kernel& kernel : prepared->program->kernels) {
            if (kernel.type >= std::size(use.kernels)) {
                continue;  // of a later minor version
            }
            api::Bytes& bytes = use.kernels[kernel.type];
            if (kernel.packed_bytes == ledger::kNone || !bytes) {
                bytes.reset();
                continue;
            }
            CoreBits cores;
            add(cores, kernel.cores);
            *bytes += kernel.packed_bytes * cores.count();
        }
    }
    use.kernels_all = 0;
    for (const api::Bytes& bytes : use.kernels) {
        use.kernels_all = use.kernels_all && bytes ? api::Bytes(*use.kernels_all + *bytes) : std::nullopt;
    }
}

}  // namespace

std::vector<ProgramUse> program_uses(const Snapshot& snapshot, const std::vector<std::optional<L1Edges>>& edges) {
    std::vector<ProgramUse> uses(snapshot.devices.size());
    if (!snapshot.programs_told) {
        return uses;
    }
    std::vector<Prepared> prepared;
    prepared.reserve(snapshot.programs.size());
    std::map<Shape, size_t> shapes;
    std::vector<std::vector<const Prepared*>> on_device(uses.size());
    for (const Program& program : snapshot.programs) {
        prepared.push_back({&program, own_buffers(program), cores_of(program), 0});
        prepared.back().shape = shapes.emplace(shape_of(program), shapes.size()).first->second;
        for (const uint32_t device : program.devices) {
            if (device < on_device.size()) {
                on_device[device].push_back(&prepared.back());
            }
        }
    }
    // The chips of a mesh share their programs, or have like ones each, and mostly their edges.
    using Launches = std::vector<std::pair<uint64_t, size_t>>;  // programs' shapes in the order of their last launches
    std::map<std::pair<Launches, std::optional<L1Edges>>, uint32_t> done;
    for (uint32_t device = 0; device < uses.size(); ++device) {
        const std::optional<L1Edges> edge = device < edges.size() ? edges[device] : std::nullopt;
        Launches launches;
        launches.reserve(on_device[device].size());
        for (const Prepared* each : on_device[device]) {
            launches.emplace_back(each->program->last_launch, each->shape);
        }
        std::sort(launches.begin(), launches.end());
        for (auto& [launch, shape] : launches) {
            launch = std::min<uint64_t>(launch, 1);  // of a launch its order counts alone
        }
        const auto [alike, first] = done.emplace(std::pair(std::move(launches), edge), device);
        if (!first) {
            uses[device] = uses[alike->second];
            continue;
        }
        use_circular_buffers(on_device[device], edge, uses[device].circular_buffers);
        use_kernels(on_device[device], uses[device]);
    }
    return uses;
}

}  // namespace ttmem::inventory
