// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "ask_server.hpp"
#include "base/clock.hpp"
#include "commands.hpp"
#include "history/query.hpp"
#include "model/device_names.hpp"
#include "output/history_text.hpp"
#include "output/text.hpp"
#include "output/write_text.hpp"

namespace ttmem {
namespace {

using api::MemoryKind;
using monitor::human_bytes;
using Row = std::vector<std::string>;

constexpr size_t kLatestEvents = 20;

void add_table(monitor::Lines& lines, const std::vector<Row>& rows) {
    std::vector<size_t> widths;
    for (const Row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], monitor::columns(row[i]));
        }
    }
    for (const Row& row : rows) {
        std::string text = " ";
        for (size_t i = 0; i < row.size(); ++i) {
            text += " " + monitor::fit_left(row[i], widths[i]);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        lines.emplace_back(std::move(text));
    }
    lines.emplace_back("");
}

std::string when(const std::optional<uint64_t>& time_ns) {
    return time_ns ? monitor::local_time(*time_ns) : monitor::kUnknown;
}

std::string number(const std::optional<int>& value) {
    return value ? std::to_string(*value) : monitor::kUnknown;
}

std::string shown(const std::string& text) {
    return text.empty() ? monitor::kUnknown : monitor::printable(text);
}

api::Bytes most_of(const history::Series& series, MemoryKind kind) {
    api::Bytes most;
    for (const history::Point& point : series.points) {
        if (point.max_bytes[kind]) {
            most = std::max(most.value_or(0), *point.max_bytes[kind]);
        }
    }
    return most;
}

void add_devices(monitor::Lines& lines, const history::Answer& answer, const api::DeviceNames& names) {
    std::vector<Row> rows = {
        {"DEVICE", "ARCH", "BOARD", "FROM", "TO", "POINTS", "DRAM NOW", "DRAM MOST", "L1 NOW", "L1 MOST"}};
    for (const history::Series& series : answer.series) {
        if (series.process || series.points.empty()) {
            continue;
        }
        const history::KnownDevice& device = answer.devices[series.device];
        const history::Point& last = series.points.back();
        rows.push_back({shown(names.label(api::DeviceIndex(series.device))), shown(device.arch),
                        shown(device.board) + (device.mock ? " (mock)" : ""), when(series.points.front().time_ns),
                        when(last.time_ns), std::to_string(series.points.size()),
                        human_bytes(last.bytes[MemoryKind::kDram]), human_bytes(most_of(series, MemoryKind::kDram)),
                        human_bytes(last.bytes[MemoryKind::kL1]), human_bytes(most_of(series, MemoryKind::kL1))});
    }
    if (rows.size() > 1) {
        lines.emplace_back("Devices, " + std::to_string(static_cast<uint32_t>(answer.tier)) + " s a point");
        add_table(lines, rows);
    }
}

void add_processes(monitor::Lines& lines, const history::Answer& answer, const api::DeviceNames& names) {
    std::vector<Row> rows = {{"PID", "USER", "STARTED", "ENDED", "STATE", "DEVICE", "DRAM LAST", "DRAM PEAK", "L1 LAST",
                              "L1 PEAK", "COMMAND"}};
    for (const history::KnownProcess& process : answer.processes) {
        const auto add = [&](const std::string& device, const history::Held& held) {
            rows.push_back({number(process.pid), shown(process.user), when(process.start_time_ns),
                            when(process.ended_ns), shown(process.state), device,
                            human_bytes(held.bytes[MemoryKind::kDram]), human_bytes(held.peak_bytes[MemoryKind::kDram]),
                            human_bytes(held.bytes[MemoryKind::kL1]), human_bytes(held.peak_bytes[MemoryKind::kL1]),
                            shown(process.command)});
        };
        for (const history::Held& held : process.held) {
            add(shown(names.label(api::DeviceIndex(held.device))), held);
        }
        if (process.held.empty()) {
            add(monitor::kUnknown, {});
        }
    }
    if (rows.size() > 1) {
        lines.emplace_back("Processes");
        add_table(lines, rows);
    }
}

