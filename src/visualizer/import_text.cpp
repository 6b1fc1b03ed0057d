// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/saturate.hpp"
#include "output/json_values.hpp"
#include "output/table.hpp"
#include "output/text.hpp"
#include "visualizer/import.hpp"

namespace ttmem::visualizer {

namespace {

using api::Json;
using monitor::Line;
using monitor::Lines;
using monitor::Style;

std::string operation_text(const PeakOperation& operation) {
    return "operation " + std::to_string(operation.number) +
           (operation.name.empty() ? "" : " (" + operation.name + ")");
}

void add_holders(Lines& lines, const report::Holders& holders, inventory::GroupBy by, size_t top) {
    std::vector<monitor::TableRow> rows{{"BYTES A BANK", "BUFFERS", std::string(inventory::to_string(by))}};
    std::transform(rows[0][2].begin(), rows[0][2].end(), rows[0][2].begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    for (size_t i = 0; i < std::min(top, holders.size()); ++i) {
        rows.push_back({monitor::human_bytes(holders[i].bytes), std::to_string(holders[i].buffers),
                        holders[i].name.value_or(monitor::kUnknown)});
    }
    monitor::add_table(lines, rows, {2});
    if (holders.size() > top) {
        lines.emplace_back("  and " + std::to_string(holders.size() - top) + " others");
    }
}

}  // namespace

Lines imported_text(const Imported& imported, inventory::GroupBy by, size_t top) {
    Lines lines;
    lines.emplace_back("Report of ttnn", Style::kHeading);
    lines.emplace_back("  schema " + (imported.schema_version.empty() ? monitor::kUnknown : imported.schema_version) +
                       ", " + std::to_string(imported.report.processes.size()) + " ranks, " +
                       std::to_string(imported.operations) + " operations, " + std::to_string(imported.errors) +
                       " errors, " + std::to_string(imported.buffer_rows) + " rows of buffers");
    for (size_t i = 0; i < imported.report.peaks.size(); ++i) {
        const report::Peak& peak = imported.report.peaks[i];
        lines.emplace_back();
        std::string title =
            "Peak of " + std::string(api::to_string(peak.kind)) + " on device " + std::to_string(peak.devices.front());
        if (imported.report.processes.size() > 1) {
            title += " of " + imported.report.processes[peak.process].name;
        }
        title += ": " + monitor::exact_bytes(peak.bytes) + " in each bank";
        if (imported.peak_operations[i].banks) {
            title += ", " + monitor::human_bytes(saturating_product(peak.bytes, *imported.peak_operations[i].banks)) +
                     " in all";
        }
        lines.emplace_back(title + ", after " + operation_text(imported.peak_operations[i]), Style::kHeading);
        add_holders(lines, peak.holders, by, top);
    }
    return lines;
}

std::string imported_json(const Imported& imported, inventory::GroupBy by, size_t top) {
    Json peaks = Json::array();
    for (size_t i = 0; i < imported.report.peaks.size(); ++i) {
        const report::Peak& peak = imported.report.peaks[i];
        Json holders = Json::array();
        for (size_t row = 0; row < std::min(top, peak.holders.size()); ++row) {
            const report::Holder& holder = peak.holders[row];
            holders.push_back(
                {{"name", api::or_null(holder.name)}, {"buffers", holder.buffers}, {"bytes_per_bank", holder.bytes}});
        }
        peaks.push_back({{"rank", imported.peak_operations[i].rank},
                         {"device", peak.devices.front()},
                         {"kind", std::string(api::to_string(peak.kind))},
                         {"bytes_per_bank", peak.bytes},
                         {"banks", api::or_null(imported.peak_operations[i].banks)},
                         {"buffers", peak.buffers},
                         {"operation", imported.peak_operations[i].number},
                         {"operation_name", api::text_or_null(imported.peak_operations[i].name)},
                         {"holders", holders}});
    }
    return Json{{"schema", 1},
                {"by", std::string(inventory::to_string(by))},
                {"schema_version", api::text_or_null(imported.schema_version)},
                {"ranks", imported.report.processes.size()},
                {"operations", imported.operations},
                {"errors", imported.errors},
                {"buffer_rows", imported.buffer_rows},
                {"peak", peaks}}
        .dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ttmem::visualizer
