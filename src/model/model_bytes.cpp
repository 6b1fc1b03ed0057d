// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Each structure is taken apart by a structured binding, which does not compile when a member comes or goes: so none
// can be forgotten here. Their order is that of the structures.
#include "model/model_bytes.hpp"

#include <algorithm>

#include "model/archive.hpp"
#include "model/shared_members.hpp"

namespace ttmem::api {

static constexpr MemoryKind last_value(MemoryKind) {
    return MemoryKind::kTrace;
}
static constexpr Source last_value(Source) {
    return Source::kUpstreamShm;
}
static constexpr ProcessState last_value(ProcessState) {
    return ProcessState::kUntrusted;
}
static constexpr BufferKind last_value(BufferKind) {
    return BufferKind::kDanglingView;
}
static constexpr ConflictType last_value(ConflictType) {
    return ConflictType::kDanglingView;
}
static constexpr EventType last_value(EventType) {
    return EventType::kClash;
}
static constexpr RegionType last_value(RegionType) {
    return RegionType::kServiceCore;
}
static constexpr CoreType last_value(CoreType) {
    return CoreType::kIdleEthernet;
}
static constexpr ProcessorClass last_value(ProcessorClass) {
    return ProcessorClass::kEthernet;
}
static constexpr ProgramType last_value(ProgramType) {
    return ProgramType::kDispatch;
}
static constexpr FailureType last_value(FailureType) {
    return FailureType::kTraceRegion;
}

template <typename A>
static void members(A& archive, MemoryUse& all) {
    auto& [physical, capacity, reserved, allocated, requested, peak, peak_since_attach, upstream, buffers, banks,
           largest_free, waste, highest, lowest, least_free, largest_buffer] = all;
    archive(physical, capacity, reserved, allocated, requested, peak, peak_since_attach, upstream, buffers, banks,
            largest_free, waste, highest, lowest, least_free, largest_buffer);
}
template <typename A>
static void members(A& archive, CircularBufferUse& all) {
    auto& [current, cached, programs, scratchpads, high_water, headroom, least] = all;
    archive(current, cached, programs, scratchpads, high_water, headroom, least);
}
template <typename A>
static void members(A& archive, LeastHeadroom& all) {
    auto& [pid, bytes, operation, program, buffer, end, address, time] = all;
    archive(pid, bytes, operation, program, buffer, end, address, time);
}
template <typename A>
static void members(A& archive, KernelUse& all) {
    auto& [loaded, application, fabric, dispatch, ring_capacity, ring_used] = all;
    archive(loaded, application, fabric, dispatch, ring_capacity, ring_used);
}
template <typename A>
static void members(A& archive, Sensor& all) {
    auto& [name, unit, state, value, text, age, limit, least, most] = all;
    archive(name, unit, state, value, text, age, limit, least, most);
}
template <typename A>
static void members(A& archive, Telemetry& all) {
    auto& [condition, card_type, asic_id, serial, numa_node, resets, open_pids, hidden_opens, sensors] = all;
    archive(condition, card_type, asic_id, serial, numa_node, resets, open_pids, hidden_opens, sensors);
}
template <typename A>
static void members(A& archive, LayoutSums& all) {
    auto& [regions, buffers, free, unexplained, contested] = all;
    archive(regions, buffers, free, unexplained, contested);
}
template <typename A>
static void members(A& archive, Core& all) {
    auto& [x, y] = all;
    archive(x, y);
}
template <typename A>
static void members(A& archive, CoreRange& all) {
    auto& [start, end] = all;
    archive(start, end);
}
template <typename A>
static void members(A& archive, CoreGauge& all) {
    auto& [core, current_end, cached_end, current_program, cached_program, headroom] = all;
    archive(core, current_end, cached_end, current_program, cached_program, headroom);
}
template <typename A>
static void members(A& archive, ClashAhead& all) {
    auto& [program, buffer, end_address, buffer_address, missing, cores, refused] = all;
    archive(program, buffer, end_address, buffer_address, missing, cores, refused);
}
template <typename A>
static void members(A& archive, ClashGauge& all) {
    auto& [base, lowest, lowest_buffer, known, cores, ahead] = all;
    archive(base, lowest, lowest_buffer, known, cores, ahead);
}
template <typename A>
static void members(A& archive, Banks& all) {
    auto& [base, bank_bytes, banks, alignment] = all;
    archive(base, bank_bytes, banks, alignment);
}
template <typename A>
static void members(A& archive, FreeBlock& all) {
    auto& [address, bytes] = all;
    archive(address, bytes);
}
template <typename A>
static void members(A& archive, FreeSpace& all) {
    auto& [allocator, kind, banks, allocated, free, largest, block_count, blocks, top_down] = all;
    archive(allocator, kind, banks, allocated, free, largest, block_count, blocks, top_down);
}
template <typename A>
static void members(A& archive, L1Summary& all) {
    auto& [l1, dram, l1_core, dram_bank, gauge, spaces] = all;
    archive(l1, dram, l1_core, dram_bank, gauge, spaces);
}
template <typename A>
static void members(A& archive, Device& all) {
    auto& [id, kmd_index, pci, unique_id, board_id, arch, board, mock, remote, dram_channels, l1_cores, l1_columns,
           sources, live_processes, memory, preallocated, circular_buffers, least_headroom, kernels, l1, telemetry] =
        all;
    archive(id, kmd_index, pci, unique_id, board_id, arch, board, mock, remote, dram_channels, l1_cores, l1_columns,
            sources, live_processes, memory, preallocated, circular_buffers, least_headroom, kernels, l1, telemetry);
}
template <typename A>
static void members(A& archive, HostMemory& all) {
    auto& [rss, locked, pinned, huge] = all;
    archive(rss, locked, pinned, huge);
}
template <typename A>
static void members(A& archive, ProcessDevice& all) {
    auto& [device, bytes, peak, peak_since_attach, buffers, circular_buffers, kernels, application, fabric, dispatch] =
        all;
    archive(device, bytes, peak, peak_since_attach, buffers, circular_buffers, kernels, application, fabric, dispatch);
}
template <typename A>
static void members(A& archive, Process& all) {
    auto& [pid, pid_visible, uid, user, name, command, library, start_time, created, tracked_since, state, reason,
           source, container, host, parent_pid, ledger, devices, unlisted, lost, steps, one_moment] = all;
    archive(pid, pid_visible, uid, user, name, command, library, start_time, created, tracked_since, state, reason,
            source, container, host, parent_pid, ledger, devices, unlisted, lost, steps, one_moment);
}
template <typename A>
static void members(A& archive, AddressOnCore& all) {
    auto& [core, address] = all;
    archive(core, address);
}
template <typename A>
static void members(A& archive, Buffer& all) {
    auto& [process, id, devices, allocator, mesh, kind, view_of, address, requested, allocated, bytes_per_bank, banks,
           page_bytes, layout, kernel_binaries, program_cache, while_traced, thread, allocated_at, region, context,
           tensor, label, cores, bankless, addresses, used_banks] = all;
    archive(process, id, devices, allocator, mesh, kind, view_of, address, requested, allocated, bytes_per_bank, banks,
            page_bytes, layout, kernel_binaries, program_cache, while_traced, thread, allocated_at, region, context,
            tensor, label, cores, bankless, addresses, used_banks);
}
template <typename A>
static void members(A& archive, Frame& all) {
    auto& [file, function, line, operation] = all;
    archive(file, function, line, operation);
}
template <typename A>
static void members(A& archive, Context& all) {
    auto& [process, scope, operation, stack, cut] = all;
    archive(process, scope, operation, stack, cut);
}
template <typename A>
static void members(A& archive, Tensor& all) {
    auto& [process, shape, padded_shape, data_type, layout, memory_layout, shard_shape, shard_orientation, distribution,
           divided] = all;
    archive(process, shape, padded_shape, data_type, layout, memory_layout, shard_shape, shard_orientation,
            distribution, divided);
}
template <typename A>
static void members(A& archive, ConflictSide& all) {
    auto& [id, mesh, kind, address, bytes_per_bank, region] = all;
    archive(id, mesh, kind, address, bytes_per_bank, region);
}
template <typename A>
static void members(A& archive, Conflict& all) {
    auto& [type, process, devices, kind, address, bytes_per_bank, first, second] = all;
    archive(type, process, devices, kind, address, bytes_per_bank, first, second);
}
template <typename A>
static void members(A& archive, Event& all) {
    auto& [process, time, type, kind, id, bytes, thread, devices] = all;
    archive(process, time, type, kind, id, bytes, thread, devices);
}
template <typename A>
static void members(A& archive, Allocator& all) {
    auto& [process, open, mesh, devices, banks, hybrid, mesh_allocator] = all;
    archive(process, open, mesh, devices, banks, hybrid, mesh_allocator);
}
template <typename A>
static void members(A& archive, Region& all) {
    auto& [allocator, devices, l1, type, source, address, bytes, cores] = all;
    archive(allocator, devices, l1, type, source, address, bytes, cores);
}
template <typename A>
static void members(A& archive, ConfigRing& all) {
    auto& [allocator, sub_device, core_type, trace, launches, base, capacity, used, evictions] = all;
    archive(allocator, sub_device, core_type, trace, launches, base, capacity, used, evictions);
}
template <typename A>
static void members(A& archive, CircularBuffer& all) {
    auto& [id, address, bytes, dataflow, scratchpad, global, borrowed, alias, cores, indices, format] = all;
    archive(id, address, bytes, dataflow, scratchpad, global, borrowed, alias, cores, indices, format);
}
template <typename A>
static void members(A& archive, Kernel& all) {
    auto& [id, name, packed, processor, type, core_type, cores] = all;
    archive(id, name, packed, processor, type, core_type, cores);
}
template <typename A>
static void members(A& archive, Program& all) {
    auto& [process, id, allocator, devices, type, buffers_known, loaded, last_launch, operation, context, kernel_bytes,
           config_bytes, circular_buffers, kernels] = all;
    archive(process, id, allocator, devices, type, buffers_known, loaded, last_launch, operation, context, kernel_bytes,
            config_bytes, circular_buffers, kernels);
}
template <typename A>
static void members(A& archive, HeldThen& all) {
    auto& [context, buffers, bytes] = all;
    archive(context, buffers, bytes);
}
template <typename A>
static void members(A& archive, Failure& all) {
    auto& [process, number, time, type, kind, mesh, devices, operation, context, requested, bytes_per_bank, banks,
           largest_free, allocated, program_id, program, buffer_id, end_address, buffer_address, cores, limit,
           available, dataflow, worker_ring, handled, exception, tensor, allocator, held] = all;
    TextLines exception_lines{exception};
    archive(process, number, time, type, kind, mesh, devices, operation, context, requested, bytes_per_bank, banks,
            largest_free, allocated, program_id, program, buffer_id, end_address, buffer_address, cores, limit,
            available, dataflow, worker_ring, handled, exception_lines, tensor, allocator, held);
}
template <typename A>
static void members(A& archive, Model& all) {
    auto& [time, driver_version, devices, processes, allocators, buffers_listed, buffers, programs_listed, programs,
           regions, config_rings, failures, contexts, tensors, events, events_missed, conflicts, conflict_count,
           notices] = all;
    archive(time, driver_version, devices, processes, allocators, buffers_listed, buffers, programs_listed, programs,
            regions, config_rings, failures, contexts, tensors, events, events_missed, conflicts, conflict_count,
            notices);
}

namespace {

template <typename Thing>
bool names_something(const std::optional<Index<Thing>>& index, size_t count) {
    return !index || *index < count;
}

bool all_name_something(const std::vector<DeviceIndex>& indexes, size_t count) {
    return std::all_of(indexes.begin(), indexes.end(), [&](DeviceIndex index) { return index < count; });
}

bool all_sound(const auto& list, auto&& is_sound) {
    return std::all_of(list.begin(), list.end(), is_sound);
}

bool is_sound(const L1Summary& l1, const Model& model) {
    const ClashGauge& gauge = l1.gauge;
    const size_t programs = model.programs.size();
    const size_t buffers = model.buffers.size();
    return names_something(gauge.lowest_buffer, buffers) &&
           all_sound(gauge.cores,
                     [&](const CoreGauge& core) {
                         return names_something(core.current_program, programs) &&
                                names_something(core.cached_program, programs);
                     }) &&
           all_sound(gauge.ahead,
                     [&](const ClashAhead& clash) {
                         return clash.program < programs && names_something(clash.buffer, buffers);
                     }) &&
           all_sound(l1.spaces, [&](const FreeSpace& space) { return space.allocator < model.allocators.size(); });
}

// Every index names something.
bool is_sound(const Model& model) {
    const size_t devices = model.devices.size();
    const size_t processes = model.processes.size();
    const size_t allocators = model.allocators.size();
    const size_t contexts = model.contexts.size();
    const size_t tensors = model.tensors.size();
    return all_sound(model.contexts, [&](const Context& context) { return context.process < processes; }) &&
           all_sound(model.tensors, [&](const Tensor& tensor) { return tensor.process < processes; }) &&
           all_sound(model.devices, [&](const Device& device) { return !device.l1 || is_sound(*device.l1, model); }) &&
           all_sound(model.processes,
                     [&](const Process& process) {
                         return all_sound(process.devices,
                                          [&](const ProcessDevice& use) { return use.device < devices; });
                     }) &&
           all_sound(model.allocators,
                     [&](const Allocator& allocator) {
                         return allocator.process < processes && all_name_something(allocator.devices, devices);
                     }) &&
           all_sound(model.buffers,
                     [&](const Buffer& buffer) {
                         return buffer.process < processes && all_name_something(buffer.devices, devices) &&
                                names_something(buffer.context, contexts) &&
                                names_something(buffer.tensor, model.tensors.size());
                     }) &&
           all_sound(model.programs,
                     [&](const Program& program) {
                         return program.process < processes && names_something(program.allocator, allocators) &&
                                all_name_something(program.devices, devices) &&
                                names_something(program.context, contexts);
                     }) &&
           all_sound(model.regions,
                     [&](const Region& region) {
                         return region.allocator < allocators && all_name_something(region.devices, devices);
                     }) &&
           all_sound(model.config_rings, [&](const ConfigRing& ring) { return ring.allocator < allocators; }) &&
           all_sound(model.failures,
                     [&](const Failure& failure) {
                         return failure.process < processes && all_name_something(failure.devices, devices) &&
                                names_something(failure.context, contexts) &&
                                names_something(failure.tensor, tensors) &&
                                names_something(failure.allocator, allocators) &&
                                all_sound(failure.held, [&](const HeldThen& held) {
                                    return names_something(held.context, contexts);
                                });
                     }) &&
           all_sound(model.conflicts,
                     [&](const Conflict& conflict) {
                         return conflict.process < processes && all_name_something(conflict.devices, devices);
                     }) &&
           all_sound(model.events, [&](const Event& event) {
               return event.process < processes && all_name_something(event.devices, devices);
           });
}

}  // namespace

std::string to_bytes(const Model& model) {
    return written(model);
}

std::optional<Model> model_from_bytes(std::string_view bytes) {
    std::optional<Model> model = read_back<Model>(bytes);
    return model && is_sound(*model) ? std::move(model) : std::nullopt;
}

}  // namespace ttmem::api
