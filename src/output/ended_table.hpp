// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "output/lines.hpp"

namespace ttmem::monitor {

// `ttmem snapshot --buffers --ended` for people: the buffers of that model (inventory::ended_buffers), and how their
// processes ended.
Lines ended_table(const api::Model& ended);

}  // namespace ttmem::monitor
