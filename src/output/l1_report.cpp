// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/l1_report.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "analysis/l1_analysis.hpp"
#include "model/core_bits.hpp"
#include "model/device_names.hpp"
#include "output/circular_buffer_name.hpp"
#include "output/conflict_text.hpp"
#include "output/l1_sections.hpp"
#include "output/origin.hpp"
#include "output/region_name.hpp"
#include "output/table.hpp"
#include "output/text.hpp"
#include "output/why_words.hpp"

namespace ttmem::monitor {
namespace {

using api::MemoryKind;
using inventory::L1Analysis;
using namespace l1;

constexpr size_t kMostStretches = 24;  // of a layout that are listed one by one
constexpr size_t kMostGroups = 6;      // of equally tight cores
constexpr size_t kMostConflicts = 8;   // the largest
constexpr size_t kMostFailures = 8;    // the latest

// --- The layout

// A row of the list: one stretch, or several small ones in sum.
struct LayoutRow {
    uint64_t address = 0;
    uint64_t bytes = 0;
    std::string what;
};

std::string describe(const api::Model& model, const api::Stretch& stretch) {
    switch (stretch.type) {
        case api::StretchType::kRegion:
            return output::region_name(stretch.region) +
                   (stretch.source.empty() ? "" : " (" + std::string(stretch.source) + ")");
        case api::StretchType::kFree:
            return "free " + std::string(to_string(stretch.kind));
        case api::StretchType::kBuffer:
            return std::string(to_string(stretch.kind)) + " " +
                   buffer_text(model, stretch.buffer.value_or(api::BufferIndex(0))) +
                   (stretch.more_buffers > 0 ? " and " + std::to_string(stretch.more_buffers) + " more" : "") +
                   (model.buffers[stretch.buffer.value_or(api::BufferIndex(0))].kernel_binaries ? " (kernel binaries)"
                                                                                                : "");
        case api::StretchType::kUnexplained:
            return "unexplained";
    }
    return "";
}

// All regions, the largest buffers and holes; the others together where they lie side by side.
std::vector<LayoutRow> layout_rows(const api::Model& model, const api::Layout& layout) {
    std::vector<uint64_t> sizes;
    for (const api::Stretch& stretch : layout.stretches) {
        sizes.push_back(stretch.bytes);
    }
    std::sort(sizes.rbegin(), sizes.rend());
    const uint64_t least = sizes.size() > kMostStretches ? sizes[kMostStretches] + 1 : 0;
    std::vector<LayoutRow> rows;
    size_t buffers = 0;
    size_t holes = 0;
    const auto close = [&] {
        if (buffers + holes > 1) {
            rows.back().what = counted(buffers, "buffer") + " and " + counted(holes, "hole");
        }
        buffers = holes = 0;
    };
    for (const api::Stretch& stretch : layout.stretches) {
        const bool small = stretch.bytes < least &&
                           (stretch.type == api::StretchType::kBuffer || stretch.type == api::StretchType::kFree);
        if (small && buffers + holes > 0) {
            rows.back().bytes += stretch.bytes;
        } else {
            close();
            rows.push_back({stretch.address, stretch.bytes, describe(model, stretch)});
        }
        if (small) {
            ++(stretch.type == api::StretchType::kBuffer ? buffers : holes);
        }
    }
    close();
    return rows;
}

void add_map(Lines& lines, const api::Layout& layout, const CircularEnds& ends, const L1ReportOptions& options) {
    const size_t cells = options.width > 6 ? options.width - 6 : 1;
    const std::vector<MapCell> map = map_cells(layout, ends, cells);
    std::string row = "  [";
    for (const MapCell cell : map) {
        row += cell_text(cell, options.utf8);
    }
    lines.emplace_back(row + "]");
    lines.emplace_back("  " + fit_left("0", cells / 2) + fit_right(hex(layout.physical_bytes), cells - cells / 2 + 2),
                       Style::kDim);
    fill(lines, legend(map, options.utf8), "  ", options.width, 2, Style::kDim);
}

void add_identity(Lines& lines, const api::Layout& layout, size_t width) {
    const api::LayoutSums& sums = layout.sums;
    paragraph(lines,
              "regions " + std::to_string(sums.region_bytes) + " + buffers " + std::to_string(sums.buffer_bytes) +
                  " + free " + std::to_string(sums.free_bytes) +
                  (sums.unexplained_bytes > 0 ? " + unexplained " + std::to_string(sums.unexplained_bytes) : "") +
                  " = " + std::to_string(layout.physical_bytes) + " bytes",
              width, 2);
    if (sums.contested_bytes > 0) {
        paragraph(lines,
                  std::to_string(sums.contested_bytes) +
                      " of these bytes are reported twice, in ways that exclude each "
                      "other",
                  width, 2, Style::kWarning);
    }
}

void add_layout(Lines& lines, const api::Model& model, const api::Layout& layout, const CircularEnds& ends,
                const L1ReportOptions& options) {
    add_map(lines, layout, ends, options);
    std::vector<TableRow> rows = {{"address", "bytes", "what"}};
    for (const LayoutRow& row : layout_rows(model, layout)) {
        rows.push_back({hex(row.address), std::to_string(row.bytes), printable(row.what)});
    }
    add_table(lines, rows, {2}, options.width);
    add_identity(lines, layout, options.width);
}

// Lists the memory of the persistent L1 arena, which lies on some cores only and is not in the picture of all.
void add_arena(Lines& lines, const api::Model& model, api::DeviceIndex device, const L1ReportOptions& options) {
    std::vector<TableRow> rows = {{"address", "bytes", "persistent L1 arena, on cores"}};
    for (const api::Region& region : model.regions) {
        if (region.type == api::RegionType::kArena && region.allocator < model.allocators.size() &&
            model.allocators[region.allocator].open &&
            std::binary_search(region.devices.begin(), region.devices.end(), device)) {
            rows.push_back({hex(region.address), std::to_string(region.bytes), core_text(region.cores)});
        }
    }
    if (rows.size() > 1) {
        lines.emplace_back("");
        add_table(lines, rows, {2}, options.width);
    }
}

// --- The gauge

std::string core_name(const api::Core& core) {
    return std::to_string(core.x) + "," + std::to_string(core.y);
}

// " with CB 16 (Float16_b)": the program's buffer that ends there.
std::string last_buffer_text(const api::Program& program, uint64_t end_address) {
    for (const api::CircularBuffer& buffer : program.circular_buffers) {
        if (buffer.own() && buffer.end() == end_address) {
            return " with " + output::circular_buffer_name(buffer);
        }
    }
    return "";
}

void add_gauge(Lines& lines, L1Analysis& l1, const L1ReportOptions& options) {
    const api::Model& model = l1.model();
    const api::ClashGauge& gauge = l1.gauge();
    heading(lines, "Clash gauge (circular buffers grow up, L1 buffers down)", options.width);
    if (!gauge.base_address || !gauge.lowest_address) {
        lines.emplace_back("  no allocator has the device open");
        return;
    }
    paragraph(lines,
              gauge.lowest_buffer
                  ? "lowest L1 buffer: " + hex(*gauge.lowest_address) + ", " +
                        buffer_text(model, *gauge.lowest_buffer) + ", " +
                        std::to_string(model.buffers[*gauge.lowest_buffer].bytes_per_bank) + " bytes a bank"
                  : "no L1 buffer: the banks end at " + hex(*gauge.lowest_address),
              options.width, 2);
    if (!gauge.known) {
        paragraph(lines,
                  gauge.cores.empty() ? "no program is known"
                                      : "some programs' buffers are not known: what follows is at least",
                  options.width, 2, Style::kWarning);
    }
    // Cores that are alike, tightest first.
    std::vector<std::pair<api::CoreGauge, inventory::CoreBits>> groups;
    for (const api::CoreGauge& core : gauge.cores) {
        const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
            return group.first.headroom_bytes == core.headroom_bytes &&
                   group.first.cached_program == core.cached_program && group.first.cached_end == core.cached_end;
        });
        auto& group = same != groups.end() ? *same : groups.emplace_back(core, inventory::CoreBits{});
        group.second.add(core.core.x, core.core.y, core.core.x, core.core.y);
    }
    for (size_t i = 0; i < groups.size() && i < kMostGroups; ++i) {
        const api::CoreGauge& core = groups[i].first;
        const std::string program = core.cached_program
                                        ? printable(inventory::program_label(model.programs[*core.cached_program]))
                                        : "no circular buffers of its own";
        paragraph(lines,
                  (core.headroom_bytes < 0 ? std::to_string(-core.headroom_bytes) + " bytes missing on "
                                           : std::to_string(core.headroom_bytes) + " bytes left on ") +
                      counted(groups[i].second.count(), "core") + " " + core_text(groups[i].second.ranges()) +
                      (core.cached_end ? ": end at " + hex(*core.cached_end) + ", " : ": ") + program,
                  options.width, 2, core.headroom_bytes < 0 ? Style::kWarning : Style::kPlain);
    }
    if (groups.size() > kMostGroups) {
        lines.emplace_back("  and " + std::to_string(groups.size() - kMostGroups) + " groups of cores with more room",
                           Style::kDim);
    }
    add_least_headroom(lines, model, l1.device(), options);
    for (const api::ClashAhead& clash : gauge.ahead) {
        const api::Program& program = model.programs[clash.program];
        const std::string last = last_buffer_text(program, clash.end_address);
        paragraph(
            lines,
            std::string(clash.refused ? "! cannot be launched now: " : "! a launch now would overwrite a buffer: ") +
                "program " + std::to_string(program.id) + " of process " + pid_text(model, program.process) + " (" +
                printable(inventory::program_label(program)) + ") ends" + last + " at " + hex(clash.end_address) +
                " on cores " + core_text(clash.cores) + ", " +
                (clash.buffer ? buffer_text(model, *clash.buffer) : "a buffer") + " begins at " +
                hex(clash.buffer_address) + ": " + std::to_string(clash.missing_bytes) + " bytes missing",
            options.width, 2, Style::kWarning);
    }
}

