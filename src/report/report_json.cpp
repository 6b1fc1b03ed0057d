// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "output/json_values.hpp"
#include "report/write.hpp"

namespace ttmem::report {

namespace {

using api::Json;
using api::or_null;

std::optional<uint32_t> pid_of(const Report& report, size_t process) {
    return report.processes[process].pid;
}

void add_holders(Json& to, const Report& report, size_t process, const Holders& holders, size_t top) {
    for (size_t i = 0; i < std::min(top, holders.size()); ++i) {
        to.push_back({{"pid", or_null(pid_of(report, process))},
                      {"name", or_null(holders[i].name)},
                      {"buffers", holders[i].buffers},
                      {"bytes", holders[i].bytes}});
    }
}

Json list_of(const Report& report, const std::vector<ProcessHolders>& lists, size_t top) {
    Json all = Json::array();
    for (const ProcessHolders& list : lists) {
        add_holders(all, report, list.process, list.holders, top);
    }
    return all;
}

Json process_json(const ProcessSummary& process) {
    return {{"pid", or_null(process.pid)},
            {"name", api::text_or_null(process.name)},
            {"command", api::text_or_null(process.command)},
            {"library", api::text_or_null(process.library)},
            {"ending", process.ending ? Json(ending_text(process.ending)) : Json(nullptr)},
            {"first_ns", process.first_ns},
            {"last_ns", process.last_ns},
            {"events", process.events},
            {"allocations", process.allocations},
            {"frees", process.frees},
            {"refusals", process.refusals},
            {"missed", process.missed},
            {"unknown_frees", process.unknown_frees},
            {"approximate", process.approximate},
            {"from_the_beginning", process.from_the_beginning}};
}

Json summary_json(const Report& report) {
    uint64_t events = 0, allocations = 0, frees = 0, refusals = 0, missed = 0, first = UINT64_MAX, last = 0;
    for (const ProcessSummary& process : report.processes) {
        events += process.events;
        allocations += process.allocations;
        frees += process.frees;
        refusals += process.refusals;
        missed += process.missed;
        first = process.events == 0 ? first : std::min(first, process.first_ns);
        last = std::max(last, process.last_ns);
    }
    return {{"processes", report.processes.size()},
            {"events", events},
            {"allocations", allocations},
            {"frees", frees},
            {"refusals", refusals},
            {"missed", missed},
            {"seconds", last > first ? static_cast<double>(last - first) / 1e9 : 0.0},
            {"file_bytes", report.file_bytes},
            {"finished", report.finished},
            {"damages", report.damages}};
}

Json peak_json(const Report& report, const Peak& peak, size_t top) {
    Json holders = Json::array();
    add_holders(holders, report, peak.process, peak.holders, top);
    return {{"pid", or_null(pid_of(report, peak.process))},
            {"allocator", peak.allocator},
            {"device", peak.devices.size() == 1 ? Json(peak.devices.front()) : Json(nullptr)},
            {"devices", peak.devices},
            {"kind", std::string(api::to_string(peak.kind))},
            {"bytes", peak.bytes},
            {"lower_bound", peak.lower_bound},
            {"buffers", peak.buffers},
            {"time_ns", peak.time_ns},
            {"step", or_null(peak.step)},
            {"capacity_bytes", or_null(peak.capacity_bytes)},
            {"ledger_bytes", or_null(peak.ledger_bytes)},
            {"holders", holders}};
}

Json growth_json(const Report& report, const Growth& growth, size_t top) {
    Json rows = Json::array();
    for (size_t i = 0; i < std::min(top, growth.rows.size()); ++i) {
        const GrowthRow& row = growth.rows[i];
        rows.push_back({{"name", or_null(row.name)},
                        {"first_bytes", row.first_bytes},
                        {"last_bytes", row.last_bytes},
                        {"bytes_per_step", row.bytes_per_step},
                        {"certainty", row.certainty}});
    }
    return {{"pid", or_null(pid_of(report, growth.process))},
            {"step", or_null(growth.step)},
            {"steps", growth.steps},
            {"rows", rows}};
}

Json fragmentation_json(const Report& report, const Fragmentation& worst, size_t top) {
    Json between = Json::array();
    add_holders(between, report, worst.process, worst.between, top);
    return {{"pid", or_null(pid_of(report, worst.process))},
            {"allocator", worst.allocator},
            {"devices", worst.devices},
            {"kind", std::string(api::to_string(worst.kind))},
            {"time_ns", worst.time_ns},
            {"largest_hole_bytes_per_bank", worst.largest_hole_bytes},
            {"free_bytes_per_bank", worst.free_bytes},
            {"bank_bytes", worst.bank_bytes},
            {"holes", worst.holes},
            {"joined_bytes_per_bank", worst.joined_bytes},
            {"between", between}};
}

}  // namespace

std::string report_json(const Report& report, inventory::GroupBy by, size_t top) {
    Json processes = Json::array();
    for (const ProcessSummary& process : report.processes) {
        processes.push_back(process_json(process));
    }
    Json peaks = Json::array();
    for (const Peak& peak : report.peaks) {
        peaks.push_back(peak_json(report, peak, top));
    }
    Json refusals = Json::array();
    for (const Refusal& refusal : report.refusals) {
        refusals.push_back({{"pid", or_null(pid_of(report, refusal.process))},
                            {"time_ns", refusal.time_ns},
                            {"what", refusal.what},
                            {"bytes", refusal.bytes},
                            {"name", or_null(refusal.name)}});
    }
    Json growth = Json::array();
    for (const Growth& one : report.growth) {
        growth.push_back(growth_json(report, one, top));
    }
    Json fragmentation = Json::array();
    for (const Fragmentation& worst : report.fragmentation) {
        fragmentation.push_back(fragmentation_json(report, worst, top));
    }
    const Json all{{"schema", 1},
                   {"by", std::string(inventory::to_string(by))},
                   {"summary", summary_json(report)},
                   {"processes", processes},
                   {"peak", peaks},
                   {"refusals", refusals},
                   {"leaks", list_of(report, report.leaks, top)},
                   {"temporary", list_of(report, report.temporary, top)},
                   {"churn", list_of(report, report.churn, top)},
                   {"growth", growth},
                   {"fragmentation", fragmentation}};
    return all.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ttmem::report
