// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/l1_sections.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "analysis/clash_gauge.hpp"
#include "analysis/free_blocks.hpp"
#include "model/core_bits.hpp"
#include "output/origin.hpp"
#include "output/table.hpp"
#include "output/text.hpp"

namespace ttmem::monitor::l1 {

std::string hex(uint64_t value) {
    return hex_text(value, 8);
}

std::string pid_text(const api::Model& model, api::ProcessIndex process) {
    return process < model.processes.size() && model.processes[process].pid
               ? std::to_string(*model.processes[process].pid)
               : kUnknown;
}

std::string buffer_text(const api::Model& model, api::BufferIndex index) {
    const api::Buffer& buffer = model.buffers[index];
    return "buffer " + std::to_string(buffer.id) + " of process " + pid_text(model, buffer.process) +
           region_text(model, buffer);
}

std::string region_text(const api::Model& model, const api::Buffer& buffer) {
    const std::string origin = output::origin_text(model, buffer);
    return origin.empty() ? "" : " (" + printable(origin) + ")";
}

std::string counted(size_t number, const std::string& thing) {
    return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

void fill(Lines& lines, const std::vector<std::string>& words, const std::string& gap, size_t width, size_t indent,
          Style style) {
    std::string line(indent, ' ');
    bool empty = true;
    for (const std::string& whole : words) {
        // A name that is longer than a line keeps its end.
        const std::string word = cut_front(whole, width - std::min(width - 1, indent + 2));
        if (!empty && columns(line) + gap.size() + columns(word) > width) {
            lines.emplace_back(line, style);
            line.assign(indent + 2, ' ');
            empty = true;
        }
        line += (empty ? "" : gap) + word;
        empty = false;
    }
    lines.emplace_back(line, style);
}

void paragraph(Lines& lines, const std::string& text, size_t width, size_t indent, Style style) {
    std::vector<std::string> words;
    for (size_t at = 0; at < text.size();) {
        const size_t blank = std::min(text.find(' ', at), text.size());
        words.push_back(text.substr(at, blank - at));
        at = blank + 1;
    }
    fill(lines, words, " ", width, indent, style);
}

void heading(Lines& lines, const std::string& text, size_t width) {
    lines.emplace_back("");
    paragraph(lines, text, width, 0, Style::kHeading);
}

namespace {

constexpr size_t kMostPrograms = 16;
constexpr size_t kHoles = 4;           // between which the walls are shown
constexpr size_t kMostInAWall = 4;     // buffers named
constexpr uint64_t kTileBytes = 2048;  // of a 32 x 32 tile of bfloat16

// --- Circular buffers, programs, ring

void add_figures(Lines& lines, const api::Device& device, const L1ReportOptions& options) {
    const api::CircularBufferUse& use = device.circular_buffers;
    heading(lines, "Circular and dataflow buffers and scratchpads, all cores", options.width);
    add_table(lines,
              {{"figure", "bytes", "meaning"},
               {"current", exact_bytes(use.current_bytes), "in L1 now (the last launch on each core)"},
               {"cached union", exact_bytes(use.cached_union_bytes), "what any cached program needs to run again"},
               {"programs sum", exact_bytes(use.programs_sum_bytes), "all programs added up"},
               {"scratchpads", exact_bytes(use.scratchpad_bytes), "of current: scratchpads of kernels"}},
              {0, 2}, options.width);
}

void add_program_list(Lines& lines, const api::Model& model, api::DeviceIndex device, const L1ReportOptions& options) {
    std::vector<const api::Program*> programs;
    for (const api::Program& program : model.programs) {
        if (std::find(program.devices.begin(), program.devices.end(), device) != program.devices.end()) {
            programs.push_back(&program);
        }
    }
    const bool known = model.programs_listed || !model.programs.empty();
    heading(lines, "Programs: " + (known ? std::to_string(programs.size()) : "not known"), options.width);
    if (!known) {
        paragraph(lines, "a recording has buffers, and no programs with their circular buffers and kernels",
                  options.width, 2);
    }
    std::stable_sort(programs.begin(), programs.end(),
                     [](const api::Program* a, const api::Program* b) { return a->last_launch > b->last_launch; });
    if (programs.empty()) {
        return;
    }
    std::vector<TableRow> rows = {{"PID", "id", "type", "launch", "CB bytes/core", "kernels", "kernel bytes", "name"}};
    for (size_t i = 0; i < programs.size() && i < kMostPrograms; ++i) {
        const api::Program& program = *programs[i];
        uint64_t own = 0;
        for (const api::CircularBuffer& buffer : program.circular_buffers) {
            own += buffer.own() ? buffer.bytes : 0;
        }
        rows.push_back({pid_text(model, program.process), std::to_string(program.id),
                        std::string(to_string(program.type)),
                        program.last_launch > 0 ? std::to_string(program.last_launch) : kUnknown,
                        program.buffers_known ? std::to_string(own) : kUnknown, std::to_string(program.kernels.size()),
                        program.kernel_bytes ? std::to_string(*program.kernel_bytes) : kUnknown,
                        printable(inventory::program_label(program))});
    }
    add_table(lines, rows, {2, 7}, options.width);
    if (programs.size() > kMostPrograms) {
        lines.emplace_back(
            "  and " + std::to_string(programs.size() - kMostPrograms) + " launched before (--json lists all)",
            Style::kDim);
    }
}

void add_kernels(Lines& lines, const api::Model& model, api::DeviceIndex device, const L1ReportOptions& options) {
    struct Sum {
        uint64_t programs = 0;
        uint64_t cores = 0;
        api::Bytes bytes = 0;
    };
    std::map<std::tuple<api::ProgramType, api::ProcessorClass, std::string>, Sum> kernels;
    for (const api::Program& program : model.programs) {
        if (std::find(program.devices.begin(), program.devices.end(), device) == program.devices.end()) {
            continue;
        }
        for (const api::Kernel& kernel : program.kernels) {
            Sum& sum = kernels[{kernel.type, kernel.processor, kernel.name}];
            inventory::CoreBits cores;
            cores.add(kernel.cores);
            ++sum.programs;
            sum.cores += cores.count();
            sum.bytes = sum.bytes && kernel.packed_bytes ? api::Bytes(*sum.bytes + *kernel.packed_bytes * cores.count())
                                                         : std::nullopt;
        }
    }
    if (kernels.empty()) {
        return;
    }
    std::vector<std::pair<uint64_t, TableRow>> found;
    for (const auto& [key, sum] : kernels) {
        const auto& [type, processor, name] = key;
        found.push_back({sum.bytes.value_or(0),
                         {std::string(to_string(type)), std::string(to_string(processor)), std::to_string(sum.programs),
                          std::to_string(sum.cores), sum.bytes ? std::to_string(*sum.bytes) : kUnknown,
                          name.empty() ? kUnknown : printable(name)}});
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    heading(lines, "Kernels: " + std::to_string(kernels.size()) + " different ones", options.width);
    std::vector<TableRow> rows = {{"type", "processor", "loaded", "cores", "bytes x cores", "name"}};
    for (size_t i = 0; i < found.size() && i < kMostPrograms; ++i) {
        rows.push_back(found[i].second);
    }
    add_table(lines, rows, {0, 1, 5}, options.width);
    if (found.size() > kMostPrograms) {
        lines.emplace_back("  and " + std::to_string(found.size() - kMostPrograms) + " smaller ones", Style::kDim);
    }
}

// Why no ring is known. Fast dispatch has one for each open device; it is heard of when the device is opened.
std::string ring_is_missing(const api::Model& model, api::DeviceIndex device) {
    if (!model.programs_listed && model.programs.empty()) {
        return "not known: no ring is in a recording";
    }
    const bool late =
        std::any_of(model.allocators.begin(), model.allocators.end(), [&](const api::Allocator& allocator) {
            return allocator.open && allocator.process < model.processes.size() &&
                   model.processes[allocator.process].tracked_since_ns &&
                   std::binary_search(allocator.devices.begin(), allocator.devices.end(), device);
        });
    return late
               ? "not known: tracking began when the device was open already; known once it is opened again (with slow "
                 "dispatch there is none)"
               : "none: slow dispatch has no ring";
}

void add_rings(Lines& lines, const api::Model& model, api::DeviceIndex device, const L1ReportOptions& options) {
    std::vector<TableRow> rows = {{"PID", "mesh", "sub-device", "cores", "used", "capacity", "launches", "evicted"}};
    bool trace = false;
    for (const api::ConfigRing& ring : model.config_rings) {
        const api::Allocator& allocator = model.allocators[ring.allocator];
        if (!allocator.open || !std::binary_search(allocator.devices.begin(), allocator.devices.end(), device)) {
            continue;
        }
        trace = trace || ring.trace;
        rows.push_back({pid_text(model, allocator.process), allocator.mesh ? std::to_string(*allocator.mesh) : kUnknown,
                        std::to_string(ring.sub_device), std::string(to_string(ring.core_type)),
                        ring.trace ? "trace" : std::to_string(ring.used_bytes), std::to_string(ring.capacity_bytes),
                        std::to_string(ring.launches), std::to_string(ring.evictions)});
    }
    heading(lines, "Kernel-config ring, bytes on each core, as the host keeps account", options.width);
    if (rows.size() == 1) {
        paragraph(lines, ring_is_missing(model, device), options.width, 2);
        return;
    }
    add_table(lines, rows, {3}, options.width);
    if (trace) {
        paragraph(lines, "trace: a trace capture took the ring; its contents are not known", options.width, 2);
    }
}

// --- Free space

void add_space(Lines& lines, const api::Model& model, const api::FreeSpace& space, const L1ReportOptions& options) {
    const api::Allocator& allocator = model.allocators[space.allocator];
    std::string text = std::string(to_string(space.kind)) + " of process " + pid_text(model, allocator.process) +
                       (allocator.mesh ? ", mesh " + std::to_string(*allocator.mesh) : "") + ": " +
                       std::to_string(space.free_bytes_per_bank) + " of " + std::to_string(space.banks.bank_bytes) +
                       " bytes free in each of " + std::to_string(space.banks.banks) + " banks, in " +
                       counted(space.block_count, "hole") + ", largest " + std::to_string(space.largest_bytes_per_bank);
    paragraph(lines, text, options.width, 2);
    const auto interleaved = inventory::largest_interleaved(space, kTileBytes);
    const auto sharded = inventory::largest_sharded(space, space.banks.banks, kTileBytes);
    const auto one = inventory::largest_sharded(space, 1, kTileBytes);
    const bool in_l1 = space.kind == api::MemoryKind::kL1 || space.kind == api::MemoryKind::kL1Small;
    if (interleaved && sharded && one) {
        paragraph(lines,
                  "fits (tiles of " + std::to_string(kTileBytes) + " bytes): interleaved " + exact_bytes(interleaved) +
                      "; sharded over n " + (in_l1 ? "cores" : "banks") + " n x " + exact_bytes(one) + ", so " +
                      exact_bytes(sharded) + " over " + std::to_string(space.banks.banks),
                  options.width, 4, Style::kDim);
    }
    for (const api::Wall& wall : inventory::walls(model, space, kHoles)) {
        std::string between;
        for (size_t i = 0; i < wall.buffers.size() && i < kMostInAWall; ++i) {
            const api::Buffer& buffer = model.buffers[wall.buffers[i]];
            between += (between.empty() ? "" : ", ") + std::to_string(buffer.id) + " (" +
                       std::to_string(buffer.bytes_per_bank) + ")";
        }
        if (wall.buffers.size() > kMostInAWall) {
            between += " and " + std::to_string(wall.buffers.size() - kMostInAWall) + " more";
        }
        paragraph(lines,
                  "between the holes of " + std::to_string(wall.below.bytes) + " at " + hex(wall.below.address) +
                      " and " + std::to_string(wall.above.bytes) + " at " + hex(wall.above.address) + ": " +
                      std::to_string(wall.bytes) + " bytes in " + counted(wall.buffers.size(), "buffer") + ", " +
                      between,
                  options.width, 4);
    }
}

}  // namespace

void add_programs(Lines& lines, const api::Model& model, api::DeviceIndex device, const L1ReportOptions& options) {
    add_figures(lines, model.devices[device], options);
    add_program_list(lines, model, device, options);
    add_kernels(lines, model, device, options);
    add_rings(lines, model, device, options);
}

void add_free_space(Lines& lines, inventory::L1Analysis& l1, const L1ReportOptions& options) {
    heading(lines, "Free space and what stands in it (bytes in each bank)", options.width);
    for (const api::FreeSpace& space : l1.spaces()) {
        if (space.banks.bank_bytes > 0) {  // else a trace region that the program did not ask for
            add_space(lines, l1.model(), space, options);
        }
    }
}

}  // namespace ttmem::monitor::l1
