// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Lines at the end of a refusal's exception: what was wanted, which tensors hold the memory and where to see more.
#pragma once

#include <exception>

#include "client/refusal_lines.hpp"

namespace ttmem::tt_metal {

// Puts the lines at the end of the exception's text, in place: it stays the same object of the same type. Leaves alone
// exceptions of derived types, texts that have such lines already, all where TT_ALLOC_EXPLAIN is 0, and does nothing
// without memory. Call it in the handler that passes the exception on.
void extend_exception(std::exception& error, const client::RefusalFigures& figures) noexcept;

}  // namespace ttmem::tt_metal
