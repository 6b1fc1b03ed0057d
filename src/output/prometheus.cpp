// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/prometheus.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/saturate.hpp"
#include "base/text.hpp"
#include "output/figures.hpp"
#include "output/metric_page.hpp"

namespace ttmem::server {
namespace {

using api::kAllMemoryKinds;
using api::MemoryKind;
using output::MetricLabels;
using output::MetricPage;
using output::WithLabel;

// Bounds of the page: so many devices have figures, so many (process, device) figures of their own; the others of the
// latter are in pid="other".
constexpr size_t kMostDevices = 512;
constexpr size_t kMostHoldings = 4096;

// Prometheus refuses a whole answer for one byte that is no UTF-8.
std::string label_text(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const Utf8Character character = first_utf8_character(text);
        const std::string_view piece = character.good ? text.substr(0, character.bytes) : "?";
        if (result.size() + piece.size() > kMostLabelBytes) {
            break;
        }
        result += piece;
        text.remove_prefix(character.bytes);
    }
    return result;
}

// An empty label is the same as none.
void add_label(MetricLabels& labels, const char* name, std::string_view value) {
    if (!value.empty()) {
        labels.add(name, label_text(value));
    }
}

MetricLabels with(MetricLabels labels, const char* name, std::string_view value) {
    add_label(labels, name, value);
    return labels;
}

std::string number(const std::optional<int>& value) {
    return value ? std::to_string(*value) : std::string();
}

std::string hex(const std::optional<uint64_t>& value) {
    return value ? hex_text(*value) : std::string();
}

// The page, with figures that may be unknown.
class Page : public MetricPage {
public:
    template <typename T>
    void gauge(const char* name, std::string_view help, const MetricLabels& labels, const std::optional<T>& value) {
        if (value) {
            add(family(name, help), labels, *value);
        }
    }
    template <typename T>
    void gauge(const char* name, std::string_view help, const MetricLabels& labels, const std::optional<T>& value,
               double scale) {
        if (value) {
            add(family(name, help), labels, static_cast<double>(*value) * scale);
        }
    }
    template <typename T>
    void counter(const char* name, std::string_view help, const MetricLabels& labels, const std::optional<T>& value) {
        if (value) {
            add(family(name, help, true), labels, *value);
        }
    }
};

// Labels that distinguish each member from every other: where they would not, the first label gets a number appended.
class Unique {
public:
    MetricLabels operator()(MetricLabels labels) {
        const std::string first = labels.first();
        for (int copy = 2; !seen_.insert(std::string(labels.text())).second; ++copy) {
            labels.set_first(first + "#" + std::to_string(copy));
        }
        return labels;
    }

private:
    std::set<std::string> seen_;
};

void add_telemetry(Page& page, const api::Telemetry& telemetry, const MetricLabels& labels) {
    page.gauge("tt_device_condition_info", "What the driver says of the card, as a label; always 1",
               with(labels, "condition", telemetry.condition), std::optional(1));
    page.counter("tt_device_resets_total", "Resets of the card since the server began", labels,
                 std::optional(telemetry.resets_seen));
    if (telemetry.open_pids) {
        page.gauge("tt_device_open_processes", "Processes that have the device node open, tracked or not", labels,
                   std::optional(telemetry.open_pids->size()));
    }
    for (const output::SensorFigure& figure : output::kSensorFigures) {
        const api::Sensor* sensor = telemetry.find(figure.name);
        if (figure.metric == nullptr || sensor == nullptr || !sensor->known()) {
            continue;
        }
        if (figure.unit.empty() && sensor->text) {
            page.gauge(figure.metric, std::string(figure.words) + "; always 1", with(labels, "version", *sensor->text),
                       std::optional(1));
        }
        if (!figure.unit.empty() && sensor->value) {
            page.add(page.family(figure.metric, figure.words, figure.counter), labels, *sensor->value * figure.scale);
            if (figure.limit != nullptr) {
                page.gauge(figure.limit, figure.limit_words, labels, sensor->limit, figure.scale);
            }
        }
    }
}

template <typename Whole, size_t kCount>
void add_figures(Page& page, const std::array<output::Figure<Whole>, kCount>& figures, const Whole& whole,
                 MetricLabels& labels) {
    for (const output::Figure<Whole>& figure : figures) {
        if (figure.metric != nullptr && figure.type != nullptr) {
            const WithLabel type(labels, "type", figure.type);
            page.gauge(figure.metric, "kernel binaries in L1, over all cores", labels, figure.get(whole));
        } else if (figure.metric != nullptr) {
            page.gauge(figure.metric, figure.words, labels, figure.get(whole));
        }
    }
}

void add_memory(Page& page, const api::Device& device, MetricLabels& labels) {
    for (const MemoryKind kind : kAllMemoryKinds) {
        const WithLabel of_kind(labels, "kind", to_string(kind));
        add_figures(page, output::kMemoryFigures, device.memory[kind], labels);
    }
    // The vendor's names, in bytes.
    const api::MemoryUse& dram = device.memory[MemoryKind::kDram];
    page.gauge("tt_device_dram_used_bytes", "DRAM taken by living processes", labels, dram.allocated_bytes);
    page.gauge("tt_device_dram_total_bytes", "DRAM that the chip has", labels,
               dram.physical_bytes ? dram.physical_bytes : dram.capacity_bytes);

    add_figures(page, output::kCircularBufferFigures, device.circular_buffers, labels);
    add_figures(page, output::kKernelFigures, device.kernels, labels);
    add_figures(page, output::kDeviceFigures, device, labels);
}

MetricLabels device_labels(const api::Device& device) {
    // The first label is there even if empty, for Unique to have one to number.
    MetricLabels labels("device", number(device.id));
    add_label(labels, "unique_id", hex(device.unique_id));
    add_label(labels, "board", device.board);
    add_label(labels, "pci", device.pci.value_or(""));
    return labels;
}

std::vector<MetricLabels> add_devices(Page& page, const api::Model& model) {
    std::vector<MetricLabels> all;
    Unique unique;
    for (const api::Device& device : model.devices) {
        if (all.size() >= kMostDevices) {
            break;
        }
        MetricLabels labels = unique(device_labels(device));
        MetricLabels info = labels;
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
    page.gauge("tt_devices_left_out", "Devices beyond the most that have figures here", {},
               std::optional(model.devices.size() - all.size()));
    return all;
}

uint64_t held_by(const api::Process& process) {
    uint64_t sum = 0;
    for (const api::ProcessDevice& device : process.devices) {
        for (const MemoryKind kind : kAllMemoryKinds) {
            saturating_add(sum, device.bytes[kind].value_or(0));
        }
    }
    return sum;
}

MetricLabels process_labels(const api::Process& process) {
    MetricLabels labels("pid", number(process.pid));
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

void add_holding(Page& page, const api::ProcessDevice& holding, MetricLabels& labels) {
    for (const MemoryKind kind : kAllMemoryKinds) {
        const WithLabel of_kind(labels, "kind", to_string(kind));
        add_figures(page, output::kHoldingFigures, output::Holding{holding, kind}, labels);
    }
    add_figures(page, output::kProcessDeviceFigures, holding, labels);
}

template <typename T>
void add_known(std::optional<T>& sum, const std::optional<T>& more) {
    if (more) {
        sum = saturating_sum(sum.value_or(0), *more);
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

void add_host_use(Page& page, const api::HostUse& use, const MetricLabels& own) {
    page.gauge("tt_process_host_virtual_bytes", "Address space of a process", own, use.virtual_bytes);
    page.gauge("tt_process_host_swap_bytes", "Memory of a process that is swapped out", own, use.swap_bytes);
    page.gauge("tt_process_host_threads", "Threads of a process", own, use.threads);
    page.counter("tt_process_host_cpu_seconds_total", "Processor time of a process since it began", own,
                 use.processor_seconds);
}

void add_processes(Page& page, const api::Model& model, const std::vector<MetricLabels>& devices,
                   const MetricsOptions& options) {
    const size_t most = options.most_processes;
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
        page.gauge("tt_processes", "Processes that were seen, by what became of them", MetricLabels("state", state),
                   std::optional(count));
    }
    std::stable_sort(living.begin(), living.end(),
                     [](const api::Process* a, const api::Process* b) { return held_by(*a) > held_by(*b); });
    Unique unique;
    std::map<size_t, api::ProcessDevice> others;
    MetricLabels labels;  // of a process on a device
    size_t holdings = 0;
    for (size_t i = 0; i < living.size(); ++i) {
        const api::Process& process = *living[i];
        if (i >= most) {
            for (const api::ProcessDevice& holding : process.devices) {
                if (holding.device >= devices.size()) {
                    continue;
                }
                add_up(others[holding.device], holding);
            }
            continue;
        }
        const MetricLabels own = unique(process_labels(process));
        page.gauge("tt_process_start_time_seconds", "When a process began, since the Unix epoch", own,
                   process.start_time_ns, 1e-9);
        const api::HostMemory host = process.host.value_or(api::HostMemory{});
        page.gauge("tt_process_host_resident_bytes", "Resident memory of a process in its host, huge pages left out",
                   own, host.rss_bytes);
        page.gauge("tt_process_host_locked_bytes", "Memory that a process has locked", own, host.locked_bytes);
        page.gauge("tt_process_host_pinned_bytes", "Memory of a process that may not move", own, host.pinned_bytes);
        page.gauge("tt_process_host_huge_bytes", "Huge pages of a process", own, host.huge_bytes);
        if (options.host_use && process.pid && process.pid_visible) {
            add_host_use(page, options.host_use(*process.pid), own);
        }
        page.counter("tt_process_lost_events_total", "Reports of a process that could not be recorded in full", own,
                     std::optional(process.lost_events));
        page.counter("tt_process_steps_total", "Steps that a process has marked with ttmem.step()", own, process.steps);
        for (const api::ProcessDevice& holding : process.devices) {
            if (holding.device >= devices.size()) {
                continue;
            }
            if (++holdings > kMostHoldings) {
                add_up(others[holding.device], holding);
                continue;
            }
            labels = devices[holding.device];
            labels.add(own);
            add_holding(page, holding, labels);
        }
    }
    for (const auto& [device, holding] : others) {
        labels = devices[device];
        labels.add("pid", "other");
        add_holding(page, holding, labels);
    }
    page.gauge("tt_processes_together", "Living processes that are shown together as pid=\"other\"", {},
               std::optional(living.size() > most ? living.size() - most : 0));
}

}  // namespace

std::string metrics_text(const api::Model& model, const std::vector<OwnFigure>& own, const MetricsOptions& options) {
    Page page;
    const std::vector<MetricLabels> devices = add_devices(page, model);
    add_processes(page, model, devices, options);
    page.gauge("tt_model_time_seconds", "When these figures were read, since the Unix epoch", {},
               std::optional(model.time_ns), 1e-9);
    page.gauge("tt_notices", "Notices on what could not be read; /api/v1/snapshot has their texts", {},
               std::optional(model.notices.size()));
    for (const OwnFigure& figure : own) {
        MetricLabels labels;
        for (const auto& [name, value] : figure.labels) {
            add_label(labels, name.c_str(), value);
        }
        page.add(page.family(figure.name, figure.help, figure.counter), labels, figure.value);
    }
    return page.text();
}

}  // namespace ttmem::server