// The name of the buffer that stood in the way, while it lives.
std::string region_of_buffer(const api::Model& model, const api::Failure& clash) {
    const auto found = std::find_if(model.buffers.begin(), model.buffers.end(), [&](const api::Buffer& buffer) {
        return buffer.process == clash.process && clash.buffer_id == buffer.id &&
               buffer.address == clash.buffer_address;
    });
    return found == model.buffers.end() ? "" : region_text(model, *found);
}

// Where the refused buffers had to end.
std::string limit_text(const api::Model& model, const api::Failure& failure) {
    if (failure.type == api::FailureType::kCircularBuffers) {
        return "L1 ends at " + (failure.limit_bytes ? hex(*failure.limit_bytes) : kUnknown);
    }
    return "buffer " + (failure.buffer_id ? std::to_string(*failure.buffer_id) : kUnknown) +
           region_of_buffer(model, failure) + " began at " + hex(failure.buffer_address);
}

// Describes a refusal in full: a program with both sides, an allocation with its arithmetic.
std::string failure_sentence(const api::Model& model, const api::Failure& failure) {
    const std::string who = local_time(failure.time_ns) + "  process " + pid_text(model, failure.process) + ": ";
    if (failure.type != api::FailureType::kClash && failure.type != api::FailureType::kCircularBuffers) {
        const std::string origin = output::origin_text(model, failure.context, std::nullopt);
        return who + printable(output::refusal_text(failure)) + (origin.empty() ? "" : ", at " + printable(origin));
    }
    const std::string origin = output::origin_text(model, failure.context, failure.operation);
    const std::string name = origin.empty() ? failure.program : origin;
    return who + "program " + std::to_string(failure.program_id) + (name.empty() ? "" : " (" + printable(name) + ")") +
           " ended at " + hex(failure.end_address) + " on cores " +
           (failure.cores.empty() ? kUnknown : core_text(failure.cores)) + ", " + limit_text(model, failure) + ": " +
           (failure.missing_bytes() ? std::to_string(*failure.missing_bytes()) : kUnknown) + " bytes missing";
}

