// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/table.hpp"

#include <algorithm>

#include "output/text.hpp"

namespace ttmem::monitor {

void add_table(Lines& lines, const std::vector<TableRow>& rows, const std::vector<size_t>& left_columns, size_t width) {
    std::vector<size_t> widths;
    for (const TableRow& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], columns(row[i]));
        }
    }
    for (const TableRow& row : rows) {
        std::string text = " ";
        for (size_t i = 0; i < row.size(); ++i) {
            const bool left = std::find(left_columns.begin(), left_columns.end(), i) != left_columns.end();
            text += " " + (left ? fit_left(row[i], widths[i]) : fit_right(row[i], widths[i]));
        }
        text.erase(text.find_last_not_of(' ') + 1);
        lines.emplace_back(width > 0 ? cut(text, width) : std::move(text),
                           &row == &rows.front() ? Style::kHeading : Style::kPlain);
    }
}

}  // namespace ttmem::monitor
