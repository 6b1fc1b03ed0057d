// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Answers that are dear: from lists of buffers and from the history's file. Clients take turns (list_turns.hpp), equal
// requests share an answer, and one that no client waits for any more is not begun.
#include <malloc.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "history/query.hpp"
#include "output/history_text.hpp"
#include "server/http/api_routes.hpp"
#include "server/http/buffer_page_text.hpp"
#include "server/http/http_peer.hpp"

namespace ttmem::server {
namespace {

using Want = ModelSource::Want;

constexpr uint64_t kUsualBuffers = 1000;
constexpr uint64_t kRowsOfOneWeight = 10'000;
constexpr int64_t kUsualPoints = 360;
constexpr size_t kLargeAnswer = size_t{4} << 20;

std::string client_of(const HttpRequest& request) {
    if (request.viewer.uid) {
        return "user " + std::to_string(*request.viewer.uid);
    }
    return request.connection < 0 ? "" : client_name(request.connection);
}

}  // namespace

// `begin` is called when it is the request's turn, and then has to see that the answer is made (make_reply).
void ApiRoutes::answer_in_turn(const HttpRequest& request, size_t weight, Share share,
                               std::function<void(const std::string& key, const SharedEqual&)> begin, Done done) {
    const std::string key = key_of(request);
    if (const auto found = equal_.find(key); found != equal_.end()) {
        const SharedEqual equal = found->second;
        equal->done.push_back(std::move(done));
        equal->wanted.push_back(request.wanted);
        turns_.join(client_of(request), equal);
        return;
    }
    const auto equal = std::make_shared<Equal>();
    equal->weight = weight;
    equal->done.push_back(done);
    equal->wanted.push_back(request.wanted);
    // The task is within itself: by a weak pointer, or it would never be gone.
    equal->begin = [this, key, share, begin = std::move(begin), weak = std::weak_ptr<Equal>(equal)] {
        const SharedEqual self = weak.lock();
        if (!self->is_wanted_by_any()) {
            take_equal(key);
            turns_.end(self);
            give(*self, error_reply(503, kGivenUp));
            return;
        }
        if (share == Share::kUntilBegun) {
            take_equal(key);
        }
        begin(key, self);
    };
    equal->refuse = [this, key, weak = std::weak_ptr<Equal>(equal)] {
        const SharedEqual self = weak.lock();
        take_equal(key);
        give(*self, error_reply(503, "too many answers are being made; this client waits for most of them"));
    };
    equal_.emplace(key, equal);
    if (!turns_.enter(client_of(request), equal)) {
        take_equal(key);
        done(error_reply(503, "too many answers are being made"));
    }
}

void ApiRoutes::make_reply(Background& thread, const SharedEqual& equal, std::function<HttpReply()> make) {
    thread.post([self = alive_.watch(), equal, make = std::move(make)]() -> Background::Done {
        const HttpReply reply = equal->is_wanted_by_any() ? make() : error_reply(503, kGivenUp);
        if (reply.body != nullptr && reply.body->size() > kLargeAnswer) {
            malloc_trim(0);  // malloc would keep what the answer was made in, several times its size, for good
        }
        return [self, equal, reply] {
            if (ApiRoutes* const routes = self.get()) {
                routes->turns_.end(equal);
                give(*equal, reply);
            }
        };
    });
}

void ApiRoutes::answer_all_buffers(const HttpRequest& request, Render render, Done done) {
    const auto begin = [this, viewer = request.viewer, render = std::move(render)](const std::string& key,
                                                                                   const SharedEqual& equal) {
        models_.get(Want::kBuffers, [self = alive_.watch(), key, equal, viewer, render](const SharedModel& model) {
            if (ApiRoutes* const routes = self.get()) {
                routes->take_equal(key);
                routes->make_reply(routes->renders(), equal, [viewer, render, model] {
                    api::Model own = *model;
                    hide_details(own, viewer);
                    return json_text_reply(render(own));
                });
            }
        });
    };
    answer_in_turn(request, 1, Share::kUntilTaken, begin, std::move(done));
}

void ApiRoutes::answer_buffers(const HttpRequest& request, const Arguments& arguments, Done done) {
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
    const size_t weight = 1 + query.limit / kRowsOfOneWeight;  // its rows stay in memory until they are written out
    const auto begin = [this, query, viewer = request.viewer](const std::string& key, const SharedEqual& equal) {
        models_.get_page(
            query, [equal] { return equal->is_wanted_by_any(); },
            [self = alive_.watch(), key, equal, viewer, query](const SharedPage& page) {
                if (ApiRoutes* const routes = self.get()) {
                    routes->take_equal(key);
                    routes->make_reply(routes->renders(), equal, [viewer, query, page] {
                        return page == nullptr ? error_reply(503, kGivenUp)
                                               : json_text_reply(buffer_page_text(*page, query, viewer));
                    });
                }
            });
    };
    answer_in_turn(request, weight, Share::kUntilTaken, begin, std::move(done));
}

// Read for this answer: its lists may be long, so that models of this kind are not kept.
void ApiRoutes::answer_lists(const inventory::Request& wanted, const HttpRequest& request, Reply reply, Done done) {
    const auto begin = [this, wanted, viewer = request.viewer, reply = std::move(reply)](const std::string&,
                                                                                         const SharedEqual& equal) {
        models_.read_fresh(wanted, [self = alive_.watch(), equal, viewer, reply](const SharedModel& model) {
            if (ApiRoutes* const routes = self.get()) {
                routes->make_reply(routes->background_, equal, [viewer, reply, model] {
                    api::Model own = *model;
                    hide_details(own, viewer);
                    return reply(own);
                });
            }
        });
    };
    answer_in_turn(request, 1, Share::kUntilBegun, begin, std::move(done));
}

// The file is opened for each question: a writer that sets it aside or begins a new one need not notify this server.
void ApiRoutes::answer_history(const HttpRequest& request, const Arguments& arguments, Done done) {
    if (settings_.history_path.empty()) {
        done(error_reply(404, "this server keeps no history"));
        return;
    }
    constexpr uint64_t kHourNs = 3'600'000'000'000;
    const auto narrow = [](std::optional<int64_t> value) {
        return value ? std::optional(static_cast<int>(*value)) : std::nullopt;
    };
    history::Question question;
    question.pid = narrow(arguments.integer("pid"));
    question.device = narrow(arguments.integer("device_id"));
    question.since_ns = arguments.time("since").value_or(clock_ns(CLOCK_REALTIME) - kHourNs);
    question.until_ns = arguments.time("until").value_or(question.until_ns);
    question.processes = arguments.flag("processes", true);
    question.most_points = static_cast<uint64_t>(arguments.integer("points").value_or(kUsualPoints));
    if (const auto seconds = arguments.choice("seconds")) {
        question.tier = static_cast<history::Tier>(std::stoul(*seconds));
    }
    const auto begin = [this, question](const std::string&, const SharedEqual& equal) {
        make_reply(*settings_.history, equal, [question, path = settings_.history_path] {
            Result<history::History> database = history::History::open(path);
            if (!database) {
                return error_reply(503, database.error().message);
            }
            const Result<history::Answer> answer = database.value().ask(question);
            return answer ? json_text_reply(history::to_json_text(answer.value(), -1) + "\n")
                          : error_reply(503, answer.error().message);
        });
    };
    answer_in_turn(request, 1, Share::kUntilBegun, begin, std::move(done));
}

}  // namespace ttmem::server
