// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The HTTP interface of the server (docs/server.md): one table of routes, from which requests are checked, answered
// and described (/api/v1/openapi.json).
//
// Permissions: full command lines are for root and for the process's own user, as the unix socket's peer; other clients
// get the command's name. All other figures stand in files that every user may read. For the loop's thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "output/prometheus.hpp"
#include "server/background.hpp"
#include "server/event_loop.hpp"
#include "server/http/api_parameters.hpp"
#include "server/http/http_server.hpp"
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

// The model as that viewer may see it: others' command lines give way to the commands' names.
void hide_details(api::Model& model, const Viewer& viewer);

class ApiRoutes : public HttpHandler {
public:
    static constexpr uint64_t kEventsEveryNs = 1'000'000'000;
    // Answers of one cost that are made at once; equal requests share one, and a long page counts as several.
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

    // The cost of an answer: figures of devices and processes are cheap, lists and the history's file are not. Each cost
    // has room of its own, so that no number of requests for lists keeps the figures (/metrics) away.
    enum class Cost : uint8_t { kFigures, kLists };
    static constexpr size_t kCosts = 2;

    // Equal requests that wait for the same model: it is rendered once.
    struct Equal {
        Cost cost = Cost::kFigures;
        size_t weight = 1;
        std::vector<Done> done;
        std::vector<std::shared_ptr<const std::atomic<bool>>> wanted;
        bool is_wanted_by_any() const;
    };

    void answer_model(ModelSource::Want want, const HttpRequest& request, std::string type, Render render, Done done);
    void answer_buffers(const HttpRequest& request, const Arguments& arguments, Done done);
    // Takes room for an answer. False: there is none, and `done` has got the refusal.
    bool begin(Cost cost, size_t weight, const Done& done);
    void end(Cost cost, size_t weight = 1) { waiting_[static_cast<size_t>(cost)] -= weight; }
    // Its key when this request is the first of its kind that waits; else the first one's answer, or a refusal, is its.
    std::optional<std::string> join_equal(Cost cost, size_t weight, const HttpRequest& request, Done done);
    std::shared_ptr<Equal> take_equal(const std::string& key);
    void render_equal(const std::string& key, const std::string& type, std::function<std::string()> render);
    void render_metrics(const std::string& key, bool gzip, const SharedModel& model);
    static Background::Done release_one(const std::weak_ptr<ApiRoutes*>& weak);
    void answer_lists(const inventory::Request& wanted, const HttpRequest& request, Reply reply, Done done);
    void answer_snapshot(const HttpRequest& request, const Arguments& arguments, Done done);
    void answer_l1(const HttpRequest& request, const Arguments& arguments, Done done);   // l1_answer.cpp
    void answer_why(const HttpRequest& request, const Arguments& arguments, Done done);  // why_answer.cpp
    void reply_to(const SharedModel& model, const HttpRequest& request, Reply reply, Done done);
    void answer(const RouteInfo& route, const HttpRequest& request, const Arguments& arguments, Done done);
    void answer_metrics(const HttpRequest& request, Done done);
    void answer_health(Done done) const;
    void answer_history(const HttpRequest& request, const Arguments& arguments, Done done);
    void open_events(const Arguments& arguments, const Done& done);
    void tell_events();
    void send_events(const api::Model& model);

    EventLoop& loop_;
    Background& background_;
    ModelSource& models_;
    Settings settings_;
    ToolAnswers tools_;
    WebAnswers web_;
    uint64_t began_ns_;
    std::array<size_t, kCosts> waiting_{};
    std::map<std::string, std::shared_ptr<Equal>> equal_;  // by request; until their model is there
    std::vector<std::shared_ptr<Listener>> listeners_;
    std::optional<EventLoop::Timer> events_timer_;
    MetricsPage metrics_;               // the last one
    std::shared_ptr<ApiRoutes*> self_;  // an answer that comes after the end finds it expired
};

}  // namespace ttmem::server
