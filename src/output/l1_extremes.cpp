// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "analysis/free_blocks.hpp"
#include "output/l1_report.hpp"
#include "output/l1_sections.hpp"
#include "output/origin.hpp"
#include "output/table.hpp"
#include "output/text.hpp"

namespace ttmem::monitor::l1 {
namespace {

constexpr size_t kMostOffenders = 5;
constexpr size_t kMostGroups = 8;  // of cores with the same room

bool on(const api::Buffer& buffer, api::DeviceIndex device) {
    return std::binary_search(buffer.devices.begin(), buffer.devices.end(), device);
}

void add_waste_of(Lines& lines, const api::Model& model, api::DeviceIndex device, api::MemoryKind kind,
                  const L1ReportOptions& options) {
    std::vector<const api::Buffer*> offenders;
    for (const api::Buffer& buffer : model.buffers) {
        if (memory_kind(buffer.kind) == kind && on(buffer, device) && buffer.lockstep_waste_bytes().value_or(0) > 0) {
            offenders.push_back(&buffer);
        }
    }
    std::stable_sort(offenders.begin(), offenders.end(), [](const api::Buffer* a, const api::Buffer* b) {
        return *a->lockstep_waste_bytes() > *b->lockstep_waste_bytes();
    });
    std::vector<TableRow> rows = {{"buffer", "requested", "padding", "waste", "used banks", "of", "name"}};
    for (size_t i = 0; i < offenders.size() && i < kMostOffenders; ++i) {
        const api::Buffer& buffer = *offenders[i];
        const std::string origin = output::origin_text(model, buffer);
        rows.push_back({std::to_string(buffer.id), std::to_string(buffer.requested_bytes),
                        exact_bytes(buffer.padding_bytes()), exact_bytes(buffer.lockstep_waste_bytes()),
                        std::to_string(buffer.used_banks.value_or(0)), std::to_string(buffer.banks),
                        origin.empty() ? kUnknown : origin});
    }
    const api::Bytes& sum = model.devices[device].memory[kind].lockstep_waste_bytes;
    lines.emplace_back("  " + std::string(to_string(kind)) + ": " + exact_bytes(sum) + " bytes in " +
                       counted(offenders.size(), "buffer"));
    if (!offenders.empty()) {
        add_table(lines, rows, {6}, options.width);
    }
}

}  // namespace

void add_waste(Lines& lines, const api::Model& model, api::DeviceIndex device, const L1ReportOptions& options) {
    heading(lines, "Lockstep waste (bytes in banks that hold nothing of a buffer)", options.width);
    for (const api::MemoryKind kind : api::kAllMemoryKinds) {
        if (model.devices[device].memory[kind].buffers.value_or(0) > 0) {
            add_waste_of(lines, model, device, kind, options);
        }
    }
}

void add_least_headroom(Lines& lines, const api::Model& model, api::DeviceIndex device,
                        const L1ReportOptions& options) {
    const std::optional<api::LeastHeadroom>& least = model.devices[device].least_headroom;
    if (!least) {
        return;
    }
    paragraph(lines,
              "least headroom so far: " + std::to_string(least->bytes) + " bytes, " + local_time(least->time_ns) +
                  ", process " + (least->pid ? std::to_string(*least->pid) : std::string(kUnknown)) + ": program " +
                  std::to_string(least->program_id) + " ended at " + hex(least->end_address) +
                  (least->buffer_id ? ", buffer " + std::to_string(*least->buffer_id) + " began at "
                                    : ", the banks end at ") +
                  hex(least->buffer_address) +
                  (least->operation.empty() ? "" : " (" + printable(least->operation) + ")"),
              options.width, 2);
}

void add_free_on_cores(Lines& lines, inventory::L1Analysis& l1, const L1ReportOptions& options) {
    const std::vector<inventory::FreeOnCores>& groups = l1.free_on_cores();
    if (groups.empty()) {
        return;
    }
    heading(lines, "Free L1 by core (HYBRID allocator: a buffer may lie on these cores alone)", options.width);
    std::vector<TableRow> rows = {{"largest", "free", "holes", "cores"}};
    for (const inventory::FreeOnCores& group : groups) {
        uint64_t sum = 0;
        for (const api::FreeBlock& block : group.blocks) {
            sum += block.bytes;
        }
        rows.push_back({std::to_string(inventory::largest(group.blocks)), std::to_string(sum),
                        std::to_string(group.blocks.size()), core_text(group.cores)});
    }
    const size_t shown = std::min(rows.size(), kMostGroups + 1);
    std::sort(rows.begin() + 1, rows.end(),
              [](const TableRow& a, const TableRow& b) { return std::stoull(a[0]) < std::stoull(b[0]); });
    add_table(lines, {rows.begin(), rows.begin() + static_cast<ptrdiff_t>(shown)}, {3}, options.width);
    if (rows.size() > shown) {
        lines.emplace_back("  and " + counted(rows.size() - shown, "group") + " of cores with more room", Style::kDim);
    }
}

}  // namespace ttmem::monitor::l1
