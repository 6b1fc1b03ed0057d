// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The name of a C++ function as a reader of a stack wants it.
#pragma once

#include <cstddef>

namespace ttmem::native_frames {

// A demangled name without its result, arguments and arguments of templates, in place:
// "ttnn::Tensor ttnn::Tensor::from_span<float>(int) const" becomes "ttnn::Tensor::from_span". Names of operators,
// lambdas and unnamed namespaces stay: "(anonymous namespace)::run(int)::{lambda(int)#1}::operator()(int) const"
// becomes "(anonymous namespace)::run::{lambda#1}::operator()".
void shorten_name(char* demangled) noexcept;

// The name of a symbol: demangled and shortened where it is C++'s, else as it stands. At most `room` bytes with the
// terminating zero, cut between two characters of UTF-8. Of C++ that the demangler does not know, the scopes alone. A
// symbol of more than 4 KiB is not demangled.
void readable_name(const char* symbol, char* to, size_t room) noexcept;

}  // namespace ttmem::native_frames
