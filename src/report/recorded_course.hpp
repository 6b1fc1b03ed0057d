// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The course of a recorded process (analysis/course.hpp) up to a moment, for `ttmem why`. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "analysis/course.hpp"
#include "model/model.hpp"
#include "recording/reader.hpp"

namespace ttmem::report {

// Of what allocator number `allocator` of the process (absent: all of them) held of the kind. nullopt: the recording
// has fewer steps than say something, or nothing rises in equal parts of its events.
std::optional<analysis::Course> recorded_course(const recording::Reader& reader,
                                                const recording::RecordedProcess& process, api::MemoryKind kind,
                                                std::optional<uint32_t> allocator, uint64_t until_ns);

}  // namespace ttmem::report