void add_events(monitor::Lines& lines, const history::Answer& answer, const api::DeviceNames& names) {
    std::vector<Row> rows = {{"TIME", "EVENT", "PID", "DEVICE", "WHAT"}};
    const size_t left_out = answer.events.size() - std::min(answer.events.size(), kLatestEvents);
    for (size_t i = left_out; i < answer.events.size(); ++i) {
        const history::Happening& event = answer.events[i];
        std::string what = shown(event.text);
        if (event.requested_bytes && event.text.empty()) {
            // Of a clash: what circular buffers and a buffer both want on a core.
            what = event.type == "clash"
                       ? human_bytes(event.requested_bytes) + " missing between circular buffers and an L1 buffer"
                       : event.kind + " " + human_bytes(event.requested_bytes) + " wanted, largest free in a bank " +
                             human_bytes(event.largest_free_bytes_per_bank);
        }
        rows.push_back({when(event.time_ns), event.type,
                        event.process ? number(answer.processes[*event.process].pid) : monitor::kUnknown,
                        event.device ? shown(names.label(api::DeviceIndex(*event.device))) : monitor::kUnknown, what});
    }
    if (rows.size() > 1) {
        lines.emplace_back("Events" + (left_out > 0 ? ", the latest of " + std::to_string(answer.events.size()) : ""));
        add_table(lines, rows);
    }
}

// A server knows where its history is and may read it; without one the file is where a server of this user writes.
Result<history::Answer> ask(const history::Question& question, const std::string& database) {
    if (database.empty()) {
        ServerAsker server;
        if (std::optional<history::Answer> answer = server.history(question)) {
            return std::move(*answer);
        }
        if (!server.complaint().empty()) {
            return Error{server.complaint(), 0};
        }
    }
    auto opened = history::History::open(database.empty() ? history::database_to_ask() : database);
    return opened ? opened.value().ask(question) : opened.error();
}

int failed(const std::string& why) {
    std::fprintf(stderr, "ttmem history: %s\n", why.c_str());
    return kExitFailure;
}

}  // namespace

int history_command(const HistoryOptions& options) {
    const uint64_t now = clock_ns(CLOCK_REALTIME);
    history::Question question;
    question.pid = options.pid;
    for (const auto& [text, time] :
         {std::pair{&options.since, &question.since_ns}, {&options.until, &question.until_ns}}) {
        if (text->empty()) {
            continue;
        }
        const std::optional<uint64_t> parsed = history::parse_time(*text, now);
        if (!parsed) {
            std::fprintf(
                stderr,
                "ttmem history: a time is like 90s, 10m, 2h or 7d (ago), 1795410780 or 2026-11-23T05:33 (UTC), "
                "not '%s' (see ttmem history --help)\n",
                text->c_str());
            return kExitUsage;
        }
        *time = *parsed;
    }
    if (question.since_ns >= question.until_ns) {
        std::fprintf(stderr, "ttmem history: --since %s does not lie before --until %s (see ttmem history --help)\n",
                     options.since.c_str(), options.until.c_str());
        return kExitUsage;
    }
    if (options.seconds) {
        question.tier = static_cast<history::Tier>(*options.seconds);
    }
    Result<history::Answer> asked = ask(question, options.database);
    if (!asked) {
        return failed(asked.error().message);
    }
    history::Answer& answer = asked.value();
    if (!options.device.empty() && !answer.devices.empty()) {
        const Result<api::DeviceIndex> device = api::DeviceNames(history::identities(answer)).choose(options.device);
        if (!device) {
            return failed(monitor::printable(device.error().message));
        }
        history::keep_device(answer, device.value());
    }
    const api::DeviceNames names(history::identities(answer));
    monitor::Lines lines;
    if (options.json) {
        lines.emplace_back(history::to_json_text(answer, 1));
    } else if (options.csv) {
        std::string text = history::to_csv(answer);
        text.pop_back();  // the line's end is written with it
        lines.emplace_back(std::move(text));
    } else {
        add_devices(lines, answer, names);
        add_processes(lines, answer, names);
        add_events(lines, answer, names);
        if (lines.empty()) {
            lines.emplace_back("nothing was recorded in that time");
        }
    }
    return monitor::write_text(STDOUT_FILENO, lines) ? 0 : kExitFailure;
}

}  // namespace ttmem