bool is_of_l1(const api::Failure& failure) {
    return failure.type == api::FailureType::kOutOfMemory
               ? failure.kind == MemoryKind::kL1 || failure.kind == MemoryKind::kL1Small
               : failure.type != api::FailureType::kTraceRegion;
}

void add_failures(Lines& lines, const api::Model& model, api::DeviceIndex device, const L1ReportOptions& options) {
    std::vector<const api::Failure*> refused;
    for (const api::Failure& failure : model.failures) {
        if (is_of_l1(failure) &&
            std::find(failure.devices.begin(), failure.devices.end(), device) != failure.devices.end()) {
            refused.push_back(&failure);
        }
    }
    if (refused.empty()) {
        return;
    }
    heading(lines, "Launches and L1 buffers that were refused, the latest first", options.width);
    for (size_t i = 0; i < refused.size() && i < kMostFailures; ++i) {
        paragraph(lines, failure_sentence(model, *refused[refused.size() - 1 - i]), options.width, 2);
    }
    if (refused.size() > kMostFailures) {
        lines.emplace_back("  and " + std::to_string(refused.size() - kMostFailures) + " before", Style::kDim);
    }
}

// Buffers on the device that hold the same bytes.
void add_conflicts(Lines& lines, const api::Model& model, api::DeviceIndex device, const L1ReportOptions& options) {
    size_t found = 0;
    for (const api::Conflict& conflict : model.conflicts) {
        if (!std::binary_search(conflict.devices.begin(), conflict.devices.end(), device)) {
            continue;
        }
        if (++found == 1) {
            heading(lines, "Buffers that hold the same bytes", options.width);
        }
        if (found <= kMostConflicts) {
            paragraph(lines, "! " + conflict_sentence(model, conflict), options.width, 2, Style::kWarning);
        }
    }
    if (found > kMostConflicts) {
        lines.emplace_back("  and " + std::to_string(found - kMostConflicts) + " more pairs (--json lists them)",
                           Style::kDim);
    }
}

