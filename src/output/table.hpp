// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Tables of text for `ttmem snapshot` and `ttmem l1`.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "output/lines.hpp"

namespace ttmem::monitor {

using TableRow = std::vector<std::string>;

// Columns as wide as their widest cell, the first row as the heading; all but the named ones to the right. With a
// width, the last column goes on in further lines where it is a left one that finds no room; a word that is wider than
// a line loses its beginning, for the end of a name says more ("~attention.py:82").
void add_table(Lines& lines, const std::vector<TableRow>& rows, const std::vector<size_t>& left_columns,
               size_t width = 0);

}  // namespace ttmem::monitor
