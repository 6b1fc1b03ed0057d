// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/api_routes.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>

#include <atomic>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "history/store.hpp"
#include "server/http/http_test_support.hpp"

namespace ttmem::server {
namespace {

using nlohmann::json;
using testing::Answer;
using testing::Client;
using testing::LoopThread;

// Two processes of different users on one device.
api::Model model_of_two() {
    api::Model model;
    model.time_ns = 7;
    model.devices.resize(2);
    model.devices[0].id = 0;
    model.devices[1].id = 1;
    model.buffers_listed = true;
    for (const uint32_t uid : {1000U, 1001U}) {
        api::Process process;
        process.pid = static_cast<int>(uid);
        process.uid = uid;
        process.name = "python3";
        process.command = "python3 job.py --key=" + std::to_string(uid);
        process.devices.resize(1);
        process.devices[0].device = api::DeviceIndex(uid - 1000);
        for (uint64_t i = 0; i < 5; ++i) {
            api::Buffer buffer;
            buffer.process = api::ProcessIndex(model.processes.size());
            buffer.id = i;
            buffer.devices = {api::DeviceIndex(uid - 1000)};
            buffer.kind = i == 0 ? api::BufferKind::kL1 : api::BufferKind::kDram;
            buffer.allocated_bytes = 100;
            buffer.region = "layer of " + std::to_string(uid);
            model.buffers.push_back(buffer);
        }
        api::Program program;
        program.process = api::ProcessIndex(model.processes.size());
        program.operation = "layer of " + std::to_string(uid);
        program.kernels.resize(1);
        program.kernels[0].name = "layer of " + std::to_string(uid);
        model.programs.push_back(program);
        api::Failure failure;
        failure.process = api::ProcessIndex(model.processes.size());
        failure.operation = failure.program = failure.exception = "layer of " + std::to_string(uid);
        model.failures.push_back(failure);
        model.processes.push_back(process);
    }
    for (const auto type : {api::EventType::kAllocate, api::EventType::kFail}) {
        api::Event event;
        event.process = 1;
        event.type = type;
        event.bytes = 55;
        event.devices = {1};
        model.events.push_back(event);
    }
    return model;
}

class FixedModels : public ModelSource {
public:
    void get(Want, Got got) override { got(model); }
    void read_fresh(const inventory::Request&, Got got) override {
        ++fresh_reads;
        if (holds) {
            held.push_back(std::move(got));
        } else {
            got(model);
        }
    }
    void get_page(const inventory::BufferQuery& query, IsWanted, GotPage got) override {
        inventory::BufferPageMaker maker(*model, query);
        maker.add_model();
        got(std::make_shared<const inventory::BufferPage>(maker.take()));
    }
    // Gives what it has held back.
    void release() {
        for (const Got& got : std::exchange(held, {})) {
            got(model);
        }
    }
    SharedModel model = std::make_shared<api::Model>(model_of_two());
    size_t fresh_reads = 0;
    bool holds = false;
    std::vector<Got> held;
};

class ApiRoutesTest : public ::testing::Test {
protected:
    void SetUp() override {
        // A history of one moment.
        char name[] = "/tmp/ttmem-routes-test-XXXXXX";
        folder_ = mkdtemp(name);
        history::Settings history;
        history.path = folder_ + "/history.db";
        std::vector<std::string> notices;
        auto store = history::Store::open(history, notices);
        ASSERT_TRUE(store) << store.error().message;
        api::Model moment = model_of_two();
        moment.time_ns = clock_ns(CLOCK_REALTIME);
        ASSERT_TRUE(store.value()->record(moment)) << store.value()->error();
        UniqueFd listener = testing::listen_on_loopback(port_);
        loop_.call([&] {
            background_ = std::move(Background::start(loop_.loop()).value());
            asking_ = std::move(Background::start(loop_.loop()).value());
            routes_ = std::make_unique<ApiRoutes>(
                loop_.loop(), *background_, models_,
                ApiRoutes::Settings{"1.2.3",
                                    {},
                                    [] {
                                        return std::vector<OwnFigure>{{"tt_own", "Own", false, {}, 5}};
                                    },
                                    history.path,
                                    asking_.get()});
            server_ =
                std::move(HttpServer::start(loop_.loop(), log_, *routes_, std::move(listener), HostRule{}, {}).value());
        });
    }
    void TearDown() override {
        loop_.call([&] {
            server_.reset();
            routes_.reset();
            background_.reset();
            asking_.reset();
        });
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    Answer get(const std::string& target) { return Client(port_).get(target); }
    json get_json(const std::string& target) {
        const Answer answer = get(target);
        EXPECT_EQ(answer.status, 200) << target << answer.body;
        return json::parse(answer.body);
    }
    // As the unix socket would ask.
    HttpReply reply_as(uid_t uid, const std::string& path, const Parameters& parameters = {}) {
        std::promise<HttpReply> reply;
        loop_.call([&] {
            HttpRequest request;
            request.path = path;
            request.parameters = parameters;
            request.viewer.uid = uid;
            routes_->handle(request, [&](const HttpReply& answer) { reply.set_value(answer); });
        });
        return reply.get_future().get();
    }
    json get_as(uid_t uid, const std::string& path) { return json::parse(*reply_as(uid, path).body); }

    Log log_{LogLevel::kError};
    LoopThread loop_;
    FixedModels models_;
    std::string folder_;
    std::unique_ptr<Background> background_;
    std::unique_ptr<Background> asking_;
    std::unique_ptr<ApiRoutes> routes_;
    std::unique_ptr<HttpServer> server_;
    uint16_t port_ = 0;
};

TEST_F(ApiRoutesTest, TheDescriptionIsOfTheRoutesThatThereAre) {
    const json description = get_json("/api/v1/openapi.json");
    EXPECT_EQ(description["openapi"], "3.0.3");
    EXPECT_EQ(description["info"]["version"], "1.2.3");
    std::set<std::string> described;
    for (const auto& [path, item] : description["paths"].items()) {
        described.insert(path);
        EXPECT_EQ(item.size(), 1u) << "nothing but get";
        const json& get_item = item["get"];
        if (path != "/api/v1/events") {
            const Answer answer = get(path);
            EXPECT_EQ(answer.status, path == "/api/v1/l1" || path == "/api/v1/why" ? 403 : 200)
                << path;  // those are for known users
            const std::string type = get_item["responses"]["200"]["content"].begin().key();
            EXPECT_NE(answer.head.find("Content-Type: " + type), std::string::npos) << path << answer.head;
        }
        // Each parameter is one that the route takes, within its bounds, and refuses beyond them.
        for (const json& parameter : get_item["parameters"]) {
            const std::string name = parameter["name"];
            const json& schema = parameter["schema"];
            if (schema["type"] == "integer") {
                EXPECT_EQ(get(path + "?" + name + "=" + std::to_string(int64_t{schema["minimum"]} - 1)).status, 400);
            }
            EXPECT_EQ(get(path + "?" + name + "=none%20such").status, 400) << path << name;
        }
        EXPECT_EQ(get(path + "?none_such=1").status, 400) << path;
    }
    std::set<std::string> known;
    for (const RouteInfo& route : routes()) {
        known.insert(route.path);
    }
    EXPECT_EQ(described, known);
    EXPECT_EQ(get("/index.html").status, 404);
    EXPECT_EQ(get("/api/v1/snapshot/").status, 404);
}

TEST_F(ApiRoutesTest, HealthAndMetrics) {
    EXPECT_EQ(get_json("/healthz")["status"], "ok");
    const Answer metrics = get("/metrics");
    EXPECT_NE(metrics.body.find("tt_own 5\n"), std::string::npos);
    EXPECT_EQ(metrics.body, get("/metrics").body);
    EXPECT_EQ(metrics.head.find("Content-Encoding"), std::string::npos);
    EXPECT_NE(metrics.head.find("Vary: Accept-Encoding"), std::string::npos);
}

// A body out of gzip's format; empty: it is no whole one.
std::string unpacked(const std::string& body) {
    z_stream stream{};
    std::string text(1 << 20, '\0');
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    std::string from = body;
    stream.next_in = reinterpret_cast<Bytef*>(from.data());
    stream.avail_in = static_cast<uInt>(from.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    const bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0;
    text.resize(whole ? stream.total_out : 0);
    inflateEnd(&stream);
    return text;
}

TEST_F(ApiRoutesTest, MetricsAreCompressedWhenAsked) {
    const std::string asks = "Host: localhost\r\nAccept-Encoding: gzip;q=1.0,*;q=0.1\r\n";
    const Answer packed = Client(port_).get("/metrics", asks);
    EXPECT_NE(packed.head.find("Content-Encoding: gzip"), std::string::npos);
    EXPECT_NE(packed.head.find("Vary: Accept-Encoding"), std::string::npos);
    const Answer plain = get("/metrics");
    EXPECT_EQ(plain.head.find("Content-Encoding"), std::string::npos);
    EXPECT_EQ(unpacked(packed.body), plain.body);
    EXPECT_LT(packed.body.size(), plain.body.size());
    EXPECT_EQ(unpacked(Client(port_).get("/metrics", asks).body), plain.body) << "of a page that is known";
}

TEST_F(ApiRoutesTest, OverTcpNobodySeesCommandLines) {
    for (const char* path :
         {"/api/v1/snapshot", "/api/v1/snapshot?buffers=true", "/api/v1/processes", "/metrics", "/api/v1/buffers"}) {
        EXPECT_EQ(get(path).body.find("key="), std::string::npos) << path;
        EXPECT_EQ(get(path).body.find("layer of"), std::string::npos) << path;
    }
    EXPECT_EQ(get_json("/api/v1/snapshot")["processes"][0]["command"], "python3");
}

TEST_F(ApiRoutesTest, OwnersAndRootSeeTheirs) {
    const auto commands = [&](uid_t uid) {
        std::vector<std::string> all;
        const json answer = get_as(uid, "/api/v1/processes");
        for (const json& process : answer["processes"]) {
            all.push_back(process["command"]);
        }
        return all;
    };
    using Commands = std::vector<std::string>;
    EXPECT_EQ(commands(0), (Commands{"python3 job.py --key=1000", "python3 job.py --key=1001"}));
    EXPECT_EQ(commands(1000), (Commands{"python3 job.py --key=1000", "python3"}));
    EXPECT_EQ(commands(1001), (Commands{"python3", "python3 job.py --key=1001"}));
    EXPECT_EQ(commands(1002), (Commands{"python3", "python3"}));
}

TEST_F(ApiRoutesTest, OwnersAndRootSeeWhatTheirProgramsCallThings) {
    const auto regions = [&](uid_t uid) {
        std::set<std::string> all;
        const json answer = get_as(uid, "/api/v1/buffers");
        for (const json& buffer : answer["buffers"]) {
            all.insert(buffer["region"].is_null() ? "-" : buffer["region"].get<std::string>());
        }
        return all;
    };
    using Regions = std::set<std::string>;
    EXPECT_EQ(regions(0), (Regions{"layer of 1000", "layer of 1001"}));
    EXPECT_EQ(regions(1000), (Regions{"layer of 1000", "-"}));
    EXPECT_EQ(regions(1002), (Regions{"-"}));
    api::Model model = model_of_two();
    hide_details(model, Viewer{1001});
    EXPECT_EQ(model.programs[0].operation + model.programs[0].kernels[0].name, "");
    EXPECT_EQ(model.failures[0].operation + model.failures[0].program + model.failures[0].exception, "");
    EXPECT_EQ(model.programs[1].operation, "layer of 1001");
    EXPECT_EQ(model.programs[1].kernels[0].name, "layer of 1001");
    EXPECT_EQ(model.failures[1].operation, "layer of 1001");
    EXPECT_EQ(model.failures[1].program, "layer of 1001");
    EXPECT_EQ(model.failures[1].exception, "layer of 1001");
}

TEST_F(ApiRoutesTest, WhyIsForTheOwnerOfTheProcessAndRoot) {
    const auto why = [&](uid_t uid, const Parameters& parameters = {}) {
        const HttpReply reply = reply_as(uid, "/api/v1/why", parameters);
        json answer = json::parse(*reply.body);
        answer["status"] = reply.status;
        return answer;
    };
    for (const uid_t uid : {1000U, 1001U}) {
        const json own = why(uid);
        EXPECT_EQ(own["pid"], uid) << "the latest refusal of all is user 1001's";
        EXPECT_EQ(own["exception"], "layer of " + std::to_string(uid));
        EXPECT_EQ(why(0, {{"pid", std::to_string(uid)}}), why(uid, {{"pid", std::to_string(uid)}}));
    }
    EXPECT_EQ(why(0)["pid"], 1001);
    EXPECT_EQ(why(1000, {{"pid", "1001"}})["status"], 404) << "of another user";
    EXPECT_EQ(why(1000, {{"pid", "1001"}})["error"].get<std::string>().find("layer"), std::string::npos);
    EXPECT_EQ(why(0, {{"pid", "5"}})["status"], 404);
    const json stranger = why(1002);
    EXPECT_EQ(stranger["verdict"], "none");
    EXPECT_EQ(stranger.dump().find("layer of"), std::string::npos) << stranger;
    EXPECT_EQ(why(1000, {{"pid", "1000"}, {"refusal", "0"}})["number"], 0);
    EXPECT_EQ(why(1000, {{"pid", "1000"}, {"refusal", "1"}})["status"], 404);
    EXPECT_EQ(why(1000, {{"refusal", "0"}})["status"], 400) << "a number in which process?";
    EXPECT_EQ(why(1000, {{"peak", "true"}})["status"], 404) << "these processes have no ledger";
    EXPECT_EQ(why(1000, {{"peak", "true"}, {"memory", "l2"}})["status"], 400);
    EXPECT_EQ(why(1000, {{"memory", "l1"}})["status"], 400);
    EXPECT_EQ(why(1000, {{"pid", "1000"}, {"peak", "true"}, {"refusal", "0"}})["status"], 400);
    EXPECT_EQ(get("/api/v1/why?pid=1000").status, 403) << "over TCP the user is not known";
}

TEST_F(ApiRoutesTest, ThePageComesWithItsOwnPolicy) {
    const Answer plain = get("/");
    EXPECT_EQ(plain.status, 200);
    EXPECT_NE(plain.head.find("Content-Type: text/html; charset=utf-8"), std::string::npos);
    EXPECT_NE(plain.head.find("script-src 'sha256-"), std::string::npos);
    EXPECT_NE(plain.head.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_EQ(plain.head.find("default-src 'none'; frame-ancestors"), std::string::npos) << "two policies";
    EXPECT_NE(plain.body.find("<!doctype html>"), std::string::npos);
    EXPECT_EQ(get("/?view=timeline&t=1").body, plain.body) << "what stands behind ? is for the page";
    const Answer packed = Client(port_).get("/", "Host: localhost\r\nAccept-Encoding: br, gzip\r\n");
    EXPECT_NE(packed.head.find("Content-Encoding: gzip"), std::string::npos);
    EXPECT_EQ(packed.body.substr(0, 2), "\x1f\x8b");
    EXPECT_LT(packed.body.size() * 2, plain.body.size());
}

TEST_F(ApiRoutesTest, OtherSitesMayLinkToThePageAndReadNothing) {
    const std::string foreign = "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n";
    EXPECT_EQ(Client(port_).get("/", foreign).status, 200);
    EXPECT_EQ(Client(port_).get("/api/v1/snapshot", foreign).status, 403);
    EXPECT_EQ(Client(port_).get("/", "Host: evil.example\r\n").status, 403);
}

TEST_F(ApiRoutesTest, APageOfAKnownUserSeesThatUsersDetails) {
    loop_.call([&] { routes_->set_page_address("http://127.0.0.1:9465/"); });
    EXPECT_EQ(get("/api/v1/tools/page").status, 404) << "over TCP the user is not known";
    const json issued = get_as(1001, "/api/v1/tools/page");
    EXPECT_EQ(issued["url"], "http://127.0.0.1:9465/");
    EXPECT_EQ(issued["seconds"], 60);
    const auto with = [&](const std::string& header, const std::string& value, const std::string& target) {
        return Client(port_).get(target, "Host: localhost\r\n" + header + ": " + value + "\r\n");
    };
    const std::string token = issued["token"];
    EXPECT_EQ(get("/api/v1/web/session").status, 400);
    const std::string wrong = (token[0] == '0' ? "1" : "0") + token.substr(1);
    EXPECT_EQ(with("X-Ttmem-Token", wrong, "/api/v1/web/session").status, 401);
    EXPECT_EQ(with("X-Ttmem-Session", token, "/api/v1/snapshot").status, 401) << "a token opens nothing by itself";
    const Answer opened = with("X-Ttmem-Token", token, "/api/v1/web/session");
    ASSERT_EQ(opened.status, 200) << opened.body;
    const std::string key = json::parse(opened.body)["session"];
    EXPECT_EQ(with("X-Ttmem-Token", token, "/api/v1/web/session").status, 401) << "used twice";
    const json seen = json::parse(with("X-Ttmem-Session", key, "/api/v1/processes").body);
    EXPECT_EQ(seen["processes"][0]["command"], "python3") << "of user 1000";
    EXPECT_EQ(seen["processes"][1]["command"], "python3 job.py --key=1001");
    EXPECT_EQ(with("X-Ttmem-Session", key, "/api/v1/l1?device=0").status, 200);
    EXPECT_EQ(with("X-Ttmem-Session", key, "/api/v1/tools/page").status, 404) << "a session makes no tokens";
    EXPECT_EQ(get("/api/v1/l1").status, 403);
}

// Maps, explanations and questions to the history are dear: equal ones that wait for their turn are made once.
TEST_F(ApiRoutesTest, EqualDearRequestsShareAnAnswer) {
    constexpr size_t kRequests = 50;
    std::atomic<size_t> answered = 0;
    std::atomic<size_t> good = 0;
    loop_.call([&] {
        models_.holds = true;
        for (size_t i = 0; i < kRequests; ++i) {
            HttpRequest request;
            request.path = "/api/v1/l1";
            request.viewer.uid = 1000;
            routes_->handle(request, [&](const HttpReply& reply) {
                ++answered;
                good += reply.status == 200 ? 1 : 0;
            });
        }
    });
    while (answered < kRequests) {
        loop_.call([&] { models_.release(); });
        std::this_thread::yield();
    }
    EXPECT_EQ(good, kRequests);
    loop_.call([&] {
        EXPECT_LE(models_.fresh_reads, ListTurns::kMostAtOnce + 1);
        models_.holds = false;
    });
}

TEST_F(ApiRoutesTest, ListsAreFiltered) {
    EXPECT_EQ(get_json("/api/v1/devices")["devices"].size(), 2u);
    EXPECT_EQ(get_json("/api/v1/processes?pid=1001")["processes"].size(), 1u);
    EXPECT_EQ(get_json("/api/v1/processes?device=0")["processes"][0]["pid"], 1000);
    EXPECT_EQ(get_json("/api/v1/processes?state=died")["processes"].size(), 0u);
    const json buffers = get_json("/api/v1/buffers?pid=1001&kind=dram&limit=2&offset=1");
    EXPECT_EQ(buffers["matching"], 4);
    EXPECT_EQ(buffers["matching_allocated_bytes"], 400);
    ASSERT_EQ(buffers["buffers"].size(), 2u);
    EXPECT_EQ(buffers["buffers"][0]["id"], 2);
    EXPECT_EQ(get_json("/api/v1/buffers?device=1")["matching"], 5);
    EXPECT_EQ(get_json("/api/v1/buffers?address=0")["matching"], 0) << "these take no bytes of a bank";
    EXPECT_EQ(get_json("/api/v1/buffers?offset=100")["buffers"].size(), 0u);
    EXPECT_EQ(get_json("/api/v1/snapshot?buffers=1")["buffers"].size(), 10u);
    EXPECT_EQ(get_json("/api/v1/snapshot?l1=true")["devices"].size(), 2u);
}

TEST_F(ApiRoutesTest, TheHistoryIsAsked) {
    const json all = get_json("/api/v1/history");
    EXPECT_EQ(all["processes"].size(), 2u);
    EXPECT_EQ(all.dump().find("key="), std::string::npos);
    EXPECT_EQ(get_json("/api/v1/history?pid=1001&since=10m&seconds=1&points=5")["processes"].size(), 1u);
    const auto series_of_processes = [&](const char* target) {
        const json answer = get_json(target);
        return std::count_if(answer["series"].begin(), answer["series"].end(),
                             [](const json& series) { return !series["process_index"].is_null(); });
    };
    EXPECT_EQ(series_of_processes("/api/v1/history"), 2);
    EXPECT_EQ(series_of_processes("/api/v1/history?processes=false"), 0);
    EXPECT_EQ(get_json("/api/v1/history?until=2h")["processes"].size(), 0u);
    std::filesystem::remove_all(folder_);
    EXPECT_EQ(get("/api/v1/history").status, 503);
}

TEST_F(ApiRoutesTest, EventsComeAsAStream) {
    Client all(port_);
    all.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    Client failures(port_);
    failures.send("GET /api/v1/events?type=fail HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto has = [](const char* what) {
        return [what](const std::string& text) { return text.find(what) != std::string::npos; };
    };
    ASSERT_TRUE(failures.read_until(has("\"bytes\":55")));
    EXPECT_NE(failures.received().find("Content-Type: text/event-stream"), std::string::npos);
    EXPECT_NE(failures.received().find("event: fail\n"), std::string::npos);
    EXPECT_EQ(failures.received().find("event: allocate"), std::string::npos);
    ASSERT_TRUE(all.read_until(has("event: fail")));
    EXPECT_NE(all.received().find("event: allocate\n"), std::string::npos);
}

}  // namespace
}  // namespace ttmem::server
