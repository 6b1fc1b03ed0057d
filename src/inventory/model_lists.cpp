// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/model_lists.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "analysis/clash_gauge.hpp"
#include "inventory/holdings.hpp"
#include "inventory/ledger_names.hpp"

namespace ttmem::inventory {

api::CoreSet core_set(const std::vector<ledger::CoreRange>& ranges) {
    api::CoreSet set;
    set.reserve(ranges.size());
    for (const ledger::CoreRange& range : ranges) {
        set.push_back({{range.start_x, range.start_y}, {range.end_x, range.end_y}});
    }
    return set;
}

namespace {

std::vector<api::DeviceIndex> placed(const std::vector<uint32_t>& local, const std::vector<api::DeviceIndex>& places) {
    std::vector<api::DeviceIndex> devices;
    for (const uint32_t device : local) {
        if (device < places.size()) {
            devices.push_back(places[device]);
        }
    }
    std::sort(devices.begin(), devices.end());
    return devices;
}

// The format's numbers begin at 1; a type of a later minor version is nothing.
std::optional<api::RegionType> region_type(uint32_t type) {
    if (type < ledger::kRegionFirmware || type > ledger::kRegionServiceCore) {
        return std::nullopt;
    }
    return static_cast<api::RegionType>(type - ledger::kRegionFirmware);
}

std::string_view source_name(uint8_t source) {
    switch (source) {
        case ledger::kSourceHal:
            return "HAL";
        case ledger::kSourceAllocator:
            return "allocator";
        case ledger::kSourceConfigRing:
            return "ring's manager";
        case ledger::kSourceDispatch:
            return "dispatch core manager";
        case ledger::kSourceArena:
            return "persistent L1 arena";
        case ledger::kSourceServiceCore:
            return "service core manager";
        case ledger::kSourceHalToBase:
            return "HAL and allocator";
        default:
            return "";
    }
}

api::CoreType core_type(uint32_t type) {
    return type == 1   ? api::CoreType::kActiveEthernet
           : type == 2 ? api::CoreType::kIdleEthernet
                       : api::CoreType::kWorker;
}

api::ProgramType program_type(uint8_t type) {
    return type == ledger::kProgramFabric     ? api::ProgramType::kFabric
           : type == ledger::kProgramDispatch ? api::ProgramType::kDispatch
                                              : api::ProgramType::kApplication;
}

api::ProcessorClass processor_class(uint8_t processor) {
    return processor <= ledger::kProcessorEthernet ? static_cast<api::ProcessorClass>(processor)
                                                   : api::ProcessorClass::kUnknown;
}

api::Bytes known(uint64_t bytes) {
    return bytes == ledger::kUnknown64 ? std::nullopt : api::Bytes(bytes);
}

api::CircularBuffer circular_buffer(const ledger::CircularBuffer& from) {
    api::CircularBuffer buffer;
    buffer.id = from.id;
    buffer.address = from.address;
    // A buffer that passes the end of the address space is cut off there.
    buffer.bytes = make_interval(from.address, from.bytes, 1).end - from.address;
    buffer.dataflow = (from.flags & ledger::kCircularBufferDataflow) != 0;
    buffer.scratchpad = (from.flags & ledger::kCircularBufferScratchpad) != 0;
    buffer.global = (from.flags & ledger::kCircularBufferGlobal) != 0;
    buffer.borrowed = (from.flags & ledger::kCircularBufferBorrowed) != 0;
    buffer.alias = (from.flags & ledger::kCircularBufferAlias) != 0;
    buffer.cores = core_set(from.cores);
    buffer.index_mask = from.index_mask;
    buffer.data_format = from.data_format;
    return buffer;
}

api::Kernel kernel(const ledger::Kernel& from, const SidecarNames& names) {
    api::Kernel kernel;
    kernel.id = from.id;
    kernel.name = names.kernel(from.name);
    if (from.packed_bytes != ledger::kNone) {
        kernel.packed_bytes = from.packed_bytes;
    }
    kernel.processor = processor_class(from.processor);
    kernel.type = program_type(from.type);
    kernel.core_type = core_type(from.core_type);
    kernel.cores = core_set(from.cores);
    return kernel;
}

}  // namespace

std::optional<api::ContextIndex> ModelContexts::context(uint32_t id) {
    const api::Context* known = names_.context(id);
    if (known == nullptr) {
        return std::nullopt;
    }
    const auto [place, fresh] = contexts_.try_emplace(id, api::ContextIndex(model_.contexts.size()));
    if (fresh) {
        model_.contexts.push_back(*known);
        model_.contexts.back().process = process_;
    }
    return place->second;
}

std::optional<api::TensorIndex> ModelContexts::tensor(uint32_t id) {
    const api::Tensor* known = names_.tensor(id);
    if (known == nullptr) {
        return std::nullopt;
    }
    const auto [place, fresh] = tensors_.try_emplace(id, api::TensorIndex(model_.tensors.size()));
    if (fresh) {
        model_.tensors.push_back(*known);
        model_.tensors.back().process = process_;
    }
    return place->second;
}

api::AllocatorIndex add_allocators(api::Model& model, api::ProcessIndex process, const ledger::Snapshot& snapshot,
                                   const std::vector<api::DeviceIndex>& places) {
    const api::AllocatorIndex first(model.allocators.size());
    for (const ledger::Allocator& from : snapshot.allocators) {
        api::Allocator& allocator = model.allocators.emplace_back();
        allocator.process = process;
        allocator.open = from.open;
        if (from.mesh_id >= 0) {
            allocator.mesh = from.mesh_id;
        }
        allocator.devices = placed(from.devices, places);
        allocator.hybrid = from.hybrid;
        if (from.hybrid && from.mesh_id < 0 && from.parent && *from.parent < snapshot.allocators.size()) {
            allocator.mesh_allocator = api::AllocatorIndex(first + *from.parent);
        }
        for (const api::MemoryKind kind : api::kAllMemoryKinds) {
            const ledger::BankGeometry& banks = from.geometry[account_of(kind)];
            if (banks.banks > 0) {
                allocator.banks[kind] = {banks.base_address, banks.bank_bytes, banks.banks, banks.alignment};
            }
        }
    }
    return first;
}

void add_programs(api::Model& model, api::ProcessIndex process, const ledger::Snapshot& snapshot,
                  const SidecarNames& names, ModelContexts& contexts, const std::vector<api::DeviceIndex>& places,
                  api::AllocatorIndex first_allocator) {
    for (const ledger::Program& from : snapshot.programs) {
        api::Program& program = model.programs.emplace_back();
        program.process = process;
        program.id = from.id;
        if (from.allocator) {
            program.allocator = api::AllocatorIndex(first_allocator + *from.allocator);
        }
        program.devices = placed(from.devices, places);
        program.type = program_type(from.type);
        program.buffers_known = (from.flags & ledger::kProgramBuffersUnknown) == 0;
        program.loaded_ns = from.loaded_ns;
        program.last_launch = from.last_launch;
        program.operation = names.operation(from.context);
        program.context = contexts.context(from.context);
        program.kernel_bytes = known(from.kernel_bytes);
        program.config_bytes = from.config_bytes;
        std::transform(from.circular_buffers.begin(), from.circular_buffers.end(),
                       std::back_inserter(program.circular_buffers), circular_buffer);
        std::transform(from.kernels.begin(), from.kernels.end(), std::back_inserter(program.kernels),
                       [&](const ledger::Kernel& each) { return kernel(each, names); });
    }
    for (const ledger::Region& from : snapshot.regions) {
        const std::optional<api::RegionType> type = region_type(from.type);
        if (!type || !from.allocator || *from.allocator >= snapshot.allocators.size()) {
            continue;
        }
        api::Region& region = model.regions.emplace_back();
        region.allocator = api::AllocatorIndex(first_allocator + *from.allocator);
        region.devices =
            placed(from.device ? std::vector{*from.device} : snapshot.allocators[*from.allocator].devices, places);
        region.l1 = from.buffer_type == ledger::kAccountL1;
        region.type = *type;
        region.source = source_name(from.source);
        region.address = from.address;
        region.bytes = from.bytes;
        region.cores = core_set(from.cores);
    }
}

void add_rings(api::Model& model, const ledger::Snapshot& snapshot, api::AllocatorIndex first_allocator) {
    for (const ledger::ConfigRing& from : snapshot.config_rings) {
        if (!from.allocator || *from.allocator >= snapshot.allocators.size()) {
            continue;
        }
        api::ConfigRing& ring = model.config_rings.emplace_back();
        ring.allocator = api::AllocatorIndex(first_allocator + *from.allocator);
        ring.sub_device = from.sub_device;
        ring.core_type = core_type(from.core_type);
        ring.trace = from.trace;
        ring.launches = from.programs;
        ring.base_address = from.base_address;
        ring.capacity_bytes = from.capacity_bytes;
        ring.used_bytes = from.used_bytes;
        ring.evictions = from.evictions;
    }
}

namespace {

// nullopt: of a type that this program does not know.
std::optional<api::FailureType> failure_type(uint32_t type) {
    switch (type) {
        case ledger::kFailureOutOfMemory:
            return api::FailureType::kOutOfMemory;
        case ledger::kFailureClash:
            return api::FailureType::kClash;
        case ledger::kFailureCircularBuffers:
            return api::FailureType::kCircularBuffers;
        case ledger::kFailureConfigRing:
            return api::FailureType::kConfigRing;
        case ledger::kFailureTraceRegion:
            return api::FailureType::kTraceRegion;
        default:
            return std::nullopt;
    }
}

// Sets the fields that only the refusal of a program has.
void add_program_facts(api::Failure& failure, const ledger::Failure& from, const api::Model& model,
                       const SidecarNames& names) {
    failure.program_id = from.program_id;
    const auto program = std::find_if(model.programs.begin(), model.programs.end(), [&](const api::Program& each) {
        return each.process == failure.process && each.id == from.program_id;
    });
    // The program usually ended with the launch that failed; the record then has its kernels' names.
    failure.program = program != model.programs.end() ? kernel_label(*program) : names.kernel(from.kernels);
    if (from.buffer_id != ledger::kUnknown64) {
        failure.buffer_id = from.buffer_id;
    }
    failure.end_address = from.end_address;
    failure.buffer_address = from.buffer_address;
    failure.cores = core_set(from.cores);
    failure.dataflow = from.region_kind == ledger::kProgramRegionDataflowBuffers;
    failure.worker_ring = from.region_kind == ledger::kProgramRegionWorkerRing;
}

}  // namespace

void add_failures(api::Model& model, api::ProcessIndex process, const ledger::Snapshot& snapshot,
                  const SidecarNames& names, ModelContexts& contexts, const std::vector<api::DeviceIndex>& places,
                  std::optional<api::AllocatorIndex> first_allocator) {
    for (const ledger::Failure& from : snapshot.failures) {
        const std::optional<api::FailureType> type = failure_type(from.type);
        if (!type) {
            continue;
        }
        api::Failure& failure = model.failures.emplace_back();
        failure.process = process;
        failure.number = from.number;
        failure.time_ns = from.time_ns;
        failure.type = *type;
        failure.kind = kind_of_account(from.account);
        if (from.allocator && *from.allocator < snapshot.allocators.size()) {
            const ledger::Allocator& allocator = snapshot.allocators[*from.allocator];
            if (allocator.mesh_id >= 0) {
                failure.mesh = allocator.mesh_id;
            }
            failure.devices = placed(allocator.devices, places);
            if (first_allocator) {
                failure.allocator = api::AllocatorIndex(*first_allocator + *from.allocator);
            }
        }
        failure.operation = names.operation(from.context);
        failure.context = contexts.context(from.context);
        failure.tensor = contexts.tensor(from.tensor);
        failure.exception = names.exception(from.exception);
        failure.requested_bytes = from.requested_bytes;
        failure.bytes_per_bank = from.bytes_per_bank;
        failure.banks = from.banks;
        failure.largest_free_bytes_per_bank = from.largest_free_per_bank;
        failure.allocated_bytes = from.allocated_bytes;
        failure.limit_bytes = from.limit_bytes;
        failure.available_bytes = from.available_bytes;
        failure.handled = from.handled ? std::optional(true) : std::nullopt;
        for (const ledger::HolderRecord& held : names.holders(from.number)) {
            failure.held.push_back({contexts.context(held.context), held.buffers, held.bytes});
        }
        if (failure.type != api::FailureType::kOutOfMemory) {
            add_program_facts(failure, from, model, names);
        }
    }
}

void add_ring_figures(api::Model& model) {
    for (const api::ConfigRing& ring : model.config_rings) {
        if (ring.core_type != api::CoreType::kWorker || !model.allocators[ring.allocator].open) {
            continue;
        }
        for (const api::DeviceIndex device : model.allocators[ring.allocator].devices) {
            api::KernelUse& use = model.devices[device].kernels;
            const bool fuller = !use.ring_capacity_bytes_per_core ||
                                (use.ring_used_bytes_per_core && ring.used_bytes > *use.ring_used_bytes_per_core);
            if (ring.trace || fuller) {
                use.ring_capacity_bytes_per_core = ring.capacity_bytes;
                use.ring_used_bytes_per_core = ring.trace ? std::nullopt : api::Bytes(ring.used_bytes);
            }
        }
    }
}

void add_events(api::Model& model, api::ProcessIndex process, const std::vector<ledger::Event>& events,
                const ledger::Snapshot& snapshot, const std::vector<api::DeviceIndex>& places) {
    for (const ledger::Event& from : events) {
        const std::optional<api::EventType> type = event_type(from.type);
        if (!type) {
            continue;
        }
        api::Event event;
        event.process = process;
        event.time_ns = from.time_ns;
        event.type = *type;
        event.kind = kind_of_account(from.account);
        event.id = from.id;
        event.bytes = from.bytes;
        event.thread = from.thread;
        if (from.allocator && *from.allocator < snapshot.allocators.size()) {
            for (const uint32_t local : snapshot.allocators[*from.allocator].devices) {
                if (local < places.size()) {
                    event.devices.push_back(places[local]);
                }
            }
        }
        model.events.push_back(std::move(event));
    }
}

}  // namespace ttmem::inventory
