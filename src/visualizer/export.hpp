// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording as the report that ttnn-visualizer opens: db.sqlite (docs/recording.md#ttnn-visualizer). Pure: gives the
// file's bytes, and memory is about twice those.
//
// An operation of the report is one allocation, one run of frees, one refusal, or the launch of a program that
// allocated nothing; its buffers are all that live after it. So what an operation frees before it returns is in the
// report, with the operation's own peak. A program's circular buffers are in the graph of its first launch.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "recording/reader.hpp"

namespace ttmem::visualizer {

// The events from `from_ns` to `until_ns`; buffers that lived before are those of a first operation.
struct Part {
    uint64_t from_ns = 0;
    uint64_t until_ns = UINT64_MAX;
};

// Rows of buffers in a file at most: about 250 MB, more than ttnn-visualizer draws in reasonable time.
inline constexpr uint64_t kMostBufferRows = 8'000'000;

// Error: the part has more rows than `most_rows`, or there is no memory for it; for a person.
Result<std::string> export_database(const recording::Reader& reader, const Part& part,
                                    uint64_t most_rows = kMostBufferRows);

}  // namespace ttmem::visualizer
