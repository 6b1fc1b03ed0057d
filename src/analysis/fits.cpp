// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/fits.hpp"

#include <utility>

#include "analysis/free_blocks.hpp"
#include "analysis/free_list.hpp"
#include "base/saturate.hpp"

namespace ttmem::analysis {

namespace {

// The units to which tt-metal's allocators round sizes up.
constexpr uint32_t kL1Alignment = 16;
constexpr uint32_t kWormholeDramAlignment = 32;
constexpr uint32_t kBlackholeDramAlignment = 64;

api::Tensor tensor_of(const TensorQuestion& question, const TensorSize& size) {
    api::Tensor tensor;
    tensor.shape.assign(question.shape.begin(), question.shape.end());
    tensor.padded_shape.assign(size.padded_shape.begin(), size.padded_shape.end());
    tensor.data_type = question.data_type;
    tensor.layout = question.tiled ? "tile" : "row_major";
    tensor.memory_layout =
        question.shard ? std::string(to_string(question.shard->sharding)) + "_sharded" : "interleaved";
    return tensor;
}

// The refusal that tt-metal would answer with.
Why refusal_of(api::Model& model, const api::FreeSpace& space, const TensorQuestion& question, const Fit& fit) {
    api::Failure failure;
    failure.process = model.allocators[space.allocator].process;
    failure.allocator = space.allocator;
    failure.devices = model.allocators[space.allocator].devices;
    failure.type = api::FailureType::kOutOfMemory;
    failure.kind = space.kind;
    failure.time_ns = model.time_ns;
    failure.bytes_per_bank = fit.wanted_bytes_per_bank;
    failure.banks = space.banks.banks;
    failure.limit_bytes = space.banks.bank_bytes;
    failure.available_bytes = space.free_bytes_per_bank;
    failure.largest_free_bytes_per_bank = space.largest_bytes_per_bank;
    for (const api::Buffer& buffer : model.buffers) {
        if (buffer.allocator == space.allocator && memory_kind(buffer.kind) == space.kind) {
            saturating_add(failure.allocated_bytes, buffer.allocated_bytes);
        }
    }
    failure.tensor = api::TensorIndex(model.tensors.size());
    model.tensors.push_back(tensor_of(question, fit.size));
    model.failures.push_back(std::move(failure));
    return explain(model, model.failures.size() - 1);
}

}  // namespace

Result<std::vector<Fit>> fits(api::Model& model, api::DeviceIndex device, const TensorQuestion& question) {
    const Result<TensorSize> size = size_of(question);
    if (!size) {
        return size.error();
    }
    std::vector<Fit> all;
    for (const api::FreeSpace& space : inventory::free_spaces(model, device)) {
        if (space.kind != question.kind) {
            continue;
        }
        if (model.allocators[space.allocator].hybrid) {
            return Error{"the device's allocator is in HYBRID mode, whose rules are not simulated"};
        }
        const uint64_t unlisted = model.processes[model.allocators[space.allocator].process].unlisted_buffers;
        if (unlisted > 0) {
            return Error{"what is free is not known: " + std::to_string(unlisted) +
                         " live buffers of the process are in no list (TT_ALLOC_MAX_BUFFERS)"};
        }
        if (size.value().shards > space.banks.banks) {
            return Error{"the tensor has " + std::to_string(size.value().shards) + " shards, and the device " +
                         std::to_string(space.banks.banks) + " banks of " + std::string(to_string(space.kind)) +
                         ": one shard lies in each"};
        }
        Fit fit;
        fit.allocator = space.allocator;
        fit.device = device;
        fit.banks = space.banks;
        fit.size = size.value();
        fit.wanted_bytes_per_bank = bytes_per_bank(fit.size, space.banks);
        fit.free_bytes_per_bank = space.free_bytes_per_bank;
        fit.largest_free_bytes_per_bank = space.largest_bytes_per_bank;
        FreeList free(space.blocks, inventory::block_alignment(model.allocators[space.allocator]), space.top_down);
        fit.taken_bytes_per_bank = free.rounded(fit.wanted_bytes_per_bank);
        fit.taken_bytes = saturating_product(fit.taken_bytes_per_bank, space.banks.banks);
        fit.address = free.place(fit.wanted_bytes_per_bank);
        if (!fit.address) {
            fit.why = refusal_of(model, space, question, fit);
        }
        all.push_back(std::move(fit));
    }
    return all;
}

api::Model model_of(const EmptyBoard& board) {
    api::Model model;
    model.buffers_listed = true;
    api::Device device;
    device.id = 0;
    device.arch = board.arch;
    device.board = board.board;
    device.live_processes = 1;
    model.devices.push_back(std::move(device));
    api::Process process;
    process.state = api::ProcessState::kLive;
    api::ProcessDevice use;
    use.device = 0;
    process.devices.push_back(use);
    model.processes.push_back(std::move(process));
    api::Allocator allocator;
    allocator.open = true;
    allocator.devices = {0};
    const uint32_t dram_alignment = board.arch == "blackhole" ? kBlackholeDramAlignment : kWormholeDramAlignment;
    allocator.banks[api::MemoryKind::kDram] = api::Banks{
        0, board.dram_banks == 0 ? 0 : board.dram_bytes / board.dram_banks, board.dram_banks, dram_alignment};
    allocator.banks[api::MemoryKind::kL1] =
        api::Banks{0, board.l1_banks == 0 ? 0 : board.l1_bytes / board.l1_banks, board.l1_banks, kL1Alignment};
    model.allocators.push_back(std::move(allocator));
    return model;
}

}  // namespace ttmem::analysis
