// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <functional>
#include <utility>

#include "base/clean_text.hpp"
#include "base/text.hpp"
#include "model/device_names.hpp"
#include "output/figures.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

enum class Of { kAny, kDevice, kProcess };

// The subject of a line. `process` and `use` are null on a device's line; `use` is null of a process without devices.
struct Subject {
    const api::Model& model;
    api::DeviceIndex index;
    const api::Device* device = nullptr;
    const api::Process* process = nullptr;
    const api::ProcessDevice* use = nullptr;
};

std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    std::string all = "\"";
    for (const char c : text) {
        all += c == '"' ? "\"\"" : std::string(1, c);
    }
    return all + "\"";
}

template <typename T>
std::string number(const std::optional<T>& value) {
    return value ? std::to_string(*value) : "";
}

std::string decimal(const std::optional<double>& value) {
    char text[64];
    if (!value) {
        return "";
    }
    const auto [end, error] = std::to_chars(text, text + sizeof text, *value);
    return error == std::errc() ? std::string(text, end) : "";
}

std::string hex(const std::optional<uint64_t>& value) {
    return value ? hex_text(*value) : "";
}

std::string share(const api::Bytes& part, const api::Bytes& whole) {
    if (!part || !whole || *whole == 0) {
        return "";
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", 100.0 * static_cast<double>(*part) / static_cast<double>(*whole));
    return text;
}

}  // namespace

struct QueryField {
    std::string name;
    std::string unit;
    std::string about;
    Of of = Of::kDevice;
    std::function<std::string(const Subject&)> value;
};

