// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Begins charts with the time before the monitor: from the history that a server keeps, where there is one.
#pragma once

#include <string>

#include "history/query.hpp"
#include "model/model.hpp"
#include "monitor/data/samples.hpp"

namespace ttmem::monitor {

// Devices are found by unique id, PCI address, or logical id and kind.
void add_past(const history::Answer& past, const api::Model& model, Samples& samples);

// The last day, from the history where questions are asked; nothing happens where there is none.
void fill_from_history(const api::Model& model, Samples& samples);

}  // namespace ttmem::monitor
