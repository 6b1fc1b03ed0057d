// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/api_routes.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "output/json.hpp"
#include "server/http/gzip.hpp"

namespace ttmem::server {
namespace {

using Json = nlohmann::ordered_json;
using Want = ModelSource::Want;

constexpr const char* kJson = "application/json";
constexpr int64_t kMostBuffers = 1'000'000;
constexpr size_t kStreamPiece = 16 * 1024;

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

HttpReply text_reply(std::string type, std::shared_ptr<const std::string> text) {
    HttpReply reply;
    reply.type = std::move(type);
    reply.body = std::move(text);
    return reply;
}

ParameterSpec pid_parameter() {
    return {"pid", ParameterType::kInteger, "Only of this process", 1, INT32_MAX, {}};
}
ParameterSpec device_parameter() {
    return {"device", ParameterType::kInteger, "Only of the device at this index of the devices", 0, INT32_MAX, {}};
}

bool wanted(const std::optional<int64_t>& pid, const std::optional<int>& of) {
    return !pid || (of && *of == *pid);
}

bool wanted(const std::optional<int64_t>& device, const std::vector<api::DeviceIndex>& of) {
    return !device || std::find(of.begin(), of.end(), api::DeviceIndex(*device)) != of.end();
}

Json head(const api::Model& model) {
    return Json{{"schema", api::kSchema}, {"time_ns", model.time_ns}};
}

std::string render_devices(const api::Model& model) {
    Json answer = head(model);
    answer["devices"] = std::move(api::to_json(model)["devices"]);
    answer["notices"] = model.notices;
    return text_of(answer);
}

std::string render_processes(api::Model& model, const Arguments& arguments) {
    const auto pid = arguments.integer("pid");
    const auto device = arguments.integer("device");
    const auto state = arguments.choice("state");
    std::erase_if(model.processes, [&](const api::Process& process) {
        std::vector<api::DeviceIndex> devices;
        for (const api::ProcessDevice& holding : process.devices) {
            devices.push_back(holding.device);
        }
        return !wanted(pid, process.pid) || !wanted(device, devices) || (state && to_string(process.state) != *state);
    });
    model.buffers.clear();
    Json answer = head(model);
    answer["processes"] = std::move(api::to_json(model)["processes"]);
    return text_of(answer);
}

std::vector<std::string> names_of(const auto& values) {
    std::vector<std::string> names;
    for (const auto value : values) {
        names.emplace_back(to_string(value));
    }
    return names;
}

using api::BufferKind;
using api::EventType;
using api::ProcessState;
constexpr ProcessState kStates[] = {ProcessState::kLive,     ProcessState::kStopped, ProcessState::kExited,
                                    ProcessState::kDied,     ProcessState::kForeign, ProcessState::kCorrupt,
                                    ProcessState::kUntrusted};
constexpr BufferKind kKinds[] = {BufferKind::kDram,         BufferKind::kL1,           BufferKind::kL1Small,
                                 BufferKind::kTrace,        BufferKind::kSystemMemory, BufferKind::kView,
                                 BufferKind::kPreallocated, BufferKind::kHooked,       BufferKind::kDanglingView};
constexpr EventType kEvents[] = {EventType::kAllocate,      EventType::kFree,  EventType::kFail,
                                 EventType::kOpen,          EventType::kClose, EventType::kProgramLoad,
                                 EventType::kProgramUnload, EventType::kClash};

}  // namespace

const std::vector<ApiRoutes::Route>& ApiRoutes::table() {
    static const std::vector<Route> kRoutes = {
        {{"/healthz", "Whether the server works", kJson, {}}, &ApiRoutes::answer_health},
        {{"/metrics", "All figures for Prometheus", kMetricsType, {}}, &ApiRoutes::answer_metrics},
        {{"/api/v1/openapi.json", "This description", kJson, {}}, &ApiRoutes::answer_openapi},
        {{"/api/v1/snapshot",
          "Devices and processes at one moment, as ttmem snapshot --json prints them",
          kJson,
          {{"buffers", ParameterType::kBoolean, "List the live buffers too", 0, 0, {}},
           {"l1",
            ParameterType::kBoolean,
            "What rests on lists, too: clash gauge, layout, regions, free space",
            0,
            0,
            {}}}},
         &ApiRoutes::answer_snapshot},
        {{"/api/v1/devices", "Devices and what is used of their memory", kJson, {}}, &ApiRoutes::answer_devices},
        {{"/api/v1/processes",
          "Processes and what they hold, or held when they ended",
          kJson,
          {pid_parameter(),
           device_parameter(),
           {"state", ParameterType::kChoice, "Only those in this state", 0, 0, names_of(kStates)}}},
         &ApiRoutes::answer_processes},
        {{"/api/v1/buffers",
          "Live buffers, a part of the list at a time",
          kJson,
          {pid_parameter(),
           device_parameter(),
           {"kind", ParameterType::kChoice, "Only of this kind", 0, 0, names_of(kKinds)},
           {"address", ParameterType::kInteger, "Only those that cover this address of a bank", 0, INT64_MAX, {}},
           {"limit", ParameterType::kInteger, "Most rows of the answer (1000 if not given)", 1, kMostBuffers, {}},
           {"offset", ParameterType::kInteger, "Rows to leave out at the front", 0, INT64_MAX, {}}}},
         &ApiRoutes::answer_buffers},
        {{"/api/v1/l1",
          "Where everything lies in L1 and DRAM banks, as ttmem l1 --json prints it; for a known user alone",
          kJson,
          {device_parameter(),
           {"core_x", ParameterType::kInteger, "With core_y: the L1 of this core alone", 0, 255, {}},
           {"core_y", ParameterType::kInteger, "With core_x: the L1 of this core alone", 0, 255, {}}}},
         &ApiRoutes::answer_l1},
        {{"/api/v1/why",
          "Why a request was refused last, as ttmem why --json prints it; for root and the process's own user",
          kJson,
          {pid_parameter(),
           {"refusal", ParameterType::kInteger, "With pid: its refusal of this number", 0, INT64_MAX, {}},
           {"peak", ParameterType::kBoolean, "Instead, who held the memory at the peak", 0, 0, {}},
           {"memory", ParameterType::kChoice, "With peak: of this kind (the fullest if not given)", 0, 0,
            names_of(api::kAllMemoryKinds)}}},
         &ApiRoutes::answer_why},
        {{"/api/v1/history",
          "What was held when, from the history that the server keeps",
          kJson,
          {pid_parameter(),
           {"device_id", ParameterType::kInteger, "Only of the device that tt-metal calls so", 0, INT32_MAX, {}},
           {"since", ParameterType::kTime, "From when on (1h if not given)", 0, 0, {}},
           {"until", ParameterType::kTime, "Until when (now if not given)", 0, 0, {}},
           {"seconds", ParameterType::kChoice, "Seconds a point", 0, 0, {"1", "10", "60"}},
           {"processes", ParameterType::kBoolean, "Series of processes, too (true if not given)", 0, 0, {}},
           {"points", ParameterType::kInteger, "Most points of a series (360 if not given)", 1, 3600, {}}}},
         &ApiRoutes::answer_history},
        {{"/api/v1/events",
          "What happens from now on, as a stream of server-sent events",
          "text/event-stream",
          {pid_parameter(),
           device_parameter(),
           {"type", ParameterType::kChoice, "Only of this type", 0, 0, names_of(kEvents)}}},
         &ApiRoutes::open_events},
    };
    return kRoutes;
}

const std::vector<RouteInfo>& routes() {
    static const std::vector<RouteInfo> kInfos = [] {
        std::vector<RouteInfo> infos;
        for (const ApiRoutes::Route& route : ApiRoutes::table()) {
            infos.push_back(route.info);
        }
        return infos;
    }();
    return kInfos;
}

HttpReply json_text_reply(std::string text) {
    return text_reply(kJson, std::make_shared<const std::string>(std::move(text)));
}

ApiRoutes::ApiRoutes(EventLoop& loop, Background& background, ModelSource& models, Settings settings)
    : loop_(loop),
      background_(background),
      models_(models),
      settings_(std::move(settings)),
      tools_(background, models, {settings_.version, settings_.places, settings_.history_path, settings_.history}),
      web_(loop, background),
      began_ns_(clock_ns(CLOCK_MONOTONIC)) {}

ApiRoutes::~ApiRoutes() {
    if (events_timer_) {
        loop_.cancel(*events_timer_);
    }
}

void ApiRoutes::handle(const HttpRequest& request, Done done) {
    if (tools_.handle(request, done) || web_.handle(request, done)) {
        return;
    }
    HttpRequest identified = request;
    if (std::optional<HttpReply> refused = web_.identify(identified)) {
        done(std::move(*refused));
        return;
    }
    const std::vector<Route>& all = table();
    const auto route =
        std::find_if(all.begin(), all.end(), [&](const Route& one) { return one.info.path == request.path; });
    if (route == all.end()) {
        done(error_reply(404, "there is no such path; /api/v1/openapi.json lists all"));
        return;
    }
    const Result<Arguments> parsed = Arguments::parse(request.parameters, route->info.parameters);
    if (!parsed) {
        done(error_reply(400, parsed.error().message));
        return;
    }
    (this->*route->answer)(identified, parsed.value(), std::move(done));
}

void ApiRoutes::answer_health(const HttpRequest&, const Arguments&, Done done) {
    const double up = static_cast<double>(clock_ns(CLOCK_MONOTONIC) - began_ns_) * 1e-9;
    const Json answer{{"status", "ok"}, {"version", settings_.version}, {"uptime_seconds", up}};
    done(text_reply(kJson, std::make_shared<std::string>(text_of(answer))));
}

void ApiRoutes::answer_openapi(const HttpRequest&, const Arguments&, Done done) {
    done(text_reply(kJson, std::make_shared<std::string>(openapi_text(settings_.version))));
}

void ApiRoutes::answer_devices(const HttpRequest& request, const Arguments&, Done done) {
    answer_figures(request, render_devices, std::move(done));
}

void ApiRoutes::answer_processes(const HttpRequest& request, const Arguments& arguments, Done done) {
    answer_figures(
        request, [arguments](api::Model& model) { return render_processes(model, arguments); }, std::move(done));
}

bool ApiRoutes::Equal::is_wanted_by_any() const {
    return std::any_of(wanted.begin(), wanted.end(), [](const auto& one) { return is_wanted(one); });
}

std::string ApiRoutes::key_of(const HttpRequest& request) {
    std::string key = request.path + (request.takes_gzip ? "?gzip&" : "?") +
                      std::to_string(request.viewer.uid ? int64_t{*request.viewer.uid} : -1);
    for (const auto& [name, value] : request.parameters) {
        key += "&" + name + "=" + value;
    }
    return key;
}

void ApiRoutes::give(const Equal& equal, const HttpReply& reply) {
    for (const Done& done : equal.done) {
        done(reply);
    }
}

std::optional<std::string> ApiRoutes::join_figures(const HttpRequest& request, Done done) {
    std::string key = key_of(request);
    auto found = equal_.find(key);
    const bool is_first = found == equal_.end();
    if (is_first) {
        if (figures_made_ >= kMostWaiting) {
            done(error_reply(503, "too many answers are being made"));
            return std::nullopt;
        }
        ++figures_made_;
        found = equal_.emplace(key, std::make_shared<Equal>()).first;
    }
    found->second->done.push_back(std::move(done));
    found->second->wanted.push_back(request.wanted);
    return is_first ? std::optional(key) : std::nullopt;
}

// A later equal request may want a later model: it begins an answer of its own.
std::shared_ptr<ApiRoutes::Equal> ApiRoutes::take_equal(const std::string& key) {
    const auto found = equal_.find(key);
    std::shared_ptr<Equal> equal = std::move(found->second);
    equal_.erase(found);
    return equal;
}

void ApiRoutes::answer_figures(const HttpRequest& request, Render render, Done done) {
    const std::optional<std::string> key = join_figures(request, std::move(done));
    if (!key) {
        return;
    }
    models_.get(Want::kTotals, [self = alive_.watch(), key = *key, viewer = request.viewer,
                                render = std::move(render)](const SharedModel& model) {
        ApiRoutes* const routes = self.get();
        if (routes == nullptr) {
            return;
        }
        routes->background_.post([self, viewer, render, model, equal = routes->take_equal(key)]() -> Background::Done {
            HttpReply reply = error_reply(503, kGivenUp);
            if (equal->is_wanted_by_any()) {
                api::Model own = *model;
                hide_details(own, viewer);
                reply = json_text_reply(render(own));
            }
            return [self, equal, reply] {
                if (ApiRoutes* const still = self.get()) {
                    --still->figures_made_;
                    give(*equal, reply);
                }
            };
        });
    });
}

void ApiRoutes::answer_snapshot(const HttpRequest& request, const Arguments& arguments, Done done) {
    const Render render = [](const api::Model& model) { return api::to_json_text(model, -1) + "\n"; };
    if (arguments.flag("l1")) {
        inventory::Request wanted;  // as `ttmem snapshot` asks
        wanted.depth = arguments.flag("buffers") ? inventory::Depth::kBuffers : inventory::Depth::kSpace;
        wanted.programs = inventory::ProgramDepth::kL1;
        answer_lists(
            wanted, request, [render](api::Model& model) { return json_text_reply(render(model)); }, std::move(done));
    } else if (arguments.flag("buffers")) {
        answer_all_buffers(request, render, std::move(done));
    } else {
        answer_figures(request, render, std::move(done));
    }
}

// Scrapes of one model share one text, and its compressed form.
void ApiRoutes::answer_metrics(const HttpRequest& request, const Arguments&, Done done) {
    const std::optional<std::string> key = join_figures(request, std::move(done));
    if (!key) {
        return;
    }
    models_.get(Want::kSpace, [self = alive_.watch(), key = *key, gzip = request.takes_gzip](const SharedModel& model) {
        if (ApiRoutes* const routes = self.get()) {
            routes->render_metrics(key, gzip, model);
        }
    });
}

void ApiRoutes::render_metrics(const std::string& key, bool gzip, const SharedModel& model) {
    const std::shared_ptr<Equal> equal = take_equal(key);
    const auto reply = [equal, gzip](const MetricsPage& page) {
        for (const Done& done : equal->done) {
            done(page.reply(gzip));
        }
    };
    const MetricsPage known = model == metrics_.model ? metrics_ : MetricsPage{model, nullptr, nullptr};
    if (known.text != nullptr && (!gzip || known.gzip != nullptr)) {
        --figures_made_;
        reply(known);
        return;
    }
    auto own = std::make_shared<std::vector<OwnFigure>>(settings_.own_figures());
    background_.post(
        [self = alive_.watch(), reply, gzip, known, own, options = settings_.metrics]() -> Background::Done {
            MetricsPage page = known;
            if (page.text == nullptr) {
                page.text = std::make_shared<const std::string>(metrics_text(*page.model, *own, options));
            }
            if (gzip) {
                page.gzip = gzip_of(*page.text);
            }
            return [self, reply, page] {
                if (ApiRoutes* const routes = self.get()) {
                    --routes->figures_made_;
                    routes->metrics_ = page;
                    reply(page);
                }
            };
        },
        Background::Length::kShort);
}

HttpReply ApiRoutes::MetricsPage::reply(bool takes_gzip) const {
    const bool packed = takes_gzip && gzip != nullptr;
    HttpReply answer = text_reply(kMetricsType, packed ? gzip : text);
    answer.headers = {{"Vary", "Accept-Encoding"}};
    if (packed) {
        answer.headers.emplace_back("Content-Encoding", "gzip");
    }
    return answer;
}

void ApiRoutes::open_events(const HttpRequest&, const Arguments& arguments, Done done) {
    auto listener = std::make_shared<Listener>();
    listener->pid = arguments.integer("pid");
    listener->device = arguments.integer("device");
    listener->type = arguments.choice("type");
    HttpReply reply;
    reply.type = "text/event-stream";
    // A browser's or a script's own reader then knows how long to wait before it asks again.
    reply.body = std::make_shared<const std::string>("retry: 2000\n\n");
    reply.stream = [self = alive_.watch(), listener](std::weak_ptr<HttpStream> stream) {
        ApiRoutes* const routes = self.get();
        if (routes == nullptr) {
            return;
        }
        listener->stream = std::move(stream);
        if (routes->listeners_.empty()) {
            // Events from before the first listener are left out: this reads up to now.
            routes->models_.get(Want::kEvents, [self, listener](const SharedModel&) {
                if (ApiRoutes* const still = self.get()) {
                    still->listeners_.push_back(listener);
                    still->await_events();
                }
            });
        } else {
            routes->listeners_.push_back(listener);
        }
    };
    done(reply);
}

void ApiRoutes::await_events() {
    if (events_timer_) {
        return;
    }
    events_timer_ = loop_.at(loop_.now_ns() + kEventsEveryNs, [this] {
        events_timer_.reset();
        std::erase_if(listeners_, [](const auto& listener) { return listener->stream.expired(); });
        if (listeners_.empty()) {
            return;
        }
        models_.get(Want::kEvents, [self = alive_.watch()](const SharedModel& model) {
            if (ApiRoutes* const routes = self.get()) {
                routes->send_events(*model);
                routes->await_events();
            }
        });
    });
}

void ApiRoutes::send_events(const api::Model& model) {
    for (const std::shared_ptr<Listener>& listener : listeners_) {
        const std::shared_ptr<HttpStream> stream = listener->stream.lock();
        if (stream == nullptr) {
            continue;
        }
        auto text = std::make_shared<std::string>();
        size_t events = 0;
        if (model.events_missed > 0) {
            *text += "event: missed\ndata: " + Json{{"events", model.events_missed}}.dump() + "\n\n";
        }
        for (const api::Event& event : model.events) {
            if (!wanted(listener->pid, model.processes[event.process].pid) ||
                !wanted(listener->device, event.devices) ||
                (listener->type && to_string(event.type) != *listener->type)) {
                continue;
            }
            *text += "id: " + std::to_string(listener->number++) + "\nevent: " + std::string(to_string(event.type)) +
                     "\ndata: " + api::to_json(event, model).dump() + "\n\n";
            ++events;
            if (text->size() >= kStreamPiece) {  // in pieces, so that a burst is not all or nothing
                stream->send(text, std::exchange(events, 0));
                text = std::make_shared<std::string>();
            }
        }
        stream->send(text, events);
    }
}

}  // namespace ttmem::server