namespace {

using Fields = std::vector<QueryField>;

void add_identity(Fields& all) {
    const auto add = [&all](const char* name, const char* about, auto get) {
        all.push_back({name, "", about, Of::kDevice, [get](const Subject& s) { return get(*s.device); }});
    };
    all.push_back({"timestamp", "ns", "when the figures were taken, since the Unix epoch", Of::kAny,
                   [](const Subject& s) { return std::to_string(s.model.time_ns); }});
    all.push_back({"index", "", "number of the device in this answer", Of::kDevice,
                   [](const Subject& s) { return std::to_string(s.index); }});
    add("id", "tt-metal's number; empty of a card that no process has opened",
        [](const api::Device& d) { return number(d.id); });
    add("kmd_index", "N of /dev/tenstorrent/N", [](const api::Device& d) { return number(d.kmd_index); });
    add("pci", "PCI address", [](const api::Device& d) { return d.pci.value_or(""); });
    add("unique_id", "of the chip", [](const api::Device& d) { return hex(d.unique_id); });
    all.push_back({"short_id", "", "PCI address or beginning of the unique id, which distinguishes it from the others",
                   Of::kDevice, [](const Subject& s) { return api::DeviceNames(s.model).short_id(s.index); }});
    add("board_id", "of the board", [](const api::Device& d) { return hex(d.board_id); });
    add("arch", "wormhole_b0, blackhole, ...", [](const api::Device& d) { return d.arch; });
    add("board", "n150, p150a, ...", [](const api::Device& d) { return d.board; });
    add("mock", "1 of a device without hardware", [](const api::Device& d) { return std::string(d.mock ? "1" : "0"); });
    add("remote", "1 of a chip that is reached over ethernet",
        [](const api::Device& d) { return std::string(d.remote ? "1" : "0"); });
}

void add_memory(Fields& all) {
    for (const api::MemoryKind kind : api::kAllMemoryKinds) {
        const std::string of_kind = std::string(to_string(kind)) + ".";
        for (const output::Figure<api::MemoryUse>& figure : output::kMemoryFigures) {
            if (figure.query != nullptr) {
                all.push_back(
                    {of_kind + figure.query, figure.unit, figure.words, Of::kDevice,
                     [kind, &figure](const Subject& s) { return number(figure.get(s.device->memory[kind])); }});
            }
        }
        all.push_back({of_kind + "free", "B", "capacity without used", Of::kDevice, [kind](const Subject& s) {
                           const api::MemoryUse& use = s.device->memory[kind];
                           return use.capacity_bytes && use.allocated_bytes &&
                                          *use.capacity_bytes >= *use.allocated_bytes
                                      ? std::to_string(*use.capacity_bytes - *use.allocated_bytes)
                                      : std::string();
                       }});
        all.push_back({of_kind + "percent", "%", "used of capacity", Of::kDevice, [kind](const Subject& s) {
                           const api::MemoryUse& use = s.device->memory[kind];
                           return share(use.allocated_bytes, use.capacity_bytes);
                       }});
    }
    const auto add = [&all](const std::string& before, const auto& figures, auto part) {
        for (const auto& figure : figures) {
            if (figure.query != nullptr) {
                all.push_back({before + figure.query, figure.unit, figure.words, Of::kDevice,
                               [&figure, part](const Subject& s) { return number(figure.get(part(*s.device))); }});
            }
        }
    };
    add("", output::kDeviceFigures, [](const api::Device& d) -> const api::Device& { return d; });
    add("cb.", output::kCircularBufferFigures,
        [](const api::Device& d) -> const api::CircularBufferUse& { return d.circular_buffers; });
    add("", output::kKernelFigures, [](const api::Device& d) -> const api::KernelUse& { return d.kernels; });
}

void add_telemetry(Fields& all) {
    const auto add = [&all](const std::string& name, const std::string& unit, const std::string& about, auto get) {
        all.push_back({name, unit, about, Of::kDevice, [get](const Subject& s) {
                           return s.device->telemetry ? get(*s.device->telemetry) : std::string();
                       }});
    };
    add("condition", "", "ok, blocked, in_reset, link_down, no_firmware, gone, starting",
        [](const api::Telemetry& t) { return t.condition; });
    add("card_type", "", "as the firmware says it", [](const api::Telemetry& t) { return t.card_type.value_or(""); });
    add("asic_id", "", "tt_asic_id", [](const api::Telemetry& t) { return hex(t.asic_id); });
    add("serial", "", "tt_serial", [](const api::Telemetry& t) { return hex(t.serial); });
    add("numa_node", "", "NUMA node of its PCI slot", [](const api::Telemetry& t) { return number(t.numa_node); });
    add("resets_seen", "", "resets since this program watches",
        [](const api::Telemetry& t) { return std::to_string(t.resets_seen); });
    add("open_pids", "", "processes that have the device node open, tracked or not", [](const api::Telemetry& t) {
        std::string pids;
        for (const int pid : t.open_pids.value_or(std::vector<int>())) {
            pids += (pids.empty() ? "" : " ") + std::to_string(pid);
        }
        return pids;
    });
    add("hidden_opens", "", "opens by processes outside of our pid namespace",
        [](const api::Telemetry& t) { return number(t.hidden_opens); });
    for (const output::SensorFigure& sensor : output::kSensorFigures) {
        const std::string sensor_name(sensor.name);
        const std::string sensor_unit(sensor.unit);
        const auto part = [&](const std::string& suffix, const std::string& unit, const std::string& about, auto get) {
            add(sensor_name + suffix, unit, about, [name = sensor_name, get](const api::Telemetry& t) {
                const api::Sensor* found = t.find(name);
                return found == nullptr ? std::string() : get(*found);
            });
        };
        part("", sensor_unit, std::string(sensor.words) + "; left out when it is not fresh (see .state)",
             [](const api::Sensor& s) { return !s.known() ? std::string()
                                               : s.text   ? *s.text
                                                          : decimal(s.value); });
        part(".state", "", "known, stale, in_reset, implausible, gone, unknown",
             [](const api::Sensor& s) { return s.state; });
        part(".age", "ns", "how old the value is", [](const api::Sensor& s) { return number(s.age_ns); });
        if (sensor.unit.empty()) {
            continue;
        }
        part(".limit", sensor_unit, "where the firmware acts", [](const api::Sensor& s) { return decimal(s.limit); });
        part(".min", sensor_unit, "least since this program watches",
             [](const api::Sensor& s) { return decimal(s.min); });
        part(".max", sensor_unit, "most since this program watches",
             [](const api::Sensor& s) { return decimal(s.max); });
    }
}

void add_processes(Fields& all) {
    const auto add = [&all](const char* name, const char* about, auto get) {
        all.push_back({name, "", about, Of::kProcess, [get](const Subject& s) { return get(*s.process); }});
    };
    add("pid", "", [](const api::Process& p) { return number(p.pid); });
    add("user", "owner", [](const api::Process& p) { return p.user; });
    add("command", "command line where it may be read, else the name", [](const api::Process& p) { return p.command; });
    add("state", "live, stopped, exited, died, foreign, corrupt, untrusted",
        [](const api::Process& p) { return std::string(to_string(p.state)); });
    add("source", "ledger, socket, upstream_shm",
        [](const api::Process& p) { return std::string(to_string(p.source)); });
    add("library", "what reports", [](const api::Process& p) { return p.library; });
    add("container", "its id", [](const api::Process& p) { return p.container ? p.container->id : std::string(); });
    all.push_back({"start_time", "ns", "since the Unix epoch", Of::kProcess,
                   [](const Subject& s) { return number(s.process->start_time_ns); }});
    all.push_back({"device.id", "", "tt-metal's number of the device that the line is about", Of::kProcess,
                   [](const Subject& s) { return s.device ? number(s.device->id) : ""; }});
    all.push_back({"device.index", "", "its number in this answer", Of::kProcess,
                   [](const Subject& s) { return s.device ? std::to_string(s.index) : ""; }});
    all.push_back({"device.short_id", "",
                   "PCI address or beginning of the unique id, which distinguishes it from the others", Of::kProcess,
                   [](const Subject& s) { return s.device ? api::DeviceNames(s.model).short_id(s.index) : ""; }});
    all.push_back({"device.unique_id", "", "of the chip", Of::kProcess,
                   [](const Subject& s) { return s.device ? hex(s.device->unique_id) : ""; }});
    all.push_back({"device.pci", "", "its PCI address", Of::kProcess,
                   [](const Subject& s) { return s.device ? s.device->pci.value_or("") : ""; }});
    for (const api::MemoryKind kind : api::kAllMemoryKinds) {
        for (const output::Figure<output::Holding>& figure : output::kHoldingFigures) {
            all.push_back({"holds." + std::string(to_string(kind)) + figure.query, figure.unit, figure.words,
                           Of::kProcess, [kind, &figure](const Subject& s) {
                               return s.use ? number(figure.get(output::Holding{*s.use, kind})) : std::string();
                           }});
        }
    }
    for (const output::Figure<api::ProcessDevice>& figure : output::kProcessDeviceFigures) {
        if (figure.query != nullptr) {
            all.push_back({figure.query, figure.unit, figure.words, Of::kProcess,
                           [&figure](const Subject& s) { return s.use ? number(figure.get(*s.use)) : std::string(); }});
        }
    }
}

const Fields& fields() {
    static const Fields kAll = [] {
        Fields all;
        add_identity(all);
        add_memory(all);
        add_telemetry(all);
        add_processes(all);
        return all;
    }();
    return kAll;
}

std::string titled(const QueryField& field) {
    return field.unit.empty() ? field.name : field.name + " [" + field.unit + "]";
}

std::string row(const std::vector<const QueryField*>& wanted, const Subject& subject) {
    std::string line;
    for (const QueryField* field : wanted) {
        line += (field == wanted.front() ? "" : ",") + quoted(clean_cell(field->value(subject)));
    }
    return line + "\n";
}

}  // namespace

