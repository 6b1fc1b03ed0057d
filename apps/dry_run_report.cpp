// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run_report.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "output/table.hpp"
#include "output/text.hpp"

namespace ttmem {
namespace {

using Json = nlohmann::ordered_json;
using dry_run::DevicePeaks;
using dry_run::KindPeak;

std::string seconds_text(uint64_t nanoseconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(nanoseconds) / 1e9);
    return text;
}

std::string fits_text(const std::optional<bool>& fits) {
    return !fits ? "?" : *fits ? "yes" : "no";
}

std::string peak_text(const KindPeak& kind) {
    if (kind.peak_bytes) {
        return monitor::human_bytes(kind.peak_bytes);
    }
    return monitor::human_bytes(kind.at_least_bytes) + " to " + monitor::human_bytes(kind.at_most_bytes);
}

// "1.2 GiB of 12.0 GiB (10.0%)"
std::string of_capacity(const KindPeak& kind) {
    if (kind.capacity_bytes == 0) {
        return monitor::kUnknown;
    }
    std::string text = peak_text(kind) + " of " + monitor::human_bytes(kind.capacity_bytes);
    if (kind.peak_bytes) {
        text += " (" + monitor::percent(kind.peak_bytes, kind.capacity_bytes) + ")";
    }
    return text;
}

// A kind that this device does not have is no row; a region that was made and not used shows with 0 bytes.
void add_kind(monitor::Lines& lines, const char* name, const KindPeak& kind, const char* option,
              const std::optional<dry_run::SizeNeeded>& needed) {
    if (kind.capacity_bytes == 0 || !needed) {
        return;
    }
    lines.emplace_back("    " + std::string(name) + ": " + of_capacity(kind) + "; " +
                       (needed->at_least ? "at least " : "") + option + "=" + std::to_string(needed->bytes) +
                       " is needed");
}

// Chips that hold the same are one row: "0-7".
struct Group {
    std::vector<int> indexes;
    const DevicePeaks* device = nullptr;
};

bool same(const KindPeak& a, const KindPeak& b) {
    return a.peak_bytes == b.peak_bytes && a.at_least_bytes == b.at_least_bytes && a.at_most_bytes == b.at_most_bytes &&
           a.capacity_bytes == b.capacity_bytes;
}

std::vector<Group> groups_of(const std::vector<DevicePeaks>& devices) {
    std::vector<Group> groups;
    for (const DevicePeaks& device : devices) {
        bool found = false;
        for (Group& group : groups) {
            const DevicePeaks& other = *group.device;
            if (same(device.dram, other.dram) && same(device.l1, other.l1) && same(device.l1_small, other.l1_small) &&
                same(device.trace, other.trace)) {
                group.indexes.push_back(device.index);
                found = true;
                break;
            }
        }
        if (!found) {
            groups.push_back({{device.index}, &device});
        }
    }
    return groups;
}

void add_details(monitor::Lines& lines, const BoardResult& board) {
    const dry_run::Verdict& verdict = board.verdict;
    lines.emplace_back(board.board + ": " + verdict.sentence);
    if (verdict.first_refusal) {
        lines.emplace_back("    first refusal: " + monitor::printable(verdict.first_refusal->sentence));
    }
    for (const Group& group : groups_of(verdict.devices)) {
        add_kind(lines, "L1_SMALL", group.device->l1_small, "l1_small_size", group.device->l1_small_size);
        if (group.device->least_headroom) {
            const dry_run::Headroom& least = *group.device->least_headroom;
            lines.emplace_back("    circular buffers: at the closest " + std::to_string(least.bytes_per_core) +
                               " bytes on a core were left below the lowest L1 buffer" +
                               (least.operation.empty() ? "" : ", in " + monitor::printable(least.operation)));
        }
        add_kind(lines, "trace region", group.device->trace, "trace_region_size", group.device->trace_region_size);
    }
    for (const std::string& note : verdict.notes) {
        lines.emplace_back("    note: " + note);
    }
}

Json kind_or_null(const std::optional<uint64_t>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json peak_json(const KindPeak& kind) {
    return kind.capacity_bytes == 0 ? Json(nullptr) : kind_or_null(kind.peak_bytes);
}

void add_kind_json(Json& device, const std::string& name, const KindPeak& kind) {
    device[name + "_peak_bytes"] = peak_json(kind);
    device[name + "_capacity_bytes"] = kind.capacity_bytes == 0 ? Json(nullptr) : Json(kind.capacity_bytes);
    device[name + "_banks"] = kind.banks == 0 ? Json(nullptr) : Json(kind.banks);
    if (kind.capacity_bytes != 0 && !kind.peak_bytes) {
        device[name + "_peak_at_least_bytes"] = kind.at_least_bytes;
        device[name + "_peak_at_most_bytes"] = kind.at_most_bytes;
    }
}

Json device_json(const DevicePeaks& peaks) {
    Json device{{"index", peaks.index}};
    add_kind_json(device, "dram", peaks.dram);
    add_kind_json(device, "l1", peaks.l1);
    add_kind_json(device, "l1_small", peaks.l1_small);
    add_kind_json(device, "trace", peaks.trace);
    device["least_headroom_bytes_per_core"] =
        peaks.least_headroom ? Json(peaks.least_headroom->bytes_per_core) : Json(nullptr);
    device["least_headroom_operation"] = peaks.least_headroom && !peaks.least_headroom->operation.empty()
                                             ? Json(peaks.least_headroom->operation)
                                             : Json(nullptr);
    return device;
}

Json refusal_json(const std::optional<dry_run::Refusal>& refusal) {
    if (!refusal) {
        return nullptr;
    }
    const ledger::Failure& failure = refusal->failure;
    const bool clash = failure.type == ledger::kFailureClash;
    Json json{{"sentence", refusal->sentence},
              {"time_ns", failure.time_ns},
              {"pid", refusal->pid},
              {"devices", refusal->devices},
              {"kind", refusal->kind.empty() ? Json(nullptr) : Json(refusal->kind)},
              {"operation", refusal->operation.empty() ? Json(nullptr) : Json(refusal->operation)}};
    json["wanted_bytes"] = clash ? Json(nullptr) : Json(failure.requested_bytes);
    json["wanted_bytes_per_bank"] = clash ? Json(nullptr) : Json(failure.bytes_per_bank);
    json["banks"] = clash || failure.banks == 0 ? Json(nullptr) : Json(failure.banks);
    json["largest_free_bytes_per_bank"] = kind_or_null(failure.largest_free_per_bank);
    json["missing_bytes"] = clash && failure.end_address > failure.buffer_address
                                ? Json(failure.end_address - failure.buffer_address)
                                : Json(nullptr);
    return json;
}

std::string dump(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

monitor::Lines dry_run_table(const DryRunReport& report) {
    std::vector<monitor::TableRow> rows{{"board", "fits", "chips", "DRAM peak of each", "L1 peak of each", "time"}};
    for (const BoardResult& board : report.boards) {
        const std::vector<Group> groups = groups_of(board.verdict.devices);
        bool first = true;
        for (const Group& group : groups) {
            rows.push_back({first ? board.board : "", first ? fits_text(board.verdict.fits) : "",
                            monitor::ranges(group.indexes), of_capacity(group.device->dram),
                            of_capacity(group.device->l1), first ? seconds_text(board.nanoseconds) : ""});
            first = false;
        }
        if (groups.empty()) {
            rows.push_back({board.board, fits_text(board.verdict.fits), monitor::kUnknown, monitor::kUnknown,
                            monitor::kUnknown, seconds_text(board.nanoseconds)});
        }
    }
    monitor::Lines lines;
    monitor::add_table(lines, rows, {0, 1});
    lines.emplace_back("");
    for (const BoardResult& board : report.boards) {
        add_details(lines, board);
    }
    lines.emplace_back("");
    lines.emplace_back("ttnn " + (report.ttnn_release.empty() ? std::string() : report.ttnn_release + " ") + "in " +
                       monitor::printable(report.ttnn));
    lines.emplace_back(
        report.compiler.stand_in
            ? std::string("kernels: no RISC-V toolchain is installed; a stand-in compiled them, so their "
                          "sizes are not the real ones")
            : "kernels: compiled with " + monitor::printable(report.compiler.path));
    return lines;
}

std::string dry_run_json(const DryRunReport& report) {
    Json boards = Json::array();
    for (const BoardResult& board : report.boards) {
        Json devices = Json::array();
        for (const DevicePeaks& device : board.verdict.devices) {
            devices.push_back(device_json(device));
        }
        boards.push_back(Json{{"board", board.board},
                              {"fits", board.verdict.fits ? Json(*board.verdict.fits) : Json(nullptr)},
                              {"exit_code", board.verdict.exit_code},
                              {"sentence", board.verdict.sentence},
                              {"seconds", static_cast<double>(board.nanoseconds) / 1e9},
                              {"devices", std::move(devices)},
                              {"refusals", board.verdict.refusals},
                              {"first_refusal", refusal_json(board.verdict.first_refusal)},
                              {"notes", board.verdict.notes}});
    }
    return dump(Json{
        {"schema", 1},
        {"command", report.command},
        {"ttnn",
         {{"path", report.ttnn}, {"release", report.ttnn_release.empty() ? Json(nullptr) : Json(report.ttnn_release)}}},
        {"compiler",
         {{"stand_in", report.compiler.stand_in},
          {"path", report.compiler.path},
          {"version", report.compiler.stand_in ? Json(nullptr) : Json(report.compiler.version)}}},
        {"boards", std::move(boards)}});
}

monitor::Lines boards_table() {
    std::vector<monitor::TableRow> rows{
        {"board", "chips", "mesh", "DRAM a chip", "banks", "L1 a chip", "banks", "grid", "what"}};
    for (const dry_run::Board& board : dry_run::boards()) {
        rows.push_back(
            {std::string(board.name), std::to_string(board.chips),
             std::to_string(board.rows) + "x" + std::to_string(board.columns), monitor::human_bytes(board.dram_bytes),
             std::to_string(board.dram_banks), monitor::human_bytes(board.l1_bytes), std::to_string(board.l1_banks),
             std::to_string(board.grid_columns) + "x" + std::to_string(board.grid_rows), std::string(board.title)});
    }
    monitor::Lines lines;
    monitor::add_table(lines, rows, {0, 8});
    lines.emplace_back("");
    lines.emplace_back("Chips, links and harvesting are from:");
    for (const dry_run::Board& board : dry_run::boards()) {
        lines.emplace_back("  " + std::string(board.name) + ": " + std::string(board.source));
    }
    lines.emplace_back(
        "DRAM, L1, banks and grid are what ttnn 0.81.1 hands out with its defaults and dispatch on worker cores.");
    return lines;
}

std::string boards_json() {
    Json list = Json::array();
    for (const dry_run::Board& board : dry_run::boards()) {
        list.push_back(Json{{"board", board.name},
                            {"title", board.title},
                            {"arch", board.arch},
                            {"chips", board.chips},
                            {"mesh", {board.rows, board.columns}},
                            {"dram_bytes", board.dram_bytes},
                            {"dram_banks", board.dram_banks},
                            {"l1_bytes", board.l1_bytes},
                            {"l1_banks", board.l1_banks},
                            {"grid", {board.grid_columns, board.grid_rows}},
                            {"source", board.source}});
    }
    return dump(Json{{"schema", 1}, {"boards", std::move(list)}});
}

}  // namespace ttmem
