// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// For tests: a small model with two devices as an N150 has them, on which allocators, buffers, programs and regions are
// put one by one.
#pragma once

#include <utility>
#include <vector>

#include "model/model.hpp"

namespace ttmem::inventory::testing {

class TestModel {
public:
    static constexpr uint64_t kL1Core = 1'499'136;
    static constexpr uint64_t kL1Base = 105'824;
    static constexpr uint64_t kL1Small = 16'384;
    static constexpr uint64_t kL1Bank = kL1Core - kL1Base - kL1Small;
    static constexpr uint64_t kRing = 70'656;
    static constexpr uint64_t kDramChannel = 1 << 30;
    static constexpr uint64_t kDramBase = 1'048'640;
    static constexpr uint64_t kTrace = 90'112;
    static constexpr uint64_t kDramBank = kDramChannel - kDramBase - kTrace;

    TestModel() {
        model.processes.emplace_back().pid = 42;
        for (int id = 0; id < 2; ++id) {
            api::Device& device = model.devices.emplace_back();
            device.id = id;
            device.arch = "wormhole_b0";
            device.live_processes = 1;
            device.l1_cores = 72;
            device.dram_channels = 12;
            device.memory[api::MemoryKind::kL1].physical_bytes = 72 * kL1Core;
            device.memory[api::MemoryKind::kDram].physical_bytes = 12 * kDramChannel;
        }
        model.buffers_listed = true;
        model.programs_listed = true;
    }

    api::AllocatorIndex add_allocator(std::vector<api::DeviceIndex> devices) {
        api::Allocator& allocator = model.allocators.emplace_back();
        allocator.open = true;
        allocator.mesh = static_cast<int>(model.allocators.size()) - 1;
        allocator.devices = std::move(devices);
        allocator.banks[api::MemoryKind::kDram] = {kDramBase, kDramBank, 12, 32};
        allocator.banks[api::MemoryKind::kTrace] = {kDramBase + kDramBank, kTrace, 12, 32};
        allocator.banks[api::MemoryKind::kL1] = {kL1Base, kL1Bank, 64, 16};
        allocator.banks[api::MemoryKind::kL1Small] = {kL1Base + kL1Bank, kL1Small, 64, 16};
        return api::AllocatorIndex(model.allocators.size() - 1);
    }

    // Adds the regions that the hooks report of such a device.
    void add_regions(api::AllocatorIndex allocator) {
        add_region(allocator, true, api::RegionType::kFirmware, 0, kL1Base - kRing);
        add_region(allocator, true, api::RegionType::kConfigRing, kL1Base - kRing, kRing);
        add_region(allocator, true, api::RegionType::kL1Small, kL1Base + kL1Bank, kL1Small);
        add_region(allocator, true, api::RegionType::kDispatch, 0, kL1Core, {{{0, 8}, {7, 8}}});
        add_region(allocator, false, api::RegionType::kFirmware, 0, kDramBase);
        add_region(allocator, false, api::RegionType::kTrace, kDramBase + kDramBank, kTrace);
    }

    void add_region(api::AllocatorIndex allocator, bool l1, api::RegionType type, uint64_t address, uint64_t bytes,
                    api::CoreSet cores = {}) {
        model.regions.push_back(
            {allocator, model.allocators[allocator].devices, l1, type, "test", address, bytes, std::move(cores)});
    }

    api::BufferIndex add_buffer(api::AllocatorIndex allocator, api::BufferKind kind, uint64_t address,
                                uint64_t bytes_per_bank) {
        api::Buffer& buffer = model.buffers.emplace_back();
        buffer.id = model.buffers.size() * 2;
        buffer.allocator = allocator;
        buffer.devices = model.allocators[allocator].devices;
        buffer.kind = kind;
        buffer.address = address;
        buffer.bytes_per_bank = bytes_per_bank;
        buffer.banks = kind == api::BufferKind::kDram || kind == api::BufferKind::kTrace ? 12 : 64;
        buffer.allocated_bytes = bytes_per_bank * buffer.banks;
        return api::BufferIndex(model.buffers.size() - 1);
    }

    // A device's own allocator of a HYBRID mesh.
    api::AllocatorIndex add_device_allocator(api::AllocatorIndex mesh, api::DeviceIndex device) {
        const api::AllocatorIndex own = add_allocator({device});
        model.allocators[mesh].hybrid = true;
        model.allocators[own].hybrid = true;
        model.allocators[own].mesh.reset();
        model.allocators[own].mesh_allocator = mesh;
        return own;
    }

    // A buffer on these cores alone, each with its address.
    api::BufferIndex add_buffer_on(api::AllocatorIndex allocator, const std::vector<api::AddressOnCore>& addresses,
                                   uint64_t bytes) {
        const api::BufferIndex index = add_buffer(allocator, api::BufferKind::kL1, UINT64_MAX, bytes);
        api::Buffer& buffer = model.buffers[index];
        buffer.cores.emplace();
        for (const api::AddressOnCore& each : addresses) {
            buffer.cores->push_back({each.core, each.core});
            buffer.address = std::min(buffer.address, each.address);
        }
        buffer.addresses = addresses;
        buffer.banks = static_cast<uint32_t>(addresses.size());
        buffer.used_banks = buffer.banks;
        buffer.allocated_bytes = bytes * buffer.banks;
        return index;
    }

    // A buffer on these cores alone, at one address on all of them (range lockstep).
    api::BufferIndex add_buffer_at(api::AllocatorIndex allocator, const api::CoreSet& cores, uint64_t address,
                                   uint64_t bytes) {
        const api::BufferIndex index = add_buffer(allocator, api::BufferKind::kL1, address, bytes);
        model.allocators[allocator].hybrid = true;
        model.buffers[index].cores = cores;
        return index;
    }

    // With one circular buffer from L1's base on these cores, and one kernel.
    api::ProgramIndex add_program(api::AllocatorIndex allocator, uint64_t launch, uint64_t bytes, api::CoreSet cores) {
        api::Program& program = model.programs.emplace_back();
        program.id = model.programs.size();
        program.allocator = allocator;
        program.devices = model.allocators[allocator].devices;
        program.last_launch = launch;
        api::CircularBuffer buffer;
        buffer.address = kL1Base;
        buffer.bytes = bytes;
        buffer.cores = cores;
        program.circular_buffers.push_back(std::move(buffer));
        api::Kernel kernel;
        kernel.name = "kernel " + std::to_string(program.id);
        kernel.packed_bytes = 100;
        kernel.cores = std::move(cores);
        program.kernels.push_back(std::move(kernel));
        return api::ProgramIndex(model.programs.size() - 1);
    }

    api::Model model;
};

}  // namespace ttmem::inventory::testing
