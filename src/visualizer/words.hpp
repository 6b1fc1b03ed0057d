// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Facts of a recording in the words that a report of ttnn uses, and its numbers of devices. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "recording/reader.hpp"

namespace ttmem::visualizer {

// "Shape([1, 32, 64])".
std::string shape_word(const std::vector<uint32_t>& shape);
// "DataType.BFLOAT16", "Layout.TILE"; empty where the recording does not say.
std::string data_type_word(const api::Tensor& tensor);
std::string layout_word(const api::Tensor& tensor);
// "MemoryConfig(memory_layout=TensorMemoryLayout::INTERLEAVED,buffer_type=BufferType::L1,...)". Of a sharded tensor the
// shape of a shard is in it and the grid is not: recordings have no cores.
std::string memory_config_word(const api::Tensor& tensor, uint8_t account);
// "L1", of a buffer type that a report knows.
const char* buffer_type_word(uint8_t account);
// A report's number of a layout: 0 interleaved, 1 height, 2 width, 3 block sharded. A buffer without a tensor that is
// sharded somehow counts as height sharded, as tt-metal's own default does.
int layout_number(const api::Tensor* tensor, uint32_t form);

// The stack as Python prints it, innermost first; empty where there is none.
std::string stack_text(const api::Context& context);

// Devices of a process are numbered from 0 by their logical ids, as ttnn does.
class DeviceNumbers {
public:
    explicit DeviceNumbers(const recording::RecordedProcess& process);

    // The devices that a buffer lies on. Without facts of its allocator: device 0.
    std::vector<int> of(const recording::Held& held) const;
    // The devices that a program was loaded on.
    std::vector<int> of(const ledger::Program& program) const;
    // By number: index into the process's devices.
    const std::vector<uint32_t>& order() const { return order_; }

private:
    std::vector<int> of_allocator(uint32_t allocator, std::optional<uint32_t> only) const;

    const recording::RecordedProcess& process_;
    std::vector<uint32_t> order_;
    std::vector<int> numbers_;  // by index into the process's devices
};

}  // namespace ttmem::visualizer
