// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include "output/table.hpp"
#include "output/text.hpp"
#include "report/write.hpp"

namespace ttmem::report {

namespace {

using monitor::human_bytes;
using monitor::kUnknown;
using monitor::Line;
using monitor::Lines;
using monitor::Style;
using monitor::TableRow;

std::string seconds_text(uint64_t first, uint64_t last) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", last > first ? static_cast<double>(last - first) / 1e9 : 0.0);
    return text;
}

std::string numbers_text(uint64_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string process_name(const ProcessSummary& process) {
    return (process.pid ? std::to_string(*process.pid) : kUnknown) + " " +
           (process.command.empty() ? process.name : process.command);
}

void add_holders(Lines& lines, const Holders& holders, inventory::GroupBy by, size_t top) {
    std::vector<TableRow> rows{{"BYTES", "BUFFERS", std::string(inventory::to_string(by))}};
    std::transform(rows[0][2].begin(), rows[0][2].end(), rows[0][2].begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    uint64_t bytes = 0, buffers = 0;
    for (size_t i = 0; i < holders.size(); ++i) {
        if (i < top) {
            rows.push_back({human_bytes(holders[i].bytes), std::to_string(holders[i].buffers),
                            holders[i].name.value_or(kUnknown)});
        } else {
            bytes += holders[i].bytes;
            buffers += holders[i].buffers;
        }
    }
    if (holders.size() > top) {
        rows.push_back({human_bytes(bytes), std::to_string(buffers),
                        "in " + numbers_text(holders.size() - top, "other", "others")});
    }
    monitor::add_table(lines, rows, {2});
}

void add_summary(Lines& lines, const Report& report) {
    lines.push_back(Line("Recording", Style::kHeading));
    for (const ProcessSummary& process : report.processes) {
        lines.push_back(Line("  " + process_name(process) + ": " + ending_text(process.ending)));
        lines.push_back(Line("    " + numbers_text(process.events, "event", "events") + " in " +
                             seconds_text(process.first_ns, process.last_ns) + ": " +
                             numbers_text(process.allocations, "allocation", "allocations") + ", " +
                             numbers_text(process.frees, "free", "frees") + ", " +
                             numbers_text(process.refusals, "refusal", "refusals")));
        if (process.missed != 0) {
            lines.push_back(Line("    " + numbers_text(process.missed, "event was", "events were") +
                                     " lost: peaks are lower bounds, counts are too small",
                                 Style::kWarning));
        }
        if (!process.from_the_beginning) {
            lines.push_back(
                Line("    recorded from a moment on at which it held buffers already, or may have: peaks are "
                     "those since then",
                     Style::kWarning));
        }
    }
    if (report.processes.empty()) {
        lines.push_back(Line("  no process was tracked"));
    }
    if (!report.finished) {
        lines.push_back(
            Line("  the recorder did not come to its end: up to its last second is missing", Style::kWarning));
    }
    for (const std::string& damage : report.damages) {
        lines.push_back(Line("  " + damage, Style::kWarning));
    }
}

std::string devices_text(const std::vector<int>& devices) {
    return devices.empty()       ? "unknown device"
           : devices.size() == 1 ? "device " + std::to_string(devices.front())
                                 : "each of devices " + monitor::ranges(devices);
}

void add_peaks(Lines& lines, const Report& report, inventory::GroupBy by, size_t top) {
    for (const Peak& peak : report.peaks) {
        const ProcessSummary& process = report.processes[peak.process];
        lines.push_back(Line());
        std::string title = "Peak of " + std::string(api::to_string(peak.kind)) + " on " + devices_text(peak.devices) +
                            ": " + (peak.lower_bound ? ">= " : "") + monitor::exact_bytes(peak.bytes);
        if (peak.capacity_bytes) {
            title +=
                ", " + monitor::percent(peak.bytes, peak.capacity_bytes) + " of " + human_bytes(peak.capacity_bytes);
        }
        title += ", after " + seconds_text(process.first_ns, peak.time_ns);
        title += peak.step ? ", in step " + std::to_string(*peak.step) : "";
        lines.push_back(Line(std::move(title), Style::kHeading));
        if (report.processes.size() > 1) {
            lines.push_back(Line("  " + process_name(process)));
        }
        add_holders(lines, peak.holders, by, top);
    }
}

void add_refusals(Lines& lines, const Report& report, size_t top) {
    if (report.refusals.empty()) {
        return;
    }
    lines.push_back(Line());
    lines.push_back(Line("Refusals", Style::kHeading));
    std::vector<TableRow> rows{{"AFTER", "WANTED", "WHAT", "BY"}};
    for (size_t i = 0; i < std::min(top, report.refusals.size()); ++i) {
        const Refusal& refusal = report.refusals[i];
        rows.push_back({seconds_text(report.processes[refusal.process].first_ns, refusal.time_ns),
                        human_bytes(refusal.bytes), refusal.what, refusal.name.value_or(kUnknown)});
    }
    monitor::add_table(lines, rows, {2, 3});
    if (report.refusals.size() > top) {
        lines.push_back(Line("  and " + numbers_text(report.refusals.size() - top, "other", "others")));
    }
}

void add_lists(Lines& lines, const Report& report, const std::vector<ProcessHolders>& lists, const char* title,
               inventory::GroupBy by, size_t top) {
    for (const ProcessHolders& list : lists) {
        if (list.holders.empty()) {
            continue;
        }
        lines.push_back(Line());
        lines.push_back(Line(title, Style::kHeading));
        if (report.processes.size() > 1) {
            lines.push_back(Line("  " + process_name(report.processes[list.process])));
        }
        add_holders(lines, list.holders, by, top);
    }
}

// Regions that a program sets aside as it opens a device: what it could have done with.
void add_regions(Lines& lines, const Report& report) {
    std::vector<TableRow> rows{{"NEEDED", "SET ASIDE", "OF"}};
    for (const Peak& peak : report.peaks) {
        if (peak.kind == api::MemoryKind::kL1Small || peak.kind == api::MemoryKind::kTrace) {
            rows.push_back({(peak.lower_bound ? ">= " : "") + monitor::exact_bytes(peak.bytes),
                            human_bytes(peak.capacity_bytes),
                            std::string(api::to_string(peak.kind)) + " on " + devices_text(peak.devices)});
        }
    }
    if (rows.size() > 1) {
        lines.push_back(Line());
        lines.push_back(Line("Regions, at most", Style::kHeading));
        monitor::add_table(lines, rows, {2});
    }
}

void add_growth(Lines& lines, const Report& report, size_t top) {
    for (const Growth& growth : report.growth) {
        if (growth.rows.empty()) {
            continue;
        }
        lines.push_back(Line());
        lines.push_back(Line("Growth", Style::kHeading));
        if (report.processes.size() > 1) {
            lines.push_back(Line("  " + process_name(report.processes[growth.process])));
        }
        lines.push_back(
            Line("  held as a step begins; " +
                 (growth.step ? numbers_text(growth.steps, "step", "steps") + ", each begins at " + *growth.step
                              : numbers_text(growth.steps, "part", "parts") + " of the run, no steps were found")));
        std::vector<TableRow> rows{{"A STEP", "FROM", "TO", "CERTAIN", "BY"}};
        for (size_t i = 0; i < std::min(top, growth.rows.size()); ++i) {
            const GrowthRow& row = growth.rows[i];
            char certain[16];
            std::snprintf(certain, sizeof certain, "%.1f %%", std::min(row.certainty * 100, 99.9));
            rows.push_back({human_bytes(static_cast<uint64_t>(row.bytes_per_step)), human_bytes(row.first_bytes),
                            human_bytes(row.last_bytes), certain, row.name.value_or(kUnknown)});
        }
        monitor::add_table(lines, rows, {4});
    }
}

void add_fragmentation(Lines& lines, const Report& report, inventory::GroupBy by, size_t top) {
    for (const Fragmentation& worst : report.fragmentation) {
        if (worst.holes < 2) {
            continue;  // nothing was cut up at that moment
        }
        const ProcessSummary& process = report.processes[worst.process];
        lines.push_back(Line());
        lines.push_back(Line("Smallest largest hole of " + std::string(api::to_string(worst.kind)) + " on " +
                                 devices_text(worst.devices) + ": " + human_bytes(worst.largest_hole_bytes) +
                                 " a bank of " + human_bytes(worst.free_bytes) + " free in " +
                                 numbers_text(worst.holes, "hole", "holes") + ", after " +
                                 seconds_text(process.first_ns, worst.time_ns),
                             Style::kHeading));
        if (report.processes.size() > 1) {
            lines.push_back(Line("  " + process_name(process)));
        }
        if (!worst.between.empty()) {
            lines.push_back(Line("  without these it would have been " + human_bytes(worst.joined_bytes) + " a bank:"));
            add_holders(lines, worst.between, by, top);
        }
    }
}

}  // namespace

const char* ending_text(const std::optional<recording::Ending>& ending) {
    if (!ending) {
        return "unknown: the recorder was cut off";
    }
    switch (*ending) {
        case recording::Ending::kExited:
            return "exited";
        case recording::Ending::kDied:
            return "died";
        case recording::Ending::kFollowed:
            return "lived as the recording ended";
        case recording::Ending::kUnreadable:
            return "its ledger could not be read to the end";
    }
    return "";
}

monitor::Lines report_text(const Report& report, inventory::GroupBy by, size_t top) {
    Lines lines;
    add_summary(lines, report);
    add_peaks(lines, report, by, top);
    add_regions(lines, report);
    add_fragmentation(lines, report, by, top);
    add_refusals(lines, report, top);
    add_growth(lines, report, top);
    add_lists(lines, report, report.leaks, "Never freed by the program", by, top);
    add_lists(lines, report, report.temporary, "Short-lived: freed before its thread allocated more than a few others",
              by, top);
    add_lists(lines, report, report.churn, "Allocated, ever", by, top);
    return lines;
}

std::vector<FoldedGraph> folded_graphs(const Report& report, std::string_view list) {
    std::vector<FoldedGraph> graphs;
    const auto add = [&graphs, &report](size_t process, const std::string& root, const Holders& holders) {
        const bool many = report.processes.size() > 1;
        graphs.push_back({many ? "process " + process_name(report.processes[process]) : "", root, &holders});
    };
    if (list == kFoldedWords[0]) {
        for (const Peak& peak : report.peaks) {
            add(peak.process, std::string(api::to_string(peak.kind)) + " on " + devices_text(peak.devices),
                peak.holders);
        }
    }
    const std::pair<const char*, const std::vector<ProcessHolders>*> lists[] = {
        {kFoldedWords[1], &report.leaks}, {kFoldedWords[2], &report.temporary}, {kFoldedWords[3], &report.churn}};
    for (const auto& [word, of_processes] : lists) {
        for (size_t i = 0; list == word && i < of_processes->size(); ++i) {
            add((*of_processes)[i].process, "", (*of_processes)[i].holders);
        }
    }
    return graphs;
}

std::string report_folded(const Report& report, std::string_view list) {
    std::string text;
    for (const FoldedGraph& graph : folded_graphs(report, list)) {
        std::string roots;
        for (std::string root : {graph.process, graph.root}) {
            std::replace(root.begin(), root.end(), ';', ',');  // which parts frames
            roots += root.empty() ? "" : root + ";";
        }
        for (const Holder& holder : *graph.holders) {
            text += roots + holder.name.value_or("(unknown)") + " " + std::to_string(holder.bytes) + "\n";
        }
    }
    return text;
}

}  // namespace ttmem::report
