// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/l1.hpp"

namespace ttmem::output {

// The name of a memory region for people, as the documentation has it: "kernel-config ring". JSON has to_string()'s.
std::string region_name(api::RegionType type);

}  // namespace ttmem::output
