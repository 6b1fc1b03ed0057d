// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// An explanation (analysis/why.hpp) in sentences, for `ttmem why` as text and as JSON. Pure. What comes from others
// (names, paths) is as the model has it: printable() it for a terminal.
#pragma once

#include <string>

#include "analysis/why.hpp"
#include "model/model.hpp"

namespace ttmem::output {

// "DRAM of device 0 is fragmented: ..."
std::string why_sentence(const api::Model& model, const analysis::Why& why);

// "Free 2 buffers, which ..." `why`: whose advice it is.
std::string advice_sentence(const api::Model& model, const analysis::Why& why, const analysis::Advice& advice);

// A refusal in one line, for lists: "out of DRAM: 2.0 MiB wanted in each of 12 banks, largest hole 1.0 MiB".
std::string refusal_text(const api::Failure& failure);

// "DRAM", "L1_SMALL".
std::string kind_name(api::MemoryKind kind);

// "models/attention.py:42" of a longer path: its last folder and its name.
std::string last_parts(const std::string& path);

}  // namespace ttmem::output
