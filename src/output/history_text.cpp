// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/history_text.hpp"

#include <time.h>

#include <charconv>
#include <cstdio>
#include <cstring>

#include "base/clean_text.hpp"
#include "output/json_values.hpp"

namespace ttmem::history {
namespace {

using api::container_or_null;
using api::hex_or_null;
using api::Json;
using api::or_null;
using api::text_or_null;

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr const char* kColumns[] = {"time_ns",      "dram_bytes",         "l1_bytes",       "l1_small_bytes",
                                    "trace_bytes",  "cb_bytes",           "kernel_bytes",   "dram_max_bytes",
                                    "l1_max_bytes", "l1_small_max_bytes", "trace_max_bytes"};

constexpr const char* kCardColumns[] = {"time_ns",           "temperature_c", "clock_mhz",  "power_w",
                                        "temperature_max_c", "clock_max_mhz", "power_max_w"};

// In the order of kColumns, after the time.
std::vector<api::Bytes> values_of(const Point& point) {
    std::vector<api::Bytes> values(point.bytes.values.begin(), point.bytes.values.end());
    values.push_back(point.circular_buffer_bytes);
    values.push_back(point.kernel_bytes);
    values.insert(values.end(), point.max_bytes.values.begin(), point.max_bytes.values.end());
    return values;
}

Json device_json(const KnownDevice& device, const api::DeviceNames& names, size_t index) {
    return Json{{"index", index},
                {"id", or_null(device.id)},
                {"unique_id", hex_or_null(device.unique_id)},
                {"short_id", text_or_null(names.short_id(api::DeviceIndex(index)))},
                {"pci", text_or_null(device.pci)},
                {"arch", text_or_null(device.arch)},
                {"board", text_or_null(device.board)},
                {"mock", device.mock},
                {"first_seen_ns", device.first_seen_ns},
                {"last_seen_ns", device.last_seen_ns}};
}

Json process_json(const KnownProcess& process, size_t index, const Answer& answer) {
    Json devices = Json::array();
    for (const Held& held : process.held) {
        Json one{{"index", held.device}, {"id", or_null(answer.devices[held.device].id)}};
        for (const api::MemoryKind kind : api::kAllMemoryKinds) {
            one[std::string(api::to_string(kind)) + "_bytes"] = or_null(held.bytes[kind]);
        }
        one["cb_bytes"] = or_null(held.circular_buffer_bytes);
        one["kernel_bytes"] = or_null(held.kernel_bytes);
        for (const api::MemoryKind kind : api::kAllMemoryKinds) {
            one[std::string(api::to_string(kind)) + "_peak_bytes"] = or_null(held.peak_bytes[kind]);
        }
        devices.push_back(std::move(one));
    }
    return Json{{"index", index},
                {"pid", or_null(process.pid)},
                {"uid", or_null(process.uid)},
                {"user", text_or_null(process.user)},
                {"command", text_or_null(process.command)},
                {"source", process.source},
                {"container", container_or_null(process.container)},
                {"start_time_ns", or_null(process.start_time_ns)},
                {"first_seen_ns", process.first_seen_ns},
                {"last_seen_ns", process.last_seen_ns},
                {"state", process.state},
                {"ended_ns", or_null(process.ended_ns)},
                {"devices", std::move(devices)}};
}

Json series_json(const Series& series, const Answer& answer) {
    Json points = Json::array();
    for (const Point& point : series.points) {
        Json row = Json::array({point.time_ns});
        for (const api::Bytes& value : values_of(point)) {
            row.push_back(or_null(value));
        }
        points.push_back(std::move(row));
    }
    return Json{{"device_index", series.device},
                {"device", or_null(answer.devices[series.device].id)},
                {"process_index", or_null(series.process)},
                {"pid", series.process ? or_null(answer.processes[*series.process].pid) : Json(nullptr)},
                {"points", std::move(points)}};
}

Json card_json(const CardSeries& series, const Answer& answer) {
    Json points = Json::array();
    for (const Reading& reading : series.readings) {
        points.push_back(Json::array({reading.time_ns, or_null(reading.temperature_c), or_null(reading.clock_mhz),
                                      or_null(reading.power_w), or_null(reading.max_temperature_c),
                                      or_null(reading.max_clock_mhz), or_null(reading.max_power_w)}));
    }
    return Json{{"device_index", series.device},
                {"device", or_null(answer.devices[series.device].id)},
                {"points", std::move(points)}};
}

Json event_json(const Happening& event, const Answer& answer) {
    return Json{{"time_ns", event.time_ns},
                {"type", event.type},
                {"process_index", or_null(event.process)},
                {"pid", event.process ? or_null(answer.processes[*event.process].pid) : Json(nullptr)},
                {"device_index", or_null(event.device)},
                {"kind", text_or_null(event.kind)},
                {"requested_bytes", or_null(event.requested_bytes)},
                {"largest_free_bytes_per_bank", or_null(event.largest_free_bytes_per_bank)},
                {"allocated_bytes", or_null(event.allocated_bytes)},
                {"text", text_or_null(event.text)}};
}

std::string csv_text(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    }
    return quoted + "\"";
}

// The whole of `text` as a number.
std::optional<uint64_t> parse_number(std::string_view text) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                                     : std::nullopt;
}