// --- The grid of cores

// Bytes of regions and buffers, and of the stretch from the start of the banks to where circular buffers end.
uint64_t used_bytes(const api::Layout& layout, uint64_t base, uint64_t circular_end) {
    uint64_t used = circular_end - std::min(circular_end, base);
    for (const api::Stretch& stretch : layout.stretches) {
        if (stretch.type == api::StretchType::kRegion || stretch.type == api::StretchType::kBuffer) {
            const uint64_t within_begin = std::clamp(stretch.address, base, std::max(base, circular_end));
            const uint64_t within_end = std::clamp(stretch.end(), base, std::max(base, circular_end));
            used += stretch.bytes - (within_end - within_begin);
        }
    }
    return used;
}

// How full each core is, in tenths: regions, buffers and circular buffers of the program launched last.
void add_grid(Lines& lines, L1Analysis& l1, const L1ReportOptions& options) {
    const api::Model& model = l1.model();
    const api::ClashGauge& gauge = l1.gauge();
    if (l1.cores().empty()) {
        return;
    }
    std::map<api::Core, const api::CoreGauge*> gauges;
    for (const api::CoreGauge& core : gauge.cores) {
        gauges[core.core] = &core;
    }
    uint16_t width = 0;
    uint16_t height = 0;
    std::map<api::Core, std::optional<api::RegionType>> known;  // with why no bank lies on it
    for (const auto& [core, no_bank] : l1.cores()) {
        known.emplace(core, no_bank);
        width = std::max<uint16_t>(width, static_cast<uint16_t>(core.x + 1));
        height = std::max<uint16_t>(height, static_cast<uint16_t>(core.y + 1));
    }
    const std::optional<api::Layout>& common = l1.l1();
    heading(lines,
            "Cores (0-9: tenths of L1 in use, 9 also full; !: a program cannot be launched now; in no bank: D runs "
            "dispatch, U unused)",
            options.width);
    if (options.width < width * 2u + 6) {
        lines.emplace_back("  the terminal is too narrow for " + std::to_string(width) + " columns of cores");
        return;
    }
    std::string top = "      x";
    for (uint16_t x = 0; x < width; ++x) {
        top += " " + std::to_string(x % 10);
    }
    lines.emplace_back(top, Style::kDim);
    for (uint16_t y = 0; y < height; ++y) {
        std::string row = "  y " + fit_right(std::to_string(y), 3);
        for (uint16_t x = 0; x < width; ++x) {
            const api::Core core{x, y};
            row += ' ';
            const auto place = known.find(core);
            if (place == known.end()) {
                row += '.';
                continue;
            }
            const bool special =
                std::any_of(model.regions.begin(), model.regions.end(), [&](const api::Region& region) {
                    return region.l1 && std::any_of(region.cores.begin(), region.cores.end(),
                                                    [&](const api::CoreRange& range) { return range.contains(core); });
                });
            const std::optional<api::Layout> own = special ? l1.l1_of(core) : std::nullopt;
            const api::Layout* layout = own ? &*own : common ? &*common : nullptr;
            if (layout == nullptr) {
                row += '.';
                continue;
            }
            if (!layout->in_bank) {
                row += place->second == api::RegionType::kDispatch ? 'D' : 'U';
                continue;
            }
            const auto found = gauges.find(core);
            const uint64_t end = found != gauges.end() ? found->second->current_end.value_or(0) : 0;
            const uint64_t used = used_bytes(*layout, gauge.base_address.value_or(0), end);
            const bool clash = found != gauges.end() && found->second->headroom_bytes < 0;
            const uint64_t tenths = layout->physical_bytes == 0 ? 0 : used * 10 / layout->physical_bytes;
            row += clash ? "!" : std::to_string(std::min<uint64_t>(tenths, 9));
        }
        lines.emplace_back(row);
    }
}

