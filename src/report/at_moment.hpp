// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The buffers that lived at one moment of a recording. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "output/lines.hpp"
#include "report/report.hpp"

namespace ttmem::report {

struct MomentRow {
    size_t process = 0;  // index into Reader::processes()
    std::vector<int> devices;
    recording::Held held;
    api::MemoryKind kind = api::MemoryKind::kDram;
    std::optional<std::string> scope, operation, line, tensor;
};

struct MomentReport {
    uint64_t time_ns = 0;
    std::vector<size_t> unknown;  // processes of which this moment is not known: before the recording, or damaged
    std::vector<MomentRow> rows;  // by process and id; buffers that take memory
    std::vector<std::optional<uint32_t>> pids;  // by process
};

// The earliest event of any process; 0 of an empty recording.
uint64_t first_event_ns(const recording::Reader& reader);

MomentReport moment_report(const recording::Reader& reader, uint64_t time_ns);
monitor::Lines moment_text(const MomentReport& report, size_t top);
std::string moment_json(const MomentReport& report);

}  // namespace ttmem::report
