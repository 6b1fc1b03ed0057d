// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/at_moment.hpp"

#include <algorithm>

#include "inventory/holdings.hpp"
#include "output/json_values.hpp"
#include "output/table.hpp"
#include "output/text.hpp"
#include "recording/replay.hpp"
#include "report/names.hpp"

namespace ttmem::report {

namespace {

using api::Json;
using api::or_null;

std::vector<int> devices_of(const recording::RecordedProcess& process, const recording::Held& held) {
    std::vector<int> devices;
    if (!process.facts || held.allocator >= process.facts->allocators.size()) {
        return devices;
    }
    const std::optional<uint32_t> only = held.device();
    for (const uint32_t device : process.facts->allocators[held.allocator].devices) {
        if (!only || *only == device) {
            devices.push_back(process.facts->devices[device].logical_id);
        }
    }
    return devices;
}

}  // namespace

uint64_t first_event_ns(const recording::Reader& reader) {
    uint64_t first = 0;
    for (const recording::RecordedProcess& process : reader.processes()) {
        if (!process.events.empty()) {
            const uint64_t at = process.events.front().head.first_ns;
            first = first == 0 ? at : std::min(first, at);
        }
    }
    return first;
}

MomentReport moment_report(const recording::Reader& reader, uint64_t time_ns) {
    MomentReport report;
    report.time_ns = time_ns;
    for (size_t i = 0; i < reader.processes().size(); ++i) {
        const recording::RecordedProcess& process = reader.processes()[i];
        report.pids.push_back(process.facts ? std::optional(process.facts->pid) : std::nullopt);
        // After its end a process holds nothing.
        const bool over =
            process.end && process.end->ending != recording::Ending::kFollowed &&
            time_ns > std::max(process.end->time_ns, process.events.empty() ? 0 : process.events.back().head.last_ns);
        const std::optional<recording::Moment> moment =
            over ? recording::Moment() : moment_at_time(reader, process, time_ns);
        if (!moment) {
            report.unknown.push_back(i);
            continue;
        }
        Names names(process);
        for (const recording::Held& held : moment->by_id()) {
            const std::optional<api::MemoryKind> kind = inventory::kind_of_account(held.account);
            if (!kind) {
                continue;
            }
            const Origin origin = origin_of(held);
            report.rows.push_back(
                {i, devices_of(process, held), held, *kind, names.name(origin, inventory::GroupBy::kScope),
                 names.name(origin, inventory::GroupBy::kOperation), names.name(origin, inventory::GroupBy::kLine),
                 names.name(origin, inventory::GroupBy::kTensor)});
        }
    }
    return report;
}

std::string moment_json(const MomentReport& report) {
    Json rows = Json::array();
    for (const MomentRow& row : report.rows) {
        const std::optional<uint32_t> banks = row.held.banks();
        rows.push_back({{"pid", or_null(report.pids[row.process])},
                        {"id", row.held.id},
                        {"devices", row.devices},
                        {"kind", std::string(api::to_string(row.kind))},
                        {"address", row.held.address},
                        {"requested_bytes", row.held.requested_bytes},
                        {"allocated_bytes", row.held.bytes},
                        {"bytes_per_bank", banks ? Json(row.held.bytes / *banks) : Json(nullptr)},
                        {"allocated_at_ns", row.held.time_ns},
                        {"scope", or_null(row.scope)},
                        {"operation", or_null(row.operation)},
                        {"line", or_null(row.line)},
                        {"tensor", or_null(row.tensor)}});
    }
    Json unknown = Json::array();
    for (const size_t process : report.unknown) {
        unknown.push_back(or_null(report.pids[process]));
    }
    return Json{{"schema", 1}, {"time_ns", report.time_ns}, {"unknown_pids", unknown}, {"buffers", rows}}.dump(
        2, ' ', false, Json::error_handler_t::replace);
}

monitor::Lines moment_text(const MomentReport& report, size_t top) {
    monitor::Lines lines;
    std::vector<const MomentRow*> rows;
    for (const MomentRow& row : report.rows) {
        rows.push_back(&row);
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const MomentRow* a, const MomentRow* b) { return a->held.bytes > b->held.bytes; });
    lines.emplace_back(std::to_string(rows.size()) + " buffers lived at " + monitor::local_time(report.time_ns),
                       monitor::Style::kHeading);
    for (const size_t process : report.unknown) {
        lines.emplace_back("  of process " + (report.pids[process] ? std::to_string(*report.pids[process]) : "-") +
                               " this moment is not recorded",
                           monitor::Style::kWarning);
    }
    std::vector<monitor::TableRow> table{{"PID", "KIND", "BYTES", "ADDRESS", "OPERATION", "LINE", "TENSOR"}};
    for (size_t i = 0; i < std::min(top, rows.size()); ++i) {
        const MomentRow& row = *rows[i];
        table.push_back({report.pids[row.process] ? std::to_string(*report.pids[row.process]) : monitor::kUnknown,
                         std::string(api::to_string(row.kind)), monitor::human_bytes(row.held.bytes),
                         hex_text(row.held.address), row.operation.value_or(monitor::kUnknown),
                         row.line.value_or(monitor::kUnknown), row.tensor.value_or(monitor::kUnknown)});
    }
    monitor::add_table(lines, table, {1, 4, 5, 6});
    if (rows.size() > top) {
        lines.emplace_back("  and " + std::to_string(rows.size() - top) + " others");
    }
    return lines;
}

}  // namespace ttmem::report
