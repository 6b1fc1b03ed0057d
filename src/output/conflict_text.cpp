// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/conflict_text.hpp"

#include <cstdio>

#include "model/device_names.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

std::string hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

// "buffer 12 (mesh 0, decode)"
std::string name_of(const api::ConflictSide& side) {
    std::string more = side.mesh ? "mesh " + std::to_string(*side.mesh) : "";
    if (!side.region.empty()) {
        more += (more.empty() ? "" : ", ") + printable(side.region);
    }
    return "buffer " + std::to_string(side.id) + (more.empty() ? "" : " (" + more + ")");
}

}  // namespace

std::string conflict_sentence(const api::Model& model, const api::Conflict& conflict) {
    const std::optional<int> pid = model.processes[conflict.process].pid;
    const std::string where = std::to_string(conflict.bytes_per_bank) + " bytes in each " +
                              std::string(to_string(conflict.kind)) + " bank of device " +
                              printable(api::DeviceNames(model).labels(conflict.devices, kUnknown)) + " at " +
                              hex(conflict.address);
    const std::string of_process = "process " + (pid ? std::to_string(*pid) : std::string(kUnknown)) + ": ";
    if (conflict.type == api::ConflictType::kDanglingView) {
        return of_process + "the view " + name_of(conflict.first) + " looks into memory that was freed, and " +
               name_of(conflict.second) + " lies there now (" + where + "): a use of the view reads or overwrites it";
    }
    return of_process + name_of(conflict.first) + " and " + name_of(conflict.second) + " hold the same " + where +
           ": allocators of a parent mesh and its submesh do not know of each other, and what is written into one "
           "buffer overwrites the other";
}

std::string conflict_summary(const api::Model& model) {
    if (model.conflict_count == 0) {
        return "";
    }
    return std::to_string(model.conflict_count) +
           (model.conflict_count == 1 ? " pair of buffers holds" : " pairs of buffers hold") + " the same bytes";
}

}  // namespace ttmem::monitor
