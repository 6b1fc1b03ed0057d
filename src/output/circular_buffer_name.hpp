// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/l1.hpp"

namespace ttmem::output {

// "CB 16 (Float16_b)", "dataflow buffer 3", "scratchpad 0": a program's buffer by the number that its kernels call it
// by. tt-metal's own id of a circular buffer is an address in the host's memory and stands nowhere.
std::string circular_buffer_name(const api::CircularBuffer& buffer);

}  // namespace ttmem::output
