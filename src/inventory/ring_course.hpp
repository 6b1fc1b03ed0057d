// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The course of a process (analysis/course.hpp) from the event rings of its ledger, which keep its latest events. A
// ledger of an ended process has no rings any more after a minute.
#pragma once

#include <cstdint>
#include <optional>

#include "analysis/course.hpp"
#include "inventory/picture_model.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// Up to refusal `number`, of the kind of memory that it was about. `from_picture`: what lived is in the picture of the
// refusal; else in the ledger, as its process holds it. nullopt: the rings do not reach back far enough, or are gone.
std::optional<analysis::Course> course_of_refusal(const LedgerBytes& bytes, uint64_t number, bool from_picture);

// Up to now.
std::optional<analysis::Course> course_now(const LedgerBytes& bytes, api::MemoryKind kind);

}  // namespace ttmem::inventory
