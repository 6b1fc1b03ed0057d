// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording for other programs' viewers. Pure: each gives the whole file as text or bytes. Memory is that of the file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "recording/reader.hpp"

namespace ttmem::report {

enum class Format : uint8_t {
    kCsv,         // a row an event
    kMemoryViz,   // PyTorch's memory snapshot: pytorch.org/memory_viz, torch/cuda/_memory_viz.py
    kPerfetto,    // Chrome's JSON trace, which ui.perfetto.dev and trace_processor read: counters by device and kind
    kSpeedscope,  // what was held at each peak, by stack
    kPprof        // profile.proto of pprof, gzip: all allocations, and the buffers at each peak, by stack
};
inline constexpr const char* kFormatWords = "csv, memory_viz, perfetto, pprof or speedscope";
std::optional<Format> format_of(std::string_view word);

std::string export_csv(const recording::Reader& reader);
std::string export_memory_viz(const recording::Reader& reader);
std::string export_perfetto(const recording::Reader& reader);
std::string export_speedscope(const recording::Reader& reader);
std::string export_pprof(const recording::Reader& reader);

}  // namespace ttmem::report
