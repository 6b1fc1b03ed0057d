// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A row for each figure: its names in every output, its unit, its meaning and its member of the model. The rows feed
// CSV and `--list-queries` (csv.cpp), JSON (json.cpp), Prometheus (prometheus.cpp), the columns of tables (snapshot_table.cpp)
// and docs/figures.md, which a test compares. A new figure is a member of the model and a row here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/model.hpp"

namespace ttmem::output {

using Count = std::optional<uint64_t>;

// A figure of a `Whole`: a part of the model. nullptr for a name: the figure is not in that output.
template <typename Whole>
struct Figure {
    const char* query;   // CSV; of a kind of memory, what follows "dram." or "holds.dram"
    const char* json;    // key of its object
    const char* metric;  // Prometheus
    const char* unit;    // "B"; empty of counts
    const char* words;   // begins small, no full stop
    Count (*get)(const Whole&);
    const char* type = nullptr;  // Prometheus: value of the label "type", where several figures share a metric
};

// clang-format off

// Of each kind of memory on a device. CSV: "dram.used". JSON: memory.dram. Prometheus: with the label "kind".
inline constexpr std::array kMemoryFigures = {
    Figure<api::MemoryUse>{"physical",     "physical_bytes",              "tt_device_memory_physical_bytes",  "B", "all memory of that kind that the chip has",                      [](const api::MemoryUse& use) { return use.physical_bytes; }},
    Figure<api::MemoryUse>{"capacity",     "capacity_bytes",              "tt_device_memory_capacity_bytes",  "B", "what the open allocator may hand out",                           [](const api::MemoryUse& use) { return use.capacity_bytes; }},
    Figure<api::MemoryUse>{"reserved",     "reserved_bytes",              "tt_device_memory_reserved_bytes",  "B", "physical memory that no allocator hands out",                    [](const api::MemoryUse& use) { return use.reserved_bytes; }},
    Figure<api::MemoryUse>{"used",         "allocated_bytes",             "tt_device_memory_allocated_bytes", "B", "taken by living processes",                                      [](const api::MemoryUse& use) { return use.allocated_bytes; }},
    Figure<api::MemoryUse>{"requested",    "requested_bytes",             "tt_device_memory_requested_bytes", "B", "asked for by living processes",                                  [](const api::MemoryUse& use) { return use.requested_bytes; }},
    Figure<api::MemoryUse>{"peak",         "peak_bytes",                  "tt_device_memory_peak_bytes",      "B", "most that was taken since the process began",                    [](const api::MemoryUse& use) { return use.peak_bytes; }},
    Figure<api::MemoryUse>{"peak_since_attach", "peak_since_attach_bytes", "tt_device_memory_peak_since_attach_bytes", "B", "instead of peak: most that was taken since tracking was switched on in a process that ran already", [](const api::MemoryUse& use) { return use.peak_since_attach_bytes; }},
    Figure<api::MemoryUse>{nullptr,        "upstream_bytes",              nullptr,                            "B", "of those taken, known from upstream's counters alone",           [](const api::MemoryUse& use) { return use.upstream_bytes; }},
    Figure<api::MemoryUse>{"buffers",      "buffers",                     "tt_device_memory_buffers",         "",  "live buffers",                                                   [](const api::MemoryUse& use) { return use.buffers; }},
    Figure<api::MemoryUse>{"banks",        "banks",                       nullptr,                            "",  "banks of the open allocator",                                    [](const api::MemoryUse& use) { return Count(use.banks); }},
    Figure<api::MemoryUse>{"largest_free", "largest_free_bytes_per_bank", "tt_device_memory_largest_free_bytes_per_bank", "B", "largest free stretch in a bank",                       [](const api::MemoryUse& use) { return use.largest_free_bytes_per_bank; }},
    Figure<api::MemoryUse>{"lockstep_waste", "lockstep_waste_bytes",      "tt_device_memory_lockstep_waste_bytes", "B", "taken in banks that hold nothing of a buffer",                [](const api::MemoryUse& use) { return use.lockstep_waste_bytes; }},
    Figure<api::MemoryUse>{"highest_address", "highest_address",          "tt_device_memory_highest_address_bytes", "B", "furthest end so far of buffers that grow upward",            [](const api::MemoryUse& use) { return use.highest_address; }},
    Figure<api::MemoryUse>{"lowest_address", "lowest_address",            "tt_device_memory_lowest_address_bytes", "B", "lowest address so far of buffers that grow downward",         [](const api::MemoryUse& use) { return use.lowest_address; }},
    Figure<api::MemoryUse>{"least_largest_free", "least_largest_free_bytes_per_bank", "tt_device_memory_least_largest_free_bytes_per_bank", "B", "smallest that the largest free stretch of a bank has been", [](const api::MemoryUse& use) { return use.least_largest_free_bytes_per_bank; }},
    Figure<api::MemoryUse>{"largest_buffer", "largest_buffer_bytes_per_bank", "tt_device_memory_largest_buffer_bytes_per_bank", "B", "in a bank, of the largest buffer that living processes have made so far", [](const api::MemoryUse& use) { return use.largest_buffer_bytes_per_bank; }},
};

// Of circular buffers on a device. CSV: "cb.current". JSON: memory.circular_buffers.
inline constexpr std::array kCircularBufferFigures = {
    Figure<api::CircularBufferUse>{"current",      "current_bytes",             "tt_device_circular_buffers_bytes",                     "B", "circular buffers of the programs launched last, over all cores",    [](const api::CircularBufferUse& use) { return use.current_bytes; }},
    Figure<api::CircularBufferUse>{"cached_union", "cached_union_bytes",        "tt_device_circular_buffers_cached_bytes",              "B", "L1 that circular buffers of loaded programs cover, each address once", [](const api::CircularBufferUse& use) { return use.cached_union_bytes; }},
    Figure<api::CircularBufferUse>{"programs_sum", "programs_sum_bytes",        "tt_device_circular_buffers_programs_bytes",            "B", "circular buffers of all loaded programs, added up",                 [](const api::CircularBufferUse& use) { return use.programs_sum_bytes; }},
    Figure<api::CircularBufferUse>{"scratchpads",  "scratchpad_bytes",          "tt_device_scratchpads_bytes",                          "B", "of those of the programs launched last: scratchpads of kernels",    [](const api::CircularBufferUse& use) { return use.scratchpad_bytes; }},
    Figure<api::CircularBufferUse>{"high_water",   "high_water_bytes_per_core", "tt_device_circular_buffers_high_water_bytes_per_core", "B", "highest end of circular buffers on a core",                         [](const api::CircularBufferUse& use) { return use.high_water_bytes_per_core; }},
    Figure<api::CircularBufferUse>{"headroom",     "headroom_bytes_per_core",   "tt_device_circular_buffers_headroom_bytes_per_core",   "B", "smallest gap on a core between circular buffers and L1 buffers",    [](const api::CircularBufferUse& use) { return use.headroom_bytes_per_core; }},
    Figure<api::CircularBufferUse>{"least_headroom", "least_headroom_bytes_per_core", "tt_device_circular_buffers_least_headroom_bytes_per_core", "B", "the smallest such gap of a launch so far",              [](const api::CircularBufferUse& use) { return use.least_headroom_bytes_per_core; }},
};

// Of kernels on a device. JSON: memory.kernels.
inline constexpr std::array kKernelFigures = {
    Figure<api::KernelUse>{"kernels.loaded",      "loaded_bytes",                 nullptr,                                       "B", "kernel binaries of loaded programs, over all cores",  [](const api::KernelUse& use) { return use.loaded_bytes; }},
    Figure<api::KernelUse>{"kernels.application", "application_bytes",            "tt_device_kernels_bytes",                     "B", "of these the application's",                          [](const api::KernelUse& use) { return use.application_bytes; }, "application"},
    Figure<api::KernelUse>{"kernels.fabric",      "fabric_bytes",                 "tt_device_kernels_bytes",                     "B", "of these the fabric's",                               [](const api::KernelUse& use) { return use.fabric_bytes; }, "fabric"},
    Figure<api::KernelUse>{"kernels.dispatch",    "dispatch_bytes",               "tt_device_kernels_bytes",                     "B", "of these the dispatcher's",                           [](const api::KernelUse& use) { return use.dispatch_bytes; }, "dispatch"},
    Figure<api::KernelUse>{"ring.capacity",       "ring_capacity_bytes_per_core", "tt_device_kernel_ring_capacity_bytes_per_core", "B", "kernel-config ring of a core",                      [](const api::KernelUse& use) { return use.ring_capacity_bytes_per_core; }},
    Figure<api::KernelUse>{"ring.used",           "ring_used_bytes_per_core",     "tt_device_kernel_ring_used_bytes_per_core",   "B", "used of the kernel-config ring of a core",            [](const api::KernelUse& use) { return use.ring_used_bytes_per_core; }},
};

// The figures of one kind of memory that a process holds on a device. CSV: "holds.dram" and the row's name. JSON:
// "dram" and the row's name, in processes[].devices[]. Prometheus: with the label "kind".
struct Holding {
    const api::ProcessDevice& use;
    api::MemoryKind kind;
};
inline constexpr std::array kHoldingFigures = {
    Figure<Holding>{"",         "_bytes",      "tt_process_memory_allocated_bytes", "B", "device memory that the process has taken", [](const Holding& of) { return of.use.bytes[of.kind]; }},
    Figure<Holding>{".peak",    "_peak_bytes", "tt_process_memory_peak_bytes",      "B", "most that the process had taken",          [](const Holding& of) { return of.use.peak_bytes[of.kind]; }},
    Figure<Holding>{".peak_since_attach", "_peak_since_attach_bytes", "tt_process_memory_peak_since_attach_bytes", "B", "instead of peak: most that the process had taken since tracking was switched on while it ran", [](const Holding& of) { return of.use.peak_since_attach_bytes[of.kind]; }},
    Figure<Holding>{".buffers", nullptr,       "tt_process_memory_buffers",         "",  "live buffers of the process",              [](const Holding& of) { return of.use.buffers[of.kind]; }},
};

// Of what else a process holds on a device. JSON: processes[].devices[].
inline constexpr std::array kProcessDeviceFigures = {
    Figure<api::ProcessDevice>{"holds.cb",      "cb_bytes",                 "tt_process_circular_buffers_bytes", "B", "circular buffers of the process, over all cores",     [](const api::ProcessDevice& use) { return use.circular_buffer_bytes; }},
    Figure<api::ProcessDevice>{"holds.kernels", "kernel_bytes",             "tt_process_kernels_bytes",          "B", "kernel binaries of the process, over all cores",      [](const api::ProcessDevice& use) { return use.kernel_bytes; }},
    Figure<api::ProcessDevice>{nullptr,         "application_kernel_bytes", nullptr,                             "B", "of these the application's",                          [](const api::ProcessDevice& use) { return use.application_kernel_bytes; }},
    Figure<api::ProcessDevice>{nullptr,         "fabric_kernel_bytes",      nullptr,                             "B", "of these the fabric's",                               [](const api::ProcessDevice& use) { return use.fabric_kernel_bytes; }},
    Figure<api::ProcessDevice>{nullptr,         "dispatch_kernel_bytes",    nullptr,                             "B", "of these the dispatcher's",                           [](const api::ProcessDevice& use) { return use.dispatch_kernel_bytes; }},
};

// Of a device: what is of no kind of memory. JSON: memory, and the device itself for the number of processes.
inline constexpr std::array kDeviceFigures = {
    Figure<api::Device>{"preallocated", "preallocated_bytes", nullptr,               "B", "placed by callers outside of what allocators gave", [](const api::Device& device) { return device.preallocated_bytes; }},
    Figure<api::Device>{"processes",    nullptr,              "tt_device_processes", "",  "living tracked processes that have it open",        [](const api::Device& device) { return Count(device.live_processes); }},
};

// A sensor of a card, by its name in the model and in CSV. Prometheus wants base units: the value times `scale`.
struct SensorFigure {
    std::string_view name;
    std::string_view unit;      // empty: its value is a text, which becomes the label "version" of a metric that is always 1
    const char* words;
    const char* metric;
    double scale = 1;
    const char* limit = nullptr;  // Prometheus: the metric of its limit
    const char* limit_words = nullptr;
    bool counter = false;
};
inline constexpr std::array kSensorFigures = {
    SensorFigure{"asic_temperature",          "C",     "temperature of the chip",                                     "tt_asic_temperature_celsius", 1, "tt_thermal_throttle_limit_celsius", "temperature from which the firmware throttles"},
    SensorFigure{"power",                     "W",     "power that the chip draws",                                   "tt_tdp_watts", 1, "tt_tdp_limit_watts", "power that it may draw"},
    SensorFigure{"current",                   "A",     "current that the chip draws",                                 "tt_tdc_amperes", 1, "tt_tdc_limit_amperes", "current that it may draw"},
    SensorFigure{"core_voltage",              "V",     "core voltage",                                                "tt_vcore_volts", 1, "tt_vcore_limit_volts", "highest core voltage"},
    SensorFigure{"fan",                       "RPM",   "speed of the fan in revolutions a minute",                    "tt_fan_speed_rpm"},
    SensorFigure{"ai_clock",                  "MHz",   "clock of the Tensix cores",                                   "tt_ai_clock_hertz", 1e6},
    SensorFigure{"axi_clock",                 "MHz",   "AXI clock",                                                   "tt_axi_clock_hertz", 1e6},
    SensorFigure{"arc_clock",                 "MHz",   "clock of the management processor",                           "tt_arc_clock_hertz", 1e6},
    SensorFigure{"heartbeat_rate",            "1/s",   "heartbeats of the management firmware in a second",           nullptr},
    SensorFigure{"pcie_link_speed",           "GT/s",  "speed of one PCIe lane",                                      "tt_pcie_link_speed_transfers_per_second", 1e9, "tt_pcie_link_speed_limit_transfers_per_second", "speed that one PCIe lane could have"},
    SensorFigure{"pcie_link_width",           "lanes", "PCIe lanes in use",                                           "tt_pcie_link_width_lanes", 1, "tt_pcie_link_width_limit_lanes", "PCIe lanes that there are"},
    SensorFigure{"pcie_host_to_device_rate",  "B/s",   "bytes to the device over PCIe in a second",                   nullptr},
    SensorFigure{"pcie_device_to_host_rate",  "B/s",   "bytes from the device over PCIe in a second",                 nullptr},
    SensorFigure{"pcie_host_to_device_total", "B",     "bytes to the device over PCIe since this program watches",    "tt_pcie_host_to_device_bytes_total", 1, nullptr, nullptr, true},
    SensorFigure{"pcie_device_to_host_total", "B",     "bytes from the device over PCIe since this program watches",  "tt_pcie_device_to_host_bytes_total", 1, nullptr, nullptr, true},
    SensorFigure{"heartbeat",                 "count", "heartbeats of the management firmware",                       "tt_arc_heartbeats_total", 1, nullptr, nullptr, true},
    SensorFigure{"thermal_trips",             "count", "thermal shutdowns since power-on",                            "tt_thermal_trips_total", 1, nullptr, nullptr, true},
    SensorFigure{"firmware_bundle",           "",      "version of the firmware bundle",                              "tt_firmware_bundle_info"},
    SensorFigure{"firmware_arc",              "",      "version of the chip management firmware",                     "tt_cm_firmware_info"},
    SensorFigure{"firmware_eth",              "",      "version of the ethernet firmware",                            "tt_ethernet_firmware_info"},
    SensorFigure{"firmware_m3_app",           "",      "version of the device management firmware",                   "tt_dm_app_firmware_info"},
    SensorFigure{"firmware_m3_bootloader",    "",      "version of the device management bootloader",                 "tt_dm_bootloader_firmware_info"},
    SensorFigure{"firmware_ttflash",          "",      "version of the flash image",                                  "tt_flash_info"},
};

// clang-format on

// The row of that name in CSV; does not compile when there is none.
consteval const Figure<api::MemoryUse>& memory_figure(std::string_view query) {
    for (const Figure<api::MemoryUse>& figure : kMemoryFigures) {
        if (figure.query != nullptr && query == figure.query) {
            return figure;
        }
    }
    throw "no figure of memory has that name";
}

}  // namespace ttmem::output
