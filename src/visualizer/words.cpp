// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "visualizer/words.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "ledger/format.hpp"

namespace ttmem::visualizer {

namespace {

std::string capitals(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::string numbers(const std::vector<uint32_t>& values) {
    std::string text;
    for (const uint32_t value : values) {
        text += (text.empty() ? "" : ", ") + std::to_string(value);
    }
    return text;
}

}  // namespace

std::string shape_word(const std::vector<uint32_t>& shape) {
    return "Shape([" + numbers(shape) + "])";
}

std::string data_type_word(const api::Tensor& tensor) {
    return tensor.data_type.empty() ? "" : "DataType." + capitals(tensor.data_type);
}

std::string layout_word(const api::Tensor& tensor) {
    return tensor.layout.empty() ? "" : "Layout." + capitals(tensor.layout);
}

const char* buffer_type_word(uint8_t account) {
    switch (account) {
        case ledger::kAccountDram:
            return "DRAM";
        case ledger::kAccountL1:
            return "L1";
        case ledger::kAccountL1Small:
            return "L1_SMALL";
        case ledger::kAccountTrace:
            return "TRACE";
        default:
            return "SYSTEM_MEMORY";
    }
}

std::string memory_config_word(const api::Tensor& tensor, uint8_t account) {
    const bool is_sharded = !tensor.memory_layout.empty() && tensor.memory_layout != "interleaved";
    const std::string layout = tensor.memory_layout.empty() ? "INTERLEAVED" : capitals(tensor.memory_layout);
    const std::string shard = is_sharded && !tensor.shard_shape.empty()
                                  ? "ShardSpec(shape=[" + numbers(tensor.shard_shape) + "])"
                                  : "std::nullopt";
    return "MemoryConfig(memory_layout=TensorMemoryLayout::" + layout +
           ",buffer_type=BufferType::" + buffer_type_word(account) + ",shard_spec=" + shard + ")";
}

int layout_number(const api::Tensor* tensor, uint32_t form) {
    if (tensor != nullptr && !tensor->memory_layout.empty()) {
        return tensor->memory_layout == "interleaved"     ? 0
               : tensor->memory_layout == "width_sharded" ? 2
               : tensor->memory_layout == "block_sharded" ? 3
                                                          : 1;
    }
    return (form >> 23 & 3) == ledger::kLayoutSharded ? 1 : 0;
}

std::string stack_text(const api::Context& context) {
    std::string text;
    for (const api::Frame& frame : context.stack) {
        text += "  File \"" + (frame.file.empty() ? "?" : frame.file) + "\", line " + std::to_string(frame.line) +
                ", in " + (frame.function.empty() ? "?" : frame.function) + "\n";
    }
    return text;
}

DeviceNumbers::DeviceNumbers(const recording::RecordedProcess& process) : process_(process) {
    if (!process.facts) {
        return;
    }
    const std::vector<ledger::Device>& devices = process.facts->devices;
    order_.resize(devices.size());
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](uint32_t a, uint32_t b) { return devices[a].logical_id < devices[b].logical_id; });
    numbers_.resize(devices.size());
    for (size_t i = 0; i < order_.size(); ++i) {
        numbers_[order_[i]] = static_cast<int>(i);
    }
}

std::vector<int> DeviceNumbers::of_allocator(uint32_t allocator, std::optional<uint32_t> only) const {
    std::vector<int> found;
    if (!process_.facts || allocator >= process_.facts->allocators.size()) {
        return {0};
    }
    for (const uint32_t device : process_.facts->allocators[allocator].devices) {
        if (device < numbers_.size() && (!only || *only == device)) {
            found.push_back(numbers_[device]);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<int> DeviceNumbers::of(const recording::Held& held) const {
    return of_allocator(held.allocator, held.device());
}

std::vector<int> DeviceNumbers::of(const ledger::Program& program) const {
    std::vector<int> found;
    for (const uint32_t device : program.devices) {
        if (device < numbers_.size()) {
            found.push_back(numbers_[device]);
        }
    }
    std::sort(found.begin(), found.end());
    return program.devices.empty() ? of_allocator(program.allocator.value_or(recording::kNone), std::nullopt) : found;
}

}  // namespace ttmem::visualizer