// --- A core

std::string no_bank_text(const std::optional<api::RegionType>& reason) {
    return !reason                                 ? ""
           : *reason == api::RegionType::kDispatch ? ", in no bank: dispatch runs on it"
                                                   : ", in no bank: the allocator leaves it out";
}

void add_core(Lines& lines, L1Analysis& l1, const api::Core& core, const L1ReportOptions& options) {
    const api::Model& model = l1.model();
    const std::optional<api::Layout> layout = l1.l1_of(core);
    if (!layout) {
        lines.emplace_back("  no allocator has the device open: its L1 is not known");
        return;
    }
    CircularEnds ends;
    const api::CoreGauge* own = nullptr;
    for (const api::CoreGauge& each : l1.gauge().cores) {
        if (each.core == core) {
            own = &each;
            ends = {each.current_end.value_or(0), each.cached_end.value_or(0)};
        }
    }
    heading(lines,
            "L1 of core " + core_name(core) + ", " + std::to_string(layout->physical_bytes) + " bytes" +
                no_bank_text(inventory::core_without_bank(model, l1.device(), core)),
            options.width);
    add_layout(lines, model, *layout, ends, options);
    heading(lines, "Circular buffers on core " + core_name(core), options.width);
    if (own == nullptr) {
        lines.emplace_back("  no program uses this core");
        return;
    }
    if (layout->in_bank) {
        paragraph(lines,
                  own->headroom_bytes < 0
                      ? std::to_string(-own->headroom_bytes) + " bytes missing to the lowest L1 buffer"
                      : std::to_string(own->headroom_bytes) + " bytes left to the lowest L1 buffer",
                  options.width, 2, own->headroom_bytes < 0 ? Style::kWarning : Style::kPlain);
    }
    std::vector<TableRow> rows = {{"program", "CB", "address", "bytes", "what", "format", "name"}};
    for (api::ProgramIndex i{0}; i < model.programs.size(); ++i) {
        const api::Program& program = model.programs[i];
        if (std::find(program.devices.begin(), program.devices.end(), l1.device()) == program.devices.end()) {
            continue;
        }
        for (const api::CircularBuffer& buffer : program.circular_buffers) {
            if (!std::any_of(buffer.cores.begin(), buffer.cores.end(),
                             [&](const api::CoreRange& range) { return range.contains(core); })) {
                continue;
            }
            rows.push_back({std::to_string(program.id) + (own->current_program == i ? "*" : ""),
                            buffer.index_mask != 0 ? api::index_text(buffer.index_mask) : kUnknown, hex(buffer.address),
                            std::to_string(buffer.bytes),
                            buffer.global       ? "in a buffer"
                            : buffer.borrowed   ? "in a tensor"
                            : buffer.alias      ? "shared"
                            : buffer.scratchpad ? "scratchpad"
                            : buffer.dataflow   ? "dataflow"
                                                : "circular",
                            buffer.data_format ? api::data_format_name(*buffer.data_format) : kUnknown,
                            printable(inventory::program_label(program))});
        }
    }
    add_table(lines, rows, {1, 4, 5, 6}, options.width);
    lines.emplace_back("  *: of the program launched last here", Style::kDim);
}

