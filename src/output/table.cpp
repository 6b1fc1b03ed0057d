// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/table.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "output/text.hpp"

namespace ttmem::monitor {

namespace {

constexpr size_t kLeastRoom = 20;  // columns, for a last cell to go on beside the others rather than below them

// The cell in pieces of at most `room` columns, cut between words where that is possible.
std::vector<std::string> pieces_of(const std::string& cell, size_t room) {
    std::vector<std::string> pieces = {""};
    for (size_t at = 0; at <= cell.size();) {
        const size_t blank = std::min(cell.find(' ', at), cell.size());
        const std::string word = cut_front(std::string_view(cell).substr(at, blank - at), room);
        at = blank + 1;
        if (pieces.back().empty()) {
            pieces.back() = word;
        } else if (columns(pieces.back()) + 1 + columns(word) <= room) {
            pieces.back() += " " + word;
        } else {
            pieces.push_back(word);
        }
    }
    return pieces;
}

}  // namespace

void add_table(Lines& lines, const std::vector<TableRow>& rows, const std::vector<size_t>& left_columns, size_t width) {
    std::vector<size_t> widths;
    for (const TableRow& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], columns(row[i]));
        }
    }
    const auto is_left = [&](size_t i) {
        return std::find(left_columns.begin(), left_columns.end(), i) != left_columns.end();
    };
    for (const TableRow& row : rows) {
        const Style style = &row == &rows.front() ? Style::kHeading : Style::kPlain;
        const bool flows = width > 0 && !row.empty() && row.size() == widths.size() && is_left(row.size() - 1);
        std::string text = " ";
        for (size_t i = 0; i + (flows ? 1 : 0) < row.size(); ++i) {
            text += " " + (is_left(i) ? fit_left(row[i], widths[i]) : fit_right(row[i], widths[i]));
        }
        if (flows) {
            size_t indent = columns(text) + 1;
            if (indent + kLeastRoom > width && indent + columns(row.back()) > width) {
                text.erase(text.find_last_not_of(' ') + 1);
                lines.emplace_back(cut(text, width), style);
                text = "   ";
                indent = 4;
            }
            for (const std::string& piece : pieces_of(row.back(), width - std::min(width - 1, indent))) {
                text += " " + piece;
                text.erase(text.find_last_not_of(' ') + 1);
                lines.emplace_back(std::move(text), style);
                text.assign(indent - 1, ' ');
            }
            continue;
        }
        text.erase(text.find_last_not_of(' ') + 1);
        lines.emplace_back(width > 0 ? cut(text, width) : std::move(text), style);
    }
}

}  // namespace ttmem::monitor