std::optional<uint64_t> parse_date(std::string text) {
    if (!text.empty() && text.back() == 'Z') {
        text.pop_back();
    }
    for (const char* format :
         {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
        tm parts{};
        const char* end = strptime(text.c_str(), format, &parts);
        if (end != nullptr && *end == '\0') {
            const time_t seconds = timegm(&parts);
            return seconds < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(seconds) * kNsPerSecond);
        }
    }
    return std::nullopt;
}

}  // namespace

Json to_json(const Answer& answer) {
    Json columns = Json::array();
    for (const char* column : kColumns) {
        columns.push_back(column);
    }
    Json devices = Json::array();
    const api::DeviceNames names(identities(answer));
    for (size_t i = 0; i < answer.devices.size(); ++i) {
        devices.push_back(device_json(answer.devices[i], names, i));
    }
    Json processes = Json::array();
    for (size_t i = 0; i < answer.processes.size(); ++i) {
        processes.push_back(process_json(answer.processes[i], i, answer));
    }
    Json series = Json::array();
    for (const Series& one : answer.series) {
        series.push_back(series_json(one, answer));
    }
    Json card_columns = Json::array();
    for (const char* column : kCardColumns) {
        card_columns.push_back(column);
    }
    Json cards = Json::array();
    for (const CardSeries& one : answer.cards) {
        cards.push_back(card_json(one, answer));
    }
    Json events = Json::array();
    for (const Happening& event : answer.events) {
        events.push_back(event_json(event, answer));
    }
    return Json{{"schema", 1},
                {"seconds_per_point", static_cast<uint32_t>(answer.tier)},
                {"columns", std::move(columns)},
                {"devices", std::move(devices)},
                {"processes", std::move(processes)},
                {"series", std::move(series)},
                {"card_columns", std::move(card_columns)},
                {"cards", std::move(cards)},
                {"events", std::move(events)},
                {"events_cut", answer.events_cut}};
}

std::string to_json_text(const Answer& answer, int indent) {
    return to_json(answer).dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string to_csv(const Answer& answer) {
    std::string text = "time,seconds,device,unique_id,pid,command";
    for (size_t i = 1; i < std::size(kColumns); ++i) {
        text += std::string(",") + kColumns[i];
    }
    text += "\n";
    for (const Series& series : answer.series) {
        const KnownDevice& device = answer.devices[series.device];
        std::string who = "," + std::to_string(static_cast<uint32_t>(answer.tier)) + ",";
        who += device.id ? std::to_string(*device.id) : "";
        const Json unique = hex_or_null(device.unique_id);
        who += "," + (unique.is_null() ? std::string() : unique.get<std::string>()) + ",";
        if (series.process) {
            const KnownProcess& process = answer.processes[*series.process];
            who += (process.pid ? std::to_string(*process.pid) : "") + "," + csv_text(clean_cell(process.command));
        } else {
            who += ",";
        }
        for (const Point& point : series.points) {
            text += utc_time(point.time_ns) + who;
            for (const api::Bytes& value : values_of(point)) {
                text += "," + (value ? std::to_string(*value) : "");
            }
            text += "\n";
        }
    }
    return text;
}

std::optional<uint64_t> parse_time(std::string_view text, uint64_t now_ns) {
    if (const std::optional<uint64_t> seconds = parse_number(text)) {
        return *seconds <= UINT64_MAX / kNsPerSecond ? std::optional(*seconds * kNsPerSecond) : std::nullopt;
    }
    if (!text.empty() && std::strchr("smhd", text.back()) != nullptr) {
        const uint64_t unit = text.back() == 's' ? 1 : text.back() == 'm' ? 60 : text.back() == 'h' ? 3600 : 86'400;
        const std::optional<uint64_t> count = parse_number(text.substr(0, text.size() - 1));
        if (!count || *count > UINT64_MAX / kNsPerSecond / unit) {
            return std::nullopt;
        }
        const uint64_t ago = *count * unit * kNsPerSecond;
        return ago > now_ns ? 0 : now_ns - ago;
    }
    return parse_date(std::string(text));
}

std::string utc_time(uint64_t time_ns) {
    const auto seconds = static_cast<time_t>(time_ns / kNsPerSecond);
    tm parts{};
    char text[40] = "";
    if (gmtime_r(&seconds, &parts) != nullptr) {
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    return text;
}

}  // namespace ttmem::history
