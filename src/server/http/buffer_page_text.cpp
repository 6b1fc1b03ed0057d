// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/buffer_page_text.hpp"

#include <nlohmann/json.hpp>

#include "output/buffer_json.hpp"
#include "output/json.hpp"
#include "server/http/api_routes.hpp"

namespace ttmem::server {

std::string buffer_page_text(const inventory::BufferPage& page, const inventory::BufferQuery& query,
                             const Viewer& viewer) {
    api::Model model = page.model;
    hide_details(model, viewer);
    const nlohmann::ordered_json head{
        {"schema", api::kSchema},    {"time_ns", model.time_ns},
        {"matching", page.matching}, {"matching_allocated_bytes", page.matching_allocated_bytes},
        {"offset", query.offset},    {"limit", query.limit}};
    std::string text = head.dump();
    text.pop_back();
    text += ",\"buffers\":[";
    {
        output::TextRoom to([&](std::string_view piece) {
            text += piece;
            return true;
        });
        api::BufferJson row(model, -1, 0);
        for (const api::Buffer& buffer : model.buffers) {
            to.put(&buffer == model.buffers.data() ? "\n" : ",\n");
            row.put(buffer, to);
        }
    }
    return text + "]}\n";
}

}  // namespace ttmem::server
