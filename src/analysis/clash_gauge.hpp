// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How near circular buffers and L1 buffers are to each other, and which launch will not go through. Pure; needs a model
// with buffers and programs.
//
// tt-metal checks at each launch, also of a cached program, whether the end of the program's own circular (or dataflow)
// buffers on a core lies above the lowest L1 buffer of its allocator, and refuses the launch if it does. The gauge asks
// the same question before. Buffers of another allocator are not checked and would be overwritten.
#pragma once

#include <string>

#include "model/core_bits.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

api::ClashGauge clash_gauge(const api::Model& model, api::DeviceIndex device);

// Worker cores that a launch of the program puts something on.
CoreBits worker_cores(const api::Program& program);

// Its operation; where that is not known, kernel_label().
std::string program_label(const api::Program& program);

// The names of its kernels, each once, those that compute first ("softmax, reader_interleaved, writer_interleaved");
// "program 7" where none is known.
std::string kernel_label(const api::Program& program);

}  // namespace ttmem::inventory
