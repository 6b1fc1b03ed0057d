// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/prometheus.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace ttmem::server {
namespace {

using api::kAllMemoryKinds;
using api::MemoryKind;
using Labels = std::vector<prometheus::ClientMetric::Label>;

// Length of the character at the front, if it is one of UTF-8.
size_t utf8_length(std::string_view text) {
    const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto follows = [&](size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first < 0xE0) {
        return follows(1) ? 2 : 0;
    }
    if (first >= 0xE0 && first < 0xF0) {
        const bool sensible = (first != 0xE0 || byte(1) >= 0xA0) && (first != 0xED || byte(1) < 0xA0);
        return follows(1) && follows(2) && sensible ? 3 : 0;
    }
    if (first >= 0xF0 && first < 0xF5) {
        const bool sensible = (first != 0xF0 || byte(1) >= 0x90) && (first != 0xF4 || byte(1) < 0x90);
        return follows(1) && follows(2) && follows(3) && sensible ? 4 : 0;
    }
    return 0;
}

// Prometheus refuses a whole answer for one byte that is no UTF-8.
std::string label_text(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const size_t length = utf8_length(text);
        const std::string_view piece = length == 0 ? "?" : text.substr(0, length);
        if (result.size() + piece.size() > kMostLabelBytes) {
            break;
        }
        result += piece;
        text.remove_prefix(std::max<size_t>(length, 1));
    }
    return result;
}

// An empty label is the same as none.
void add_label(Labels& labels, const char* name, std::string_view value) {
    if (!value.empty()) {
        labels.push_back({name, label_text(value)});
    }
}

Labels with(Labels labels, const char* name, std::string_view value) {
    add_label(labels, name, value);
    return labels;
}

std::string number(const std::optional<int>& value) {
    return value ? std::to_string(*value) : std::string();
}

std::string hex(const std::optional<uint64_t>& value) {
    char text[24] = "";
    if (value) {
        std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(*value));
    }
    return text;
}

