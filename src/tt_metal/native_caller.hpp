// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A name for an allocation that no Python operation asked for: host.to(device), ttnn.Tensor(..., device) and
// Tensor.reshape are bound C++ functions, which have no frame of Python's.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ttmem::tt_metal {

// The outermost function that the calling thread is in of those that libtt_metal.so and _ttnncpp.so export, without its
// namespaces and arguments: "Tensor::to_device". At most `room` bytes with the terminating zero. False: none was found.
// Unwinds the stack: some microseconds, and at a function's first time a look at all that the libraries export. Asked
// once for each Python line, never for each allocation.
bool native_caller(char* name, size_t room) noexcept;

// The same name of the exported function that `address` is in.
bool exported_function(uintptr_t address, char* name, size_t room) noexcept;

// The last two parts of a demangled function's name: "ttnn::Tensor ttnn::Tensor::from_span<float>(int)" gives
// "Tensor::from_span". Empty for what has no name of its own (operators, lambdas, functions of std). Changes
// `demangled`.
const char* short_function_name(char* demangled) noexcept;

}  // namespace ttmem::tt_metal
