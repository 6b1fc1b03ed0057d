// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// `ttmem l1` for people: what lies in a device's L1 and in its DRAM banks, as lines of text. Pure; needs a model with
// buffers and programs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "output/lines.hpp"

namespace ttmem::monitor {

struct L1ReportOptions {
    std::vector<api::DeviceIndex> devices;  // indexes into Model::devices
    std::optional<api::Core> core;          // this core's L1 alone
    size_t width = 80;                      // maps are made as wide; at least 60
    bool utf8 = false;                      // else ASCII alone
};

Lines l1_report(const api::Model& model, const L1ReportOptions& options);

// The contents of a cell of a map.
enum class MapCell : uint8_t {
    kFree,
    kBuffer,
    kCircularBuffer,  // of the program launched last
    kCachedBuffer,    // of programs that live
    kRing,
    kFirmware,
    kSmall,
    kTrace,
    kOther,
    kUnexplained
};

// Ends of circular buffers on a core: of the program launched last, and of any that lives.
struct CircularEnds {
    uint64_t current = 0;
    uint64_t cached = 0;
};

// A layout as one row of cells from address 0 to its end; each cell shows what takes the most of it, but nothing that
// is there disappears in favour of free space. What is free in L1's bank below `ends` is circular buffers'. At least
// one cell.
std::vector<MapCell> map_cells(const api::Layout& layout, const CircularEnds& ends, size_t cells);

// The character of a cell, and each of those that occur with its meaning.
std::string cell_text(MapCell cell, bool utf8);
std::vector<std::string> legend(const std::vector<MapCell>& cells, bool utf8);

// "0,0-7,7 9,1": rectangles by their corners.
std::string core_text(const api::CoreSet& cores);

}  // namespace ttmem::monitor
