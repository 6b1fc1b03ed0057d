// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/buffer_page.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "output/buffer_json.hpp"
#include "output/json.hpp"
#include "server/http/api_routes.hpp"

namespace ttmem::server {
namespace {

using Json = nlohmann::ordered_json;

bool wanted(const std::optional<int64_t>& pid, const std::optional<int>& of) {
    return !pid || (of && *of == *pid);
}

bool wanted(const std::optional<int64_t>& device, const std::vector<size_t>& of) {
    return !device || std::find(of.begin(), of.end(), static_cast<size_t>(*device)) != of.end();
}

}  // namespace

std::string buffer_page(const api::Model& model, const Viewer& viewer, const Arguments& arguments) {
    const auto pid = arguments.integer("pid");
    const auto device = arguments.integer("device");
    const auto kind = arguments.choice("kind");
    const auto address = arguments.integer("address");
    const auto covers = [&](const api::Buffer& buffer) {
        return !address || (static_cast<uint64_t>(*address) >= buffer.address &&
                            static_cast<uint64_t>(*address) - buffer.address < buffer.bytes_per_bank);
    };
    const auto first = static_cast<size_t>(arguments.integer("offset").value_or(0));
    const auto most = static_cast<size_t>(arguments.integer("limit").value_or(kUsualBuffers));
    size_t matching = 0;
    uint64_t bytes = 0;
    api::Model page;
    page.devices = model.devices;
    page.processes = model.processes;
    page.contexts = model.contexts;
    page.tensors = model.tensors;
    for (const api::Buffer& buffer : model.buffers) {
        if (!wanted(pid, model.processes[buffer.process].pid) || !wanted(device, buffer.devices) ||
            (kind && to_string(buffer.kind) != *kind) || !covers(buffer)) {
            continue;
        }
        if (matching >= first && matching - first < most) {
            page.buffers.push_back(buffer);
        }
        bytes += buffer.allocated_bytes * buffer.devices.size();
        ++matching;
    }
    hide_details(page, viewer);
    Json answer{{"schema", api::kSchema}, {"time_ns", model.time_ns}};
    answer["matching"] = matching;
    answer["matching_allocated_bytes"] = bytes;
    answer["offset"] = first;
    answer["limit"] = most;
    std::string text = answer.dump();
    text.pop_back();
    text += ",\"buffers\":[";
    {
        output::TextRoom to([&](std::string_view piece) {
            text += piece;
            return true;
        });
        api::BufferJson row(page, -1, 0);
        for (const api::Buffer& buffer : page.buffers) {
            to.put(&buffer == page.buffers.data() ? "\n" : ",\n");
            row.put(buffer, to);
        }
    }
    return text + "]}\n";
}

}  // namespace ttmem::server