Result<Query> Query::parse(std::string_view names) {
    Query query;
    Of of = Of::kAny;
    for (size_t at = 0; at <= names.size();) {
        const size_t end = std::min(names.find(',', at), names.size());
        std::string_view name = names.substr(at, end - at);
        at = end + 1;
        name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
        name = name.substr(0, name.find_last_not_of(' ') + 1);
        const auto found = std::find_if(fields().begin(), fields().end(),
                                        [name](const QueryField& field) { return field.name == name; });
        if (found == fields().end()) {
            return Error{"there is no figure '" + std::string(name) + "' to query (--list-queries names them all)"};
        }
        if (found->of != Of::kAny && of != Of::kAny && found->of != of) {
            return Error{"'" + found->name + "' is of " + (found->of == Of::kProcess ? "processes" : "devices") +
                         " and others of the query are not: ask for them one after the other"};
        }
        of = found->of == Of::kAny ? of : found->of;
        query.fields_.push_back(&*found);
    }
    return query;
}

std::string Query::header() const {
    std::string line;
    for (const QueryField* field : fields_) {
        line += (field == fields_.front() ? "" : ",") + titled(*field);
    }
    return line + "\n";
}

std::string Query::rows(const api::Model& model) const {
    const bool of_processes =
        std::any_of(fields_.begin(), fields_.end(), [](const QueryField* field) { return field->of == Of::kProcess; });
    std::string all;
    if (!of_processes) {
        for (api::DeviceIndex i{0}; i < model.devices.size(); ++i) {
            all += row(fields_, {model, i, &model.devices[i], nullptr, nullptr});
        }
        return all;
    }
    for (const api::Process& process : model.processes) {
        for (const api::ProcessDevice& use : process.devices) {
            all += row(fields_, {model, use.device, &model.devices[use.device], &process, &use});
        }
        if (process.devices.empty()) {
            all += row(fields_, {model, 0, nullptr, &process, nullptr});
        }
    }
    return all;
}

std::string list_queries() {
    size_t width = 0;
    for (const QueryField& field : fields()) {
        width = std::max(width, titled(field).size());
    }
    std::string all;
    for (const auto& [of, title] : {std::pair(Of::kAny, "Everywhere:"), std::pair(Of::kDevice, "Devices, a line each:"),
                                    std::pair(Of::kProcess, "Processes, a line for each of their devices:")}) {
        all += std::string(title) + "\n";
        for (const QueryField& field : fields()) {
            if (field.of == of) {
                const std::string line = "  " + fit_left(titled(field), width) + "  " + field.about;
                all += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
            }
        }
    }
    return all;
}

}  // namespace ttmem::monitor
