// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Parts of `ttmem l1`'s report (l1_report.hpp); for its own files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "analysis/l1_analysis.hpp"
#include "output/l1_report.hpp"

namespace ttmem::monitor::l1 {

// "0x00019d60"
std::string hex(uint64_t value);
// "4711", or "-" where it is not known.
std::string pid_text(const api::Model& model, api::ProcessIndex process);
// "buffer 12 of process 4711"
std::string buffer_text(const api::Model& model, api::BufferIndex index);
// " (decoder/ttnn.matmul (model.py:42))"; empty where nothing is known of where it came from.
std::string region_text(const api::Model& model, const api::Buffer& buffer);
// "1 hole", "2 holes"
std::string counted(size_t number, const std::string& thing);

// Adds a text, wrapped at blanks so that it fits; lines after the first are indented further. fill() takes words that
// are not to be torn apart, and the gap between them.
void fill(Lines& lines, const std::vector<std::string>& words, const std::string& gap, size_t width, size_t indent,
          Style style);
void paragraph(Lines& lines, const std::string& text, size_t width, size_t indent, Style style = Style::kPlain);
// An empty line and a heading.
void heading(Lines& lines, const std::string& text, size_t width);

// The three figures of circular buffers, the programs, their kernels, the rings.
void add_programs(Lines& lines, const api::Model& model, api::DeviceIndex device, const L1ReportOptions& options);
// The free space of each kind, the largest request that fits, and the buffers between the holes.
void add_free_space(Lines& lines, inventory::L1Analysis& l1, const L1ReportOptions& options);

// The bytes that lockstep takes in banks without data, and by which buffers; free L1 by core, where buffers may lie on
// single cores; how near circular buffers and an L1 buffer have come (l1_extremes.cpp).
void add_waste(Lines& lines, const api::Model& model, api::DeviceIndex device, const L1ReportOptions& options);
void add_free_on_cores(Lines& lines, inventory::L1Analysis& l1, const L1ReportOptions& options);
void add_least_headroom(Lines& lines, const api::Model& model, api::DeviceIndex device, const L1ReportOptions& options);

}  // namespace ttmem::monitor::l1
