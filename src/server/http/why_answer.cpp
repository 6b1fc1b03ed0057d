// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// /api/v1/why: what `ttmem why --json` prints. An explanation has names, stacks and the text of an exception, and is
// read from the ledger of its process with this server's rights: it is for root and for the user of that process.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "inventory/picture_model.hpp"
#include "output/why_text.hpp"
#include "server/http/api_routes.hpp"

namespace ttmem::server {
namespace {

// Whether the viewer may have it explained.
bool sees(const api::Model& model, api::ProcessIndex process, const Viewer& viewer) {
    return viewer.sees_details_of(model.processes[process].uid);
}

// The newest process of that number, or nothing.
std::optional<api::ProcessIndex> find_process(const api::Model& model, int64_t pid, const Viewer& viewer) {
    for (api::ProcessIndex i{0}; i < model.processes.size(); ++i) {
        if (model.processes[i].pid == pid && sees(model, i, viewer)) {
            return i;
        }
    }
    return std::nullopt;
}

HttpReply explain(api::Model& model, const Arguments& arguments, const Viewer& viewer) {
    const std::optional<int64_t> pid = arguments.integer("pid");
    const std::optional<int64_t> number = arguments.integer("refusal");
    std::optional<api::ProcessIndex> process;
    if (pid) {
        process = find_process(model, *pid, viewer);
        if (!process) {
            return error_reply(404, "no process " + std::to_string(*pid) +
                                        " of yours is tracked, and none of that number ended lately");
        }
    }
    std::erase_if(model.failures, [&](const api::Failure& failure) { return !sees(model, failure.process, viewer); });
    const auto shared = std::make_shared<const api::Model>(std::move(model));
    std::optional<inventory::Explanation> explanation;
    if (arguments.flag("peak")) {
        std::optional<inventory::LatestPeak> peak = inventory::explain_latest_peak(
            *shared, inventory::memory_kind_named(arguments.choice("memory").value_or("")),
            [&](api::ProcessIndex each) { return process ? each == *process : sees(*shared, each, viewer); });
        if (!peak) {
            return error_reply(404, "there is no picture of a peak of yours");
        }
        explanation = std::move(peak->explanation);
    } else if (number) {
        const std::optional<size_t> refusal = analysis::find_refusal(*shared, *process, static_cast<uint64_t>(*number));
        if (!refusal) {
            return error_reply(404, "process " + std::to_string(*pid) + " has no refusal " + std::to_string(*number));
        }
        explanation = inventory::explain_refusal(shared, *refusal);
    } else {
        explanation = inventory::explain_latest(shared, process);
    }
    nlohmann::ordered_json answer = output::why_json(*explanation->model, explanation->why);
    answer["notices"] = shared->notices;
    return json_text_reply(answer.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace

void ApiRoutes::answer_why(const HttpRequest& request, const Arguments& arguments, Done done) {
    if (!request.viewer.uid) {
        done(error_reply(403, "why a request was refused is for a known user: ask the unix socket"));
        return;
    }
    if (arguments.integer("refusal") && !arguments.integer("pid")) {
        done(error_reply(400, "refusal is a number in one process: give its pid, too"));
        return;
    }
    if (arguments.flag("peak") ? arguments.integer("refusal").has_value() : arguments.choice("memory").has_value()) {
        done(error_reply(400, "a peak has a memory, a refusal a number"));
        return;
    }
    inventory::Request wanted;
    wanted.depth = inventory::Depth::kBuffers;
    wanted.programs = inventory::ProgramDepth::kPrograms;
    answer_lists(
        wanted, request,
        [arguments, viewer = request.viewer](api::Model& model) { return explain(model, arguments, viewer); },
        std::move(done));
}

}  // namespace ttmem::server