Line title(const api::Model& model, const api::Device& device) {
    return Line(device_title(model, device) + (device.board.empty() ? "" : " " + printable(device.board)) +
                    (device.mock ? " (mock)" : ""),
                Style::kTitle);
}

void add_device(Lines& lines, const api::Model& model, api::DeviceIndex index, const L1ReportOptions& options) {
    L1Analysis l1(model, index);
    const api::Device& device = model.devices[index];
    lines.push_back(title(model, device));
    if (options.core) {
        add_core(lines, l1, *options.core, options);
        return;
    }
    const std::optional<api::Layout>& common = l1.l1();
    if (!common) {
        lines.emplace_back("  no tracked process has it open: the contents of its L1 are not known");
        return;
    }
    CircularEnds highest;
    for (const api::CoreGauge& core : l1.gauge().cores) {
        highest.current = std::max(highest.current, core.current_end.value_or(0));
        highest.cached = std::max(highest.cached, core.cached_end.value_or(0));
    }
    const std::optional<uint32_t> banks = device.memory[MemoryKind::kL1].banks;
    heading(lines,
            "L1 of a worker core, " + std::to_string(common->physical_bytes) + " bytes (" +
                (banks ? std::to_string(*banks) : kUnknown) + " of " +
                (device.l1_cores ? std::to_string(*device.l1_cores) : kUnknown) + " cores are banks)",
            options.width);
    add_layout(lines, model, *common, highest, options);
    add_arena(lines, model, index, options);
    add_gauge(lines, l1, options);
    add_conflicts(lines, model, index, options);
    add_failures(lines, model, index, options);
    add_grid(lines, l1, options);
    add_programs(lines, model, index, options);
    if (const std::optional<api::Layout>& dram = l1.dram()) {
        heading(lines,
                "A DRAM bank, " + std::to_string(dram->physical_bytes) + " bytes (" +
                    (device.dram_channels ? std::to_string(*device.dram_channels) : kUnknown) + " alike)",
                options.width);
        add_layout(lines, model, *dram, {}, options);
    }
    add_free_space(lines, l1, options);
    add_free_on_cores(lines, l1, options);
    add_waste(lines, model, index, options);
}

}  // namespace

Lines l1_report(const api::Model& model, const L1ReportOptions& options) {
    Lines lines;
    const std::vector<api::DeviceIndex> first_alike = inventory::alike_devices(model);
    const api::DeviceNames names(model);
    std::map<api::DeviceIndex, api::DeviceIndex>
        printed;  // key: first of a group with equal content; value: the device printed in full
    for (const api::DeviceIndex index : options.devices) {
        if (!lines.empty()) {
            lines.emplace_back("");
        }
        const auto [same, first] = printed.emplace(first_alike[index], index);
        if (first) {
            add_device(lines, model, index, options);
        } else {
            lines.push_back(title(model, model.devices[index]));
            lines.emplace_back("  as device " + printable(names.label(same->second, kUnknown)));
        }
    }
    return lines;
}

}  // namespace ttmem::monitor
