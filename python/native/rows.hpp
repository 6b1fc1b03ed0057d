// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// This process's live buffers as Python values, without JSON in between. Called with the GIL held; it is released
// while the ledger is read.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <optional>

namespace ttmem::python {

// The list "buffers" of own_json(true): equal values of equal types, each row with lists and dictionaries of its own.
// `device`: those on this device alone. Without `stack` all stacks are None.
nanobind::list own_rows(std::optional<int32_t> device, bool stack);

}  // namespace ttmem::python
