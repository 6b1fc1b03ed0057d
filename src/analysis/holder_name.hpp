// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "analysis/holders.hpp"

namespace ttmem::inventory {

// What one buffer is put together by in holders(). Absent: not known of it.
std::optional<std::string> holder_name(const api::Model& model, const api::Buffer& buffer, GroupBy by);

}  // namespace ttmem::inventory
