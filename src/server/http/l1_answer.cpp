// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// /api/v1/l1: where everything lies in L1 and DRAM banks.
#include <optional>
#include <string>
#include <utility>

#include "output/json.hpp"
#include "output/l1_picture.hpp"
#include "server/http/api_routes.hpp"

namespace ttmem::server {
namespace {

using Json = nlohmann::ordered_json;

// As `ttmem l1 --json` prints it.
std::string render_l1(const api::Model& model, const Arguments& arguments) {
    const auto device = arguments.integer("device");
    const auto x = arguments.integer("core_x");
    const auto y = arguments.integer("core_y");
    std::optional<api::Core> core;
    if (x && y) {
        core.emplace();
        core->x = static_cast<decltype(core->x)>(*x);
        core->y = static_cast<decltype(core->y)>(*y);
    }
    Json answer{{"schema", api::kSchema}, {"time_ns", model.time_ns}};
    answer["devices"] = Json::array();
    for (size_t i = 0; i < model.devices.size(); ++i) {
        if (device ? static_cast<size_t>(*device) == i : model.devices[i].live_processes > 0) {
            answer["devices"].push_back(inventory::l1_picture(model, i, core));
        }
    }
    answer["notices"] = model.notices;
    return answer.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

void ApiRoutes::answer_l1(const HttpRequest& request, const Arguments& arguments, Done done) {
    if (!request.viewer.uid) {
        done(error_reply(403,
                         "where things lie is for a known user: open the page with ttmem web, or ask the unix socket"));
        return;
    }
    inventory::Request wanted;
    wanted.depth = inventory::Depth::kBuffers;
    wanted.programs = inventory::ProgramDepth::kPrograms;
    answer_lists(
        wanted, request, [arguments](const api::Model& model) { return json_text_reply(render_l1(model, arguments)); },
        std::move(done));
}

}  // namespace ttmem::server
