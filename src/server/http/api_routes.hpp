// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The HTTP interface of the server (docs/server.md): one table of routes, from which requests are checked, answered
// and described (/api/v1/openapi.json).
//
// Permissions: full command lines are for root and for the process's own user, as the unix socket's peer; other clients
// get the command's name. All other figures stand in files that every user may read. For the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/alive.hpp"
#include "model/model.hpp"
#include "output/prometheus.hpp"
#include "server/background.hpp"
#include "server/event_loop.hpp"
#include "server/http/api_parameters.hpp"
#include "server/http/http_server.hpp"
#include "server/http/list_turns.hpp"
#include "server/http/tool_answers.hpp"
#include "server/http/web_answers.hpp"
#include "server/models.hpp"

namespace ttmem::server {

struct RouteInfo {
    std::string path;
    std::string summary;
    std::string type;  // of its answer
    std::vector<ParameterSpec> parameters;
};
// All of them, in the order of the documentation.
const std::vector<RouteInfo>& routes();
std::string openapi_text(std::string_view version);

// An answer whose body is that JSON.
HttpReply json_text_reply(std::string text);

inline constexpr const char* kGivenUp = "the request was given up";  // by all that asked

// The model as that viewer may see it: others' command lines give way to the commands' names.
void hide_details(api::Model& model, const Viewer& viewer);

class ApiRoutes : public HttpHandler {
public:
    static constexpr uint64_t kEventsEveryNs = 1'000'000'000;
    // Figures that are made at once, and dear answers that wait or are made; equal requests share one, and a long page
    // counts as several.
    static constexpr size_t kMostWaiting = 256;

    struct Settings {
        std::string version;
        MetricsOptions metrics;
        std::function<std::vector<OwnFigure>()> own_figures;
        std::string history_path = {};  // empty: none is kept
        Background* history = nullptr;  // the thread that asks it, which may take long; outlives this
        inventory::Settings places = {};
        Background* renders = nullptr;  // the thread that writes long answers; null: the usual one
    };
    ApiRoutes(EventLoop& loop, Background& background, ModelSource& models, Settings settings);
    ~ApiRoutes() override;

    void handle(const HttpRequest& request, Done done) override;
    // Where a browser of this machine reaches the page.
    void set_page_address(std::string url) { web_.set_address(std::move(url)); }
    void set_metrics(const MetricsOptions& options) { settings_.metrics = options; }

private:
    struct Route {
        RouteInfo info;
        void (ApiRoutes::*answer)(const HttpRequest& request, const Arguments& arguments, Done done);
    };
    static const std::vector<Route>& table();
    friend const std::vector<RouteInfo>& routes();

    struct Listener {
        std::weak_ptr<HttpStream> stream;
        std::optional<int64_t> pid;
        std::optional<int64_t> device;
        std::optional<std::string> type;
        uint64_t number = 0;  // of its next event
    };
    using Render = std::function<std::string(api::Model&)>;
    using Reply = std::function<HttpReply(api::Model&)>;

    struct MetricsPage {
        SharedModel model;  // which it shows
        std::shared_ptr<const std::string> text;
        std::shared_ptr<const std::string> gzip;  // null until a client asks for it
        HttpReply reply(bool takes_gzip) const;
    };

    // Equal requests that wait for the same answer: it is made once. Figures of devices and processes are cheap; lists and
    // the history's file are not, and have turns and room of their own (ListTurns), so that no number of requests for
    // them keeps the figures (/metrics) away.
    struct Equal : ListTurns::Task {
        std::vector<Done> done;
        std::vector<std::shared_ptr<const std::atomic<bool>>> wanted;
        bool is_wanted_by_any() const;
    };

    using SharedEqual = std::shared_ptr<Equal>;

    static std::string key_of(const HttpRequest& request);
    static void give(const Equal& equal, const HttpReply& reply);
    SharedEqual take_equal(const std::string& key);
    void answer_figures(const HttpRequest& request, Render render, Done done);
    // Its key when this request is the first of its kind that waits; else the first one's answer, or a refusal, is its.
    std::optional<std::string> join_figures(const HttpRequest& request, Done done);
    void render_metrics(const std::string& key, bool gzip, const SharedModel& model);

    // The dear answers (list_answers.cpp). Until when a later equal request joins one: until its model is there, or, where
    // the answer has to be of after the request, until it is begun.
    enum class Share : uint8_t { kUntilTaken, kUntilBegun };
    void answer_in_turn(const HttpRequest& request, size_t weight, Share share,
                        std::function<void(const std::string& key, const SharedEqual&)> begin, Done done);
    void make_reply(Background& thread, const SharedEqual& equal, std::function<HttpReply()> make);
    Background& renders() { return settings_.renders != nullptr ? *settings_.renders : background_; }
    void answer_all_buffers(const HttpRequest& request, Render render, Done done);
    void answer_lists(const inventory::Request& wanted, const HttpRequest& request, Reply reply, Done done);

    // The handlers of the table of routes.
    void answer_health(const HttpRequest& request, const Arguments& arguments, Done done);
    void answer_metrics(const HttpRequest& request, const Arguments& arguments, Done done);
    void answer_openapi(const HttpRequest& request, const Arguments& arguments, Done done);
    void answer_snapshot(const HttpRequest& request, const Arguments& arguments, Done done);
    void answer_devices(const HttpRequest& request, const Arguments& arguments, Done done);
    void answer_processes(const HttpRequest& request, const Arguments& arguments, Done done);
    void answer_buffers(const HttpRequest& request, const Arguments& arguments, Done done);
    void answer_l1(const HttpRequest& request, const Arguments& arguments, Done done);   // l1_answer.cpp
    void answer_why(const HttpRequest& request, const Arguments& arguments, Done done);  // why_answer.cpp
    void answer_history(const HttpRequest& request, const Arguments& arguments, Done done);
    void open_events(const HttpRequest& request, const Arguments& arguments, Done done);

    void await_events();
    void send_events(const api::Model& model);

    EventLoop& loop_;
    Background& background_;
    ModelSource& models_;
    Settings settings_;
    ToolAnswers tools_;
    WebAnswers web_;
    uint64_t began_ns_;
    size_t figures_made_ = 0;
    ListTurns turns_{kMostWaiting};
    std::map<std::string, SharedEqual> equal_;  // by request; until their model is there
    std::vector<std::shared_ptr<Listener>> listeners_;
    std::optional<EventLoop::Timer> events_timer_;
    MetricsPage metrics_;           // the last one
    Alive<ApiRoutes> alive_{this};  // the last member: an answer that comes after the end finds it gone
};

}  // namespace ttmem::server
