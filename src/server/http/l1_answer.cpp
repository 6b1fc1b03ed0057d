// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// /api/v1/l1: where everything lies in L1 and DRAM banks.
#include <utility>

#include "server/http/api_routes.hpp"
#include "server/http/l1_text.hpp"

namespace ttmem::server {

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
        wanted, request, [arguments](const api::Model& model) { return json_text_reply(l1_text(model, arguments)); },
        std::move(done));
}

}  // namespace ttmem::server
