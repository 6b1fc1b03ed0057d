// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/diff.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include "output/json_values.hpp"
#include "output/table.hpp"
#include "output/text.hpp"

namespace ttmem::report {

namespace {

using api::Json;

const Peak* highest_of(const Report& report, api::MemoryKind kind) {
    const Peak* highest = nullptr;
    for (const Peak& peak : report.peaks) {
        if (peak.kind == kind && (highest == nullptr || peak.bytes > highest->bytes)) {
            highest = &peak;
        }
    }
    return highest;
}

uint64_t difference(const DiffRow& row) {
    return std::max(row.before_bytes, row.after_bytes) - std::min(row.before_bytes, row.after_bytes);
}

std::vector<DiffRow> rows_of(const Peak* before, const Peak* after) {
    std::map<std::optional<std::string>, DiffRow> by_name;
    const auto add = [&by_name](const Peak* peak, uint64_t DiffRow::*bytes) {
        for (const Holder& holder : peak == nullptr ? Holders() : peak->holders) {
            DiffRow& row = by_name[holder.name];
            row.name = holder.name;
            row.*bytes += holder.bytes;
        }
    };
    add(before, &DiffRow::before_bytes);
    add(after, &DiffRow::after_bytes);
    std::vector<DiffRow> rows;
    for (const auto& [name, row] : by_name) {
        if (row.before_bytes != row.after_bytes) {
            rows.push_back(row);
        }
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const DiffRow& a, const DiffRow& b) { return difference(a) > difference(b); });
    return rows;
}

// "+1.5 MiB", "-512 B", "0 B".
std::string change_text(uint64_t before, uint64_t after) {
    if (before == after) {
        return "0 B";
    }
    return (after > before ? "+" : "-") + monitor::human_bytes(after > before ? after - before : before - after);
}

std::string percent_text(uint64_t before, uint64_t after) {
    if (before == 0) {
        return monitor::kUnknown;
    }
    char text[32];
    std::snprintf(text, sizeof text, "%+.1f%%",
                  (static_cast<double>(after) - static_cast<double>(before)) / static_cast<double>(before) * 100);
    return text;
}

}  // namespace

Diff diff(const Report& before, const Report& after, const DiffOptions& options) {
    Diff all;
    all.per_bank = options.per_bank;
    for (const api::MemoryKind kind : api::kAllMemoryKinds) {
        const Peak* const one = highest_of(before, kind);
        const Peak* const other = highest_of(after, kind);
        if (one == nullptr && other == nullptr) {
            continue;
        }
        DiffKind& row = all.kinds.emplace_back();
        row.kind = kind;
        row.before_bytes = one == nullptr ? 0 : one->bytes;
        row.after_bytes = other == nullptr ? 0 : other->bytes;
        row.before_is_lower_bound = one != nullptr && one->lower_bound;
        row.after_is_lower_bound = other != nullptr && other->lower_bound;
        row.rows = rows_of(one, other);
        const uint64_t growth = row.after_bytes - std::min(row.before_bytes, row.after_bytes);
        row.fails = options.fail_above && growth > options.floor_bytes &&
                    static_cast<double>(growth) > *options.fail_above * static_cast<double>(row.before_bytes);
        all.fails = all.fails || row.fails;
    }
    return all;
}

monitor::Lines diff_text(const Diff& diff, inventory::GroupBy by, size_t top) {
    monitor::Lines lines;
    std::vector<monitor::TableRow> peaks{
        {diff.per_bank ? "PEAK, A BANK, OF" : "PEAK OF", "BEFORE", "AFTER", "CHANGE", "", ""}};
    for (const DiffKind& kind : diff.kinds) {
        peaks.push_back({std::string(api::to_string(kind.kind)),
                         (kind.before_is_lower_bound ? ">= " : "") + monitor::human_bytes(kind.before_bytes),
                         (kind.after_is_lower_bound ? ">= " : "") + monitor::human_bytes(kind.after_bytes),
                         change_text(kind.before_bytes, kind.after_bytes),
                         percent_text(kind.before_bytes, kind.after_bytes), kind.fails ? "FAILS" : ""});
    }
    monitor::add_table(lines, peaks, {0, 5});
    for (const DiffKind& kind : diff.kinds) {
        if (kind.rows.empty()) {
            continue;
        }
        lines.emplace_back();
        lines.emplace_back("At the peak of " + std::string(api::to_string(kind.kind)) + ", by " +
                               std::string(inventory::to_string(by)),
                           monitor::Style::kHeading);
        std::vector<monitor::TableRow> rows{{"CHANGE", "BEFORE", "AFTER", "NAME"}};
        for (size_t i = 0; i < std::min(top, kind.rows.size()); ++i) {
            const DiffRow& row = kind.rows[i];
            rows.push_back({change_text(row.before_bytes, row.after_bytes), monitor::human_bytes(row.before_bytes),
                            monitor::human_bytes(row.after_bytes), row.name.value_or(monitor::kUnknown)});
        }
        monitor::add_table(lines, rows, {3});
        if (kind.rows.size() > top) {
            lines.emplace_back("  and " + std::to_string(kind.rows.size() - top) + " others");
        }
    }
    return lines;
}

std::string diff_json(const Diff& diff, inventory::GroupBy by, size_t top) {
    Json kinds = Json::array();
    for (const DiffKind& kind : diff.kinds) {
        Json rows = Json::array();
        for (size_t i = 0; i < std::min(top, kind.rows.size()); ++i) {
            rows.push_back({{"name", api::or_null(kind.rows[i].name)},
                            {"before_bytes", kind.rows[i].before_bytes},
                            {"after_bytes", kind.rows[i].after_bytes}});
        }
        kinds.push_back({{"kind", std::string(api::to_string(kind.kind))},
                         {"before_bytes", kind.before_bytes},
                         {"after_bytes", kind.after_bytes},
                         {"before_is_lower_bound", kind.before_is_lower_bound},
                         {"after_is_lower_bound", kind.after_is_lower_bound},
                         {"fails", kind.fails},
                         {"changes", rows}});
    }
    return Json{{"schema", 1},
                {"by", std::string(inventory::to_string(by))},
                {"fails", diff.fails},
                {"per_bank", diff.per_bank},
                {"peaks", kinds}}
        .dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ttmem::report
