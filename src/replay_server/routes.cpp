// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay_server/routes.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "replay_server/comparison.hpp"
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
constexpr int64_t kMostListed = 100'000;  // as /api/v1/buffers
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
    if (const std::optional<uint64_t> device = unsigned_of("device")) {
        query.device = api::DeviceIndex(*device);
    }
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

using Compare = Result<std::string> (*)(const Recordings&, const std::string& at, const std::string& with,
                                        const Arguments&);

struct Route {
    std::string path;
    bool of_moment = false;  // takes `at`
    std::vector<ParameterSpec> parameters;
    std::function<std::string(Moments&, const Arguments&)> answer;
    Compare compare = nullptr;  // instead of `answer`: takes `with`, too
};

// Moment `at` of the first recording beside moment `with` of the second one, or of the same.
Result<std::string> compare(const Recordings& recordings, const std::string& at, const std::string& with,
                            const Arguments& arguments) {
    Moments& other = recordings.second != nullptr ? *recordings.second : *recordings.first;
    if (const Result<bool> there = recordings.first->go_to(at); !there) {
        return there.error();
    }
    const std::shared_ptr<const api::Model> first = recordings.first->lists();
    if (const Result<bool> there = other.go_to(with); !there) {
        return there.error();
    }
    const std::shared_ptr<const api::Model> second = other.lists();
    ComparisonQuestion question;
    question.by = inventory::group_by(arguments.choice("by").value_or("line")).value_or(question.by);
    const std::string part = arguments.choice("part").value_or("second");
    for (const analysis::Part each : analysis::kAllParts) {
        question.part = part == analysis::to_string(each) ? each : question.part;
    }
    if (const std::optional<int64_t> device = arguments.integer("device_id")) {
        question.device = static_cast<int>(*device);
    }
    question.kind = arguments.choice("kind");
    question.offset = static_cast<uint64_t>(arguments.integer("offset").value_or(0));
    question.limit = static_cast<uint64_t>(arguments.integer("limit").value_or(200));
    return comparison_text(*first, *second,
                           recordings.second != nullptr ? analysis::Same::kTwoRuns : analysis::Same::kOneRun, question);
}

const ParameterSpec kFile{"file", ParameterType::kInteger, "0: the first recording, 1: the one beside it", 0, 1, {}};

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
        {"/api/v1/recording", false, {kFile}, [](Moments& moments, const Arguments&) { return moments.recording(); }},
        {"/api/v1/moment",
         true,
         {kFile,
          {"move", ParameterType::kChoice, "To the moment or note beside it", 0, 0, {kMoves.begin(), kMoves.end()}}},
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
        {"/api/v1/why", true, {}, [](Moments& moments, const Arguments&) { return moments.why(); }},
        {"/api/v1/compare",
         true,
         {{"by",
           ParameterType::kChoice,
           "What is put together",
           0,
           0,
           {"line", "operation", "scope", "tensor", "kind"}},
          {"part", ParameterType::kChoice, "Whose buffers are listed", 0, 0, {"first", "both", "second"}},
          {"device_id", ParameterType::kInteger, "On the device that tt-metal calls so", 0, INT32_MAX, {}},
          {"kind", ParameterType::kChoice, "Of that memory", 0, 0, {"dram", "l1", "l1_small", "trace"}},
          {"offset", ParameterType::kInteger, "Of the listed buffers, those left out", 0, INT64_MAX, {}},
          {"limit", ParameterType::kInteger, "Most listed buffers", 0, kMostListed, {}}},
         nullptr,
         compare},
        {"/api/v1/history",
         false,
         {kFile,
          {"device_id", ParameterType::kInteger, "Of the device that tt-metal calls so", 0, INT32_MAX, {}},
          {"processes", ParameterType::kBoolean, "With device_id: series of processes, too", 0, 0, {}},
          {"points", ParameterType::kInteger, "Most points of a series", 1, kMostPoints, {}}},
         history},
    };
    return kRoutes;
}

// Takes a moment's name out of the parameters. Error: it is given twice.
Result<std::string> take_moment(server::Parameters& parameters, const std::string& name) {
    std::string at;
    const auto is_at = [&name](const auto& parameter) { return parameter.first == name; };
    if (std::count_if(parameters.begin(), parameters.end(), is_at) > 1) {
        return Error{name + " is given twice"};
    }
    if (const auto found = std::find_if(parameters.begin(), parameters.end(), is_at); found != parameters.end()) {
        at = found->second;
        parameters.erase(found);
    }
    return at;
}

// Error: there is no such moment.
Result<std::string> answer_of(const Route& route, const Recordings& recordings, Moments& moments, const std::string& at,
                              const std::string& with, const Arguments& arguments) {
    if (route.compare != nullptr) {
        return route.compare(recordings, at, with, arguments);
    }
    if (route.of_moment) {
        if (const Result<bool> there = moments.go_to(at); !there) {
            return there.error();
        }
    }
    return route.answer(moments, arguments);
}

}  // namespace

Routes::Routes(server::EventLoop& loop, server::Background& background, Recordings recordings,
               const std::string& command)
    : background_(background),
      recordings_(std::move(recordings)),
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
    Result<std::string> at = route->of_moment ? take_moment(identified.parameters, "at") : Result<std::string>("");
    Result<std::string> with = route->compare ? take_moment(identified.parameters, "with") : Result<std::string>("");
    const Result<Arguments> arguments = !at     ? Result<Arguments>(at.error())
                                        : !with ? Result<Arguments>(with.error())
                                                : Arguments::parse(identified.parameters, route->parameters);
    if (!arguments) {
        done(error_reply(400, arguments.error().message));
        return;
    }
    if (waiting_ >= kMostWaiting) {
        done(error_reply(503, "too many answers are being made"));
        return;
    }
    const bool of_second = arguments.value().integer("file").value_or(0) == 1;
    if (of_second && recordings_.second == nullptr) {
        done(error_reply(404, "this page shows one recording"));
        return;
    }
    ++waiting_;
    background_.post([self = alive_.watch(), recordings = recordings_, of_second, route, at = std::move(at.value()),
                      with = std::move(with.value()), arguments = arguments.value(), wanted = request.wanted,
                      done = std::move(done)]() -> server::Background::Done {
        HttpReply reply = error_reply(503, "the request was given up");
        if (server::is_wanted(wanted)) {
            Moments& moments = of_second ? *recordings.second : *recordings.first;
            const Result<std::string> answer = answer_of(*route, recordings, moments, at, with, arguments);
            reply = answer ? server::json_text_reply(answer.value()) : error_reply(404, answer.error().message);
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
