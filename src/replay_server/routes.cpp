// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay_server/routes.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "server/http/api_routes.hpp"

namespace ttmem::replay_server {
namespace {

using server::Arguments;
using server::error_reply;
using server::HttpReply;
using server::HttpRequest;
using server::ParameterSpec;
using server::ParameterType;

constexpr int64_t kMostPoints = replay::kBuckets;
constexpr uint64_t kUsualBuffers = 1000;
constexpr std::array<const char*, 4> kMoves = {"back", "on", "note_back", "note_on"};
constexpr std::array kMoveOf = {Moments::Move::kMomentBack, Moments::Move::kMomentOn, Moments::Move::kNoteBack,
                                Moments::Move::kNoteOn};

Moments::Move move_of(const Arguments& arguments) {
    const std::optional<std::string> word = arguments.choice("move");
    for (size_t i = 0; word && i < kMoves.size(); ++i) {
        if (*word == kMoves[i]) {
            return kMoveOf[i];
        }
    }
    return Moments::Move::kStay;
}

std::string buffers(Moments& moments, const Arguments& arguments) {
    const auto unsigned_of = [&](const char* name) -> std::optional<uint64_t> {
        const std::optional<int64_t> value = arguments.integer(name);
        return value ? std::optional(static_cast<uint64_t>(*value)) : std::nullopt;
    };
    inventory::BufferQuery query;
    query.pid = arguments.integer("pid");
    query.device = unsigned_of("device");
    query.kind = arguments.choice("kind");
    query.address = unsigned_of("address");
    query.offset = unsigned_of("offset").value_or(0);
    query.limit = unsigned_of("limit").value_or(kUsualBuffers);
    return moments.buffers(query);
}

std::string history(const Moments& moments, const Arguments& arguments) {
    RunQuestion question;
    if (const std::optional<int64_t> device = arguments.integer("device_id")) {
        question.device = static_cast<int>(*device);
    }
    question.processes = arguments.flag("processes", true);
    question.most_points = static_cast<size_t>(arguments.integer("points").value_or(kMostPoints));
    return moments.history(question);
}

struct Route {
    std::string path;
    bool of_moment = false;  // takes `at`
    std::vector<ParameterSpec> parameters;
    std::function<std::string(Moments&, const Arguments&)> answer;
};

// The parameters that the live server's route of that path takes.
std::vector<ParameterSpec> parameters_of(const std::string& path) {
    for (const server::RouteInfo& route : server::routes()) {
        if (route.path == path) {
            return route.parameters;
        }
    }
    return {};
}

const std::vector<Route>& routes() {
    static const std::vector<Route> kRoutes = {
        {"/api/v1/recording", false, {}, [](Moments& moments, const Arguments&) { return moments.recording(); }},
        {"/api/v1/moment",
         true,
         {{"move", ParameterType::kChoice, "To the moment or note beside it", 0, 0, {kMoves.begin(), kMoves.end()}}},
         [](Moments& moments, const Arguments& arguments) {
             moments.move(move_of(arguments));
             return moments.moment();
         }},
        {"/api/v1/snapshot", true, parameters_of("/api/v1/snapshot"),
         [](Moments& moments, const Arguments& arguments) { return moments.snapshot(arguments.flag("buffers")); }},
        {"/api/v1/buffers", true, parameters_of("/api/v1/buffers"), buffers},
        {"/api/v1/l1", true, parameters_of("/api/v1/l1"),
         [](Moments& moments, const Arguments& arguments) { return moments.l1(arguments); }},
        {"/api/v1/events", true, {}, [](Moments& moments, const Arguments&) { return moments.events(); }},
        {"/api/v1/history",
         false,
         {{"device_id", ParameterType::kInteger, "Of the device that tt-metal calls so", 0, INT32_MAX, {}},
          {"processes", ParameterType::kBoolean, "With device_id: series of processes, too", 0, 0, {}},
          {"points", ParameterType::kInteger, "Most points of a series", 1, kMostPoints, {}}},
         history},
    };
    return kRoutes;
}

// Takes the moment's name out of the parameters. Error: it is given twice.
Result<std::string> take_moment(server::Parameters& parameters) {
    std::string at;
    const auto is_at = [](const auto& parameter) { return parameter.first == "at"; };
    if (std::count_if(parameters.begin(), parameters.end(), is_at) > 1) {
        return Error{"at is given twice"};
    }
    if (const auto found = std::find_if(parameters.begin(), parameters.end(), is_at); found != parameters.end()) {
        at = found->second;
        parameters.erase(found);
    }
    return at;
}

}  // namespace

Routes::Routes(server::EventLoop& loop, server::Background& background, std::shared_ptr<Moments> moments,
               const std::string& command)
    : background_(background),
      moments_(std::move(moments)),
      command_(command),
      // A person looks long at one moment, about which the page asks nothing more.
      web_(loop, background, {command, true, server::WebSessions::kLongestNs}) {}

std::optional<std::string> Routes::new_token() {
    return web_.new_token(geteuid());
}

void Routes::handle(const HttpRequest& request, Done done) {
    if (web_.handle(request, done)) {
        return;
    }
    HttpRequest identified = request;
    if (std::optional<HttpReply> refused = web_.identify(identified)) {
        done(std::move(*refused));
        return;
    }
    if (identified.viewer.uid != geteuid()) {
        done(error_reply(401, "a recording is for its owner alone: open the page with: " + command_));
        return;
    }
    const std::vector<Route>& all = routes();
    const auto route =
        std::find_if(all.begin(), all.end(), [&](const Route& one) { return one.path == identified.path; });
    if (route == all.end()) {
        done(error_reply(404, "there is no such path"));
        return;
    }
    Result<std::string> at = route->of_moment ? take_moment(identified.parameters) : Result<std::string>("");
    const Result<Arguments> arguments =
        at ? Arguments::parse(identified.parameters, route->parameters) : Result<Arguments>(at.error());
    if (!arguments) {
        done(error_reply(400, arguments.error().message));
        return;
    }
    if (waiting_ >= kMostWaiting) {
        done(error_reply(503, "too many answers are being made"));
        return;
    }
    ++waiting_;
    background_.post([self = alive_.watch(), moments = moments_, route, at = std::move(at.value()),
                      arguments = arguments.value(), wanted = request.wanted,
                      done = std::move(done)]() -> server::Background::Done {
        HttpReply reply = error_reply(503, "the request was given up");
        if (server::is_wanted(wanted)) {
            const Result<bool> there = route->of_moment ? moments->go_to(at) : Result<bool>(true);
            reply = there ? server::json_text_reply(route->answer(*moments, arguments))
                          : error_reply(404, there.error().message);
        }
        return [self, reply = std::move(reply), done] {
            if (Routes* const routes = self.get()) {
                --routes->waiting_;
                done(reply);
            }
        };
    });
}

}  // namespace ttmem::replay_server