// Families in the order in which they were first named.
class Page {
public:
    prometheus::MetricFamily& family(std::string_view name, const char* help, bool counter = false) {
        const auto found = places_.find(name);
        if (found != places_.end()) {
            return families_[found->second];
        }
        places_.emplace(name, families_.size());
        families_.push_back(
            {std::string(name), help, counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge, {}});
        return families_.back();
    }
    void add(prometheus::MetricFamily& family, Labels labels, double value) {
        prometheus::ClientMetric metric;
        metric.label = std::move(labels);
        (family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
        family.metric.push_back(std::move(metric));
    }
    template <typename T>
    void gauge(const char* name, const char* help, const Labels& labels, const std::optional<T>& value,
               double scale = 1) {
        if (value) {
            add(family(name, help), labels, static_cast<double>(*value) * scale);
        }
    }
    template <typename T>
    void counter(const char* name, const char* help, const Labels& labels, const std::optional<T>& value) {
        if (value) {
            add(family(name, help, true), labels, static_cast<double>(*value));
        }
    }
    std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

private:
    std::vector<prometheus::MetricFamily> families_;
    std::map<std::string, size_t, std::less<>> places_;
};

// Labels that tell each member from every other: where they would not, the first one gets a number behind it.
class Unique {
public:
    Labels operator()(Labels labels) {
        const std::string first = labels.empty() ? std::string() : labels[0].value;
        for (int copy = 2; !seen_.insert(labels).second; ++copy) {
            labels[0].value = first + "#" + std::to_string(copy);
        }
        return labels;
    }

private:
    std::set<Labels> seen_;
};

struct SensorName {
    std::string_view sensor;
    const char* metric;
    const char* help;
    double scale;
    const char* limit;  // the metric of its limit
    const char* limit_help;
    bool counter;
};
constexpr SensorName kSensors[] = {
    {"asic_temperature", "tt_asic_temperature_celsius", "Temperature of the chip", 1,
     "tt_thermal_throttle_limit_celsius", "Temperature from which the firmware throttles", false},
    {"power", "tt_tdp_watts", "Power that the chip draws", 1, "tt_tdp_limit_watts", "Power that it may draw", false},
    {"current", "tt_tdc_amperes", "Current that the chip draws", 1, "tt_tdc_limit_amperes", "Current that it may draw",
     false},
    {"core_voltage", "tt_vcore_volts", "Core voltage", 1, "tt_vcore_limit_volts", "Highest core voltage", false},
    {"fan", "tt_fan_speed_rpm", "Speed of the fan in revolutions a minute", 1, nullptr, nullptr, false},
    {"ai_clock", "tt_ai_clock_hertz", "Clock of the Tensix cores", 1e6, nullptr, nullptr, false},
    {"axi_clock", "tt_axi_clock_hertz", "AXI clock", 1e6, nullptr, nullptr, false},
    {"arc_clock", "tt_arc_clock_hertz", "Clock of the management processor", 1e6, nullptr, nullptr, false},
    {"pcie_link_speed", "tt_pcie_link_speed_transfers_per_second", "Speed of one PCIe lane", 1e9,
     "tt_pcie_link_speed_limit_transfers_per_second", "Speed that one PCIe lane could have", false},
    {"pcie_link_width", "tt_pcie_link_width_lanes", "PCIe lanes in use", 1, "tt_pcie_link_width_limit_lanes",
     "PCIe lanes that there are", false},
    {"pcie_host_to_device_total", "tt_pcie_host_to_device_bytes_total",
     "Bytes to the device over PCIe since the server began", 1, nullptr, nullptr, true},
    {"pcie_device_to_host_total", "tt_pcie_device_to_host_bytes_total",
     "Bytes from the device over PCIe since the server began", 1, nullptr, nullptr, true},
    {"heartbeat", "tt_arc_heartbeats_total", "Heartbeats of the management firmware", 1, nullptr, nullptr, true},
    {"thermal_trips", "tt_thermal_trips_total", "Thermal shutdowns since power-on", 1, nullptr, nullptr, true},
};
struct FirmwareName {
    std::string_view sensor;
    const char* metric;
    const char* help;
};
constexpr FirmwareName kFirmware[] = {
    {"firmware_bundle", "tt_firmware_bundle_info", "Version of the firmware bundle; always 1"},
    {"firmware_arc", "tt_cm_firmware_info", "Version of the chip management firmware; always 1"},
    {"firmware_eth", "tt_ethernet_firmware_info", "Version of the ethernet firmware; always 1"},
    {"firmware_m3_app", "tt_dm_app_firmware_info", "Version of the device management firmware; always 1"},
    {"firmware_m3_bootloader", "tt_dm_bootloader_firmware_info",
     "Version of the device management bootloader; always 1"},
    {"firmware_ttflash", "tt_flash_info", "Version of the flash image; always 1"},
};

void add_telemetry(Page& page, const api::Telemetry& telemetry, const Labels& labels) {
    page.gauge("tt_device_condition_info", "What the driver says of the card, as a label; always 1",
               with(labels, "condition", telemetry.condition), std::optional(1));
    page.counter("tt_device_resets_total", "Resets of the card since the server began", labels,
                 std::optional(telemetry.resets_seen));
    if (telemetry.open_pids) {
        page.gauge("tt_device_open_processes", "Processes that have the device node open, tracked or not", labels,
                   std::optional(telemetry.open_pids->size()));
    }
    for (const SensorName& name : kSensors) {
        const api::Sensor* sensor = telemetry.find(name.sensor);
        if (sensor == nullptr || !sensor->known() || !sensor->value) {
            continue;
        }
        page.add(page.family(name.metric, name.help, name.counter), labels, *sensor->value * name.scale);
        if (name.limit != nullptr) {
            page.gauge(name.limit, name.limit_help, labels, sensor->limit, name.scale);
        }
    }
    for (const FirmwareName& name : kFirmware) {
        const api::Sensor* sensor = telemetry.find(name.sensor);
        if (sensor != nullptr && sensor->known() && sensor->text) {
            page.gauge(name.metric, name.help, with(labels, "version", *sensor->text), std::optional(1));
        }
    }
}

void add_memory(Page& page, const api::Device& device, const Labels& labels) {
    for (const MemoryKind kind : kAllMemoryKinds) {
        const api::MemoryUse& use = device.memory[kind];
        const Labels of_kind = with(labels, "kind", to_string(kind));
        page.gauge("tt_device_memory_physical_bytes", "All memory of that kind that the chip has", of_kind,
                   use.physical_bytes);
        page.gauge("tt_device_memory_capacity_bytes", "What the open allocator may hand out", of_kind,
                   use.capacity_bytes);
        page.gauge("tt_device_memory_reserved_bytes", "Physical memory that no allocator hands out", of_kind,
                   use.reserved_bytes);
        page.gauge("tt_device_memory_allocated_bytes", "Taken by living processes", of_kind, use.allocated_bytes);
        page.gauge("tt_device_memory_requested_bytes", "Asked for by living processes", of_kind, use.requested_bytes);
        page.gauge("tt_device_memory_lockstep_waste_bytes", "Taken in banks that hold nothing of a buffer", of_kind,
                   use.lockstep_waste_bytes);
        page.gauge("tt_device_memory_highest_address_bytes", "Furthest end of buffers that grow upward", of_kind,
                   use.highest_address);
        page.gauge("tt_device_memory_lowest_address_bytes", "Lowest address of buffers that grow downward", of_kind,
                   use.lowest_address);
        page.gauge("tt_device_memory_least_largest_free_bytes_per_bank",
                   "Smallest that the largest free block of a bank has been", of_kind,
                   use.least_largest_free_bytes_per_bank);
        page.gauge("tt_device_memory_peak_bytes", "Most that was taken since the process began", of_kind,
                   use.peak_bytes);
        page.gauge("tt_device_memory_peak_since_attach_bytes",
                   "Most that was taken since tracking was switched on in a process that ran already", of_kind,
                   use.peak_since_attach_bytes);
        page.gauge("tt_device_memory_buffers", "Live buffers", of_kind, use.buffers);
    }
    // The vendor's names, in bytes.
    const api::MemoryUse& dram = device.memory[MemoryKind::kDram];
    page.gauge("tt_device_dram_used_bytes", "DRAM taken by living processes", labels, dram.allocated_bytes);
    page.gauge("tt_device_dram_total_bytes", "DRAM that the chip has", labels,
               dram.physical_bytes ? dram.physical_bytes : dram.capacity_bytes);

    const api::CircularBufferUse& cbs = device.circular_buffers;
    page.gauge("tt_device_circular_buffers_bytes", "Circular buffers of the programs launched last, over all cores",
               labels, cbs.current_bytes);
    page.gauge("tt_device_circular_buffers_cached_bytes", "L1 that circular buffers of cached programs cover", labels,
               cbs.cached_union_bytes);
    page.gauge("tt_device_circular_buffers_programs_bytes", "Circular buffers of all live programs, added up", labels,
               cbs.programs_sum_bytes);
    page.gauge("tt_device_scratchpads_bytes", "Of those of the programs launched last: scratchpads of kernels", labels,
               cbs.scratchpad_bytes);
    page.gauge("tt_device_circular_buffers_high_water_bytes_per_core", "Highest end of circular buffers on a core",
               labels, cbs.high_water_bytes_per_core);
    page.gauge("tt_device_circular_buffers_headroom_bytes_per_core",
               "Smallest gap on a core between circular buffers and L1 buffers", labels, cbs.headroom_bytes_per_core);
    page.gauge("tt_device_circular_buffers_least_headroom_bytes_per_core", "The smallest such gap so far", labels,
               cbs.least_headroom_bytes_per_core);
    const std::pair<const char*, api::Bytes> kernels[] = {{"application", device.kernels.application_bytes},
                                                          {"fabric", device.kernels.fabric_bytes},
                                                          {"dispatch", device.kernels.dispatch_bytes}};
    for (const auto& [type, bytes] : kernels) {
        page.gauge("tt_device_kernels_bytes", "Kernel binaries in L1, over all cores", with(labels, "type", type),
                   bytes);
    }
    page.gauge("tt_device_kernel_ring_capacity_bytes_per_core", "Kernel ring buffer of a core", labels,
               device.kernels.ring_capacity_bytes_per_core);
    page.gauge("tt_device_kernel_ring_used_bytes_per_core", "Used of the kernel ring buffer of a core", labels,
               device.kernels.ring_used_bytes_per_core);
    page.gauge("tt_device_processes", "Living processes that have the device open", labels,
               std::optional(device.live_processes));
}

Labels device_labels(const api::Device& device) {
    Labels labels;
    // The first label is there even if empty, for Unique to have one to number.
    labels.push_back({"device", number(device.id)});
    add_label(labels, "unique_id", hex(device.unique_id));
    add_label(labels, "board", device.board);
    add_label(labels, "pci", device.pci.value_or(""));
    return labels;
}

std::vector<Labels> add_devices(Page& page, const api::Model& model) {
    std::vector<Labels> all;
    Unique unique;
    for (const api::Device& device : model.devices) {
        const Labels labels = unique(device_labels(device));
        Labels info = labels;
        add_label(info, "arch", device.arch);
        add_label(info, "kmd_index", number(device.kmd_index));
        add_label(info, "board_id", hex(device.board_id));
        add_label(info, "mock", device.mock ? "true" : "false");
        add_label(info, "remote", device.remote ? "true" : "false");
        page.gauge("tt_device_info", "What the device is, as labels; always 1", info, std::optional(1));
        add_memory(page, device, labels);
        if (device.telemetry) {
            add_telemetry(page, *device.telemetry, labels);
        }
        all.push_back(labels);
    }
    return all;
}

uint64_t held_by(const api::Process& process) {
    uint64_t sum = 0;
    for (const api::ProcessDevice& device : process.devices) {
        for (const MemoryKind kind : kAllMemoryKinds) {
            sum += device.bytes[kind].value_or(0);
        }
    }
    return sum;
}

Labels process_labels(const api::Process& process) {
    Labels labels;
    labels.push_back({"pid", number(process.pid)});
    add_label(labels, "command", process.name);
    add_label(labels, "user", process.user);
    add_label(labels, "source", to_string(process.source));
    if (process.container) {
        add_label(labels, "container", process.container->id);
        add_label(labels, "pod", process.container->pod);
        add_label(labels, "slurm_job", process.container->job);
    }
    return labels;
}

void add_holding(Page& page, const api::ProcessDevice& holding, const Labels& labels, bool peaks) {
    for (const MemoryKind kind : kAllMemoryKinds) {
        const Labels of_kind = with(labels, "kind", to_string(kind));
        page.gauge("tt_process_memory_allocated_bytes", "Device memory that a process has taken", of_kind,
                   holding.bytes[kind]);
        page.gauge("tt_process_memory_buffers", "Live buffers of a process", of_kind, holding.buffers[kind]);
        if (peaks) {
            page.gauge("tt_process_memory_peak_bytes", "Most that a process had taken", of_kind,
                       holding.peak_bytes[kind]);
            page.gauge("tt_process_memory_peak_since_attach_bytes",
                       "Most that a process had taken since tracking was switched on while it ran", of_kind,
                       holding.peak_since_attach_bytes[kind]);
        }
    }
    page.gauge("tt_process_circular_buffers_bytes", "Circular buffers of a process, over all cores", labels,
               holding.circular_buffer_bytes);
    page.gauge("tt_process_kernels_bytes", "Kernel binaries of a process, over all cores", labels,
               holding.kernel_bytes);
}

template <typename T>
void add_known(std::optional<T>& sum, const std::optional<T>& more) {
    if (more) {
        sum = sum.value_or(0) + *more;
    }
}

void add_up(api::ProcessDevice& sum, const api::ProcessDevice& more) {
    for (const MemoryKind kind : kAllMemoryKinds) {
        add_known(sum.bytes[kind], more.bytes[kind]);
        add_known(sum.buffers[kind], more.buffers[kind]);
    }
    add_known(sum.circular_buffer_bytes, more.circular_buffer_bytes);
    add_known(sum.kernel_bytes, more.kernel_bytes);
}

void add_processes(Page& page, const api::Model& model, const std::vector<Labels>& devices, size_t most) {
    std::map<std::string_view, size_t> states;
    for (const api::ProcessState state :
         {api::ProcessState::kLive, api::ProcessState::kStopped, api::ProcessState::kExited, api::ProcessState::kDied,
          api::ProcessState::kForeign, api::ProcessState::kCorrupt, api::ProcessState::kUntrusted}) {
        states[to_string(state)] = 0;
    }
    std::vector<const api::Process*> living;
    for (const api::Process& process : model.processes) {
        ++states[to_string(process.state)];
        if (api::counts(process.state)) {
            living.push_back(&process);
        }
    }
    for (const auto& [state, count] : states) {
        page.gauge("tt_processes", "Processes that were seen, by what became of them", {{"state", std::string(state)}},
                   std::optional(count));
    }
    std::stable_sort(living.begin(), living.end(),
                     [](const api::Process* a, const api::Process* b) { return held_by(*a) > held_by(*b); });
    Unique unique;
    std::map<size_t, api::ProcessDevice> others;
    for (size_t i = 0; i < living.size(); ++i) {
        const api::Process& process = *living[i];
        if (i >= most) {
            for (const api::ProcessDevice& holding : process.devices) {
                add_up(others[holding.device], holding);
            }
            continue;
        }
        const Labels own = unique(process_labels(process));
        page.gauge("tt_process_start_time_seconds", "When a process began, since the Unix epoch", own,
                   process.start_time_ns, 1e-9);
        const api::HostMemory host = process.host.value_or(api::HostMemory{});
        page.gauge("tt_process_host_resident_bytes", "Resident memory of a process in its host, huge pages left out",
                   own, host.rss_bytes);
        page.gauge("tt_process_host_locked_bytes", "Memory that a process has locked", own, host.locked_bytes);
        page.gauge("tt_process_host_pinned_bytes", "Memory of a process that may not move", own, host.pinned_bytes);
        page.gauge("tt_process_host_huge_bytes", "Huge pages of a process", own, host.huge_bytes);
        page.counter("tt_process_lost_events_total", "Reports of a process that could not be recorded in full", own,
                     std::optional(process.lost_events));
        for (const api::ProcessDevice& holding : process.devices) {
            Labels labels = devices[holding.device];
            labels.insert(labels.end(), own.begin(), own.end());
            add_holding(page, holding, labels, true);
        }
    }
    for (const auto& [device, holding] : others) {
        add_holding(page, holding, with(devices[device], "pid", "other"), false);
    }
    page.gauge("tt_processes_together", "Living processes that are shown together as pid=\"other\"", {},
               std::optional(living.size() > most ? living.size() - most : 0));
}

}  // namespace

std::string metrics_text(const api::Model& model, const std::vector<OwnFigure>& own, const MetricsOptions& options) {
    Page page;
    const std::vector<Labels> devices = add_devices(page, model);
    add_processes(page, model, devices, options.most_processes);
    page.gauge("tt_model_time_seconds", "When these figures were read, since the Unix epoch", {},
               std::optional(model.time_ns), 1e-9);
    page.gauge("tt_notices", "Notices on what could not be read; /api/v1/snapshot has their texts", {},
               std::optional(model.notices.size()));
    for (const OwnFigure& figure : own) {
        Labels labels;
        for (const auto& [name, value] : figure.labels) {
            add_label(labels, name.c_str(), value);
        }
        page.add(page.family(figure.name, figure.help.c_str(), figure.counter), labels, figure.value);
    }
    return page.text();
}

}  // namespace ttmem::server
