// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/l1_text.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "output/json.hpp"
#include "output/l1_picture.hpp"

namespace ttmem::server {

using Json = nlohmann::ordered_json;

std::string l1_text(const api::Model& model, const Arguments& arguments) {
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
    inventory::L1Analyses analyses(model);
    for (api::DeviceIndex i{0}; i < model.devices.size(); ++i) {
        if (device ? static_cast<size_t>(*device) == i : model.devices[i].live_processes > 0) {
            answer["devices"].push_back(inventory::l1_picture(i, analyses.analysis(i), core));
        }
    }
    answer["notices"] = model.notices;
    return answer.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ttmem::server
