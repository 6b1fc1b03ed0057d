// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "whole_parts.hpp"

#include <stdlib.h>

#include <climits>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "check.hpp"
#include "history/query.hpp"
#include "history/store.hpp"
#include "output/history_text.hpp"
#include "server/http/api_routes.hpp"
#include "server/inventory_answers.hpp"
#include "sqlite/sqlite.hpp"

namespace ttmem::fuzz {
namespace {

struct Field {
    const char* table;
    const char* column;
};
constexpr Field kFields[] = {{"device", "logical_id"},
                             {"device", "unique_id"},
                             {"device", "mock"},
                             {"device", "first_seen_ns"},
                             {"device", "last_seen_ns"},
                             {"process", "pid"},
                             {"process", "uid"},
                             {"process", "start_ns"},
                             {"process", "first_seen_ns"},
                             {"process", "last_seen_ns"},
                             {"process", "ended_ns"},
                             {"process", "failures"},
                             {"held", "device"},
                             {"held", "dram"},
                             {"held", "l1_peak"},
                             {"held", "cb"},
                             {"held", "kernel"},
                             {"sample", "tier"},
                             {"sample", "time_s"},
                             {"sample", "device"},
                             {"sample", "process"},
                             {"sample", "dram"},
                             {"sample", "l1"},
                             {"sample", "trace"},
                             {"sample", "cb"},
                             {"sample", "kernel"},
                             {"sample", "dram_max"},
                             {"sample", "l1_small_max"},
                             {"event", "time_ns"},
                             {"event", "process"},
                             {"event", "device"},
                             {"event", "requested"},
                             {"event", "largest_free"},
                             {"event", "allocated"},
                             {"reading", "time_s"},
                             {"reading", "temperature"},
                             {"reading", "power_max"},
                             {"rolled", "until_s"},
                             {"rolled", "tier"}};

void put(std::string& bytes, size_t at, uint64_t value, size_t width) {
    std::memcpy(bytes.data() + at, &value, width);
}

std::unique_ptr<history::Store> open_store(const history::Settings& settings) {
    std::vector<std::string> notices;
    auto store = history::Store::open(settings, notices);
    check(store.ok());
    return std::move(store.value());
}

void ask(const std::string& path, const history::Question& question) {
    auto history = history::History::open(path);
    if (!history) {
        return;
    }
    if (const auto answer = history.value().ask(question)) {
        check(!history::to_json_text(answer.value(), -1).empty());
        check(!history::to_csv(answer.value()).empty());
        for (const auto& series : answer.value().series) {
            check(series.device < answer.value().devices.size());
        }
    }
}

// Gives the same model to every request.
class OneModel : public server::ModelSource {
public:
    void get(Want, Got got) override { got(model); }
    void read_fresh(const inventory::Request&, Got got) override { got(model); }
    void get_page(const inventory::BufferQuery& query, IsWanted, GotPage got) override {
        inventory::BufferPageMaker maker(*model, query);
        maker.add_model();
        got(std::make_shared<const inventory::BufferPage>(maker.take()));
    }
    server::SharedModel model;
};

// A server without doors.
class Server {
public:
    Server() {
        figures_.attach(socket_.clients());
        answers_.attach(socket_, models_, *background_);
    }
    void ask(const server::SharedModel& model) {
        models_.model = model;
        const std::pair<const char*, server::Parameters> questions[] = {
            {"/metrics", {}},
            {"/api/v1/snapshot", {}},
            {"/api/v1/snapshot", {{"buffers", "true"}}},
            {"/api/v1/snapshot", {{"l1", "true"}}},
            {"/api/v1/devices", {}},
            {"/api/v1/processes", {{"device", "0"}}},
            {"/api/v1/buffers", {{"limit", "50"}, {"offset", "1"}}},
            {"/api/v1/buffers", {{"address", "4096"}}},
            {"/api/v1/l1", {}},
            {"/api/v1/why", {}}};
        size_t answered = 0;
        for (const std::optional<uid_t> viewer : {std::optional<uid_t>(0), std::optional<uid_t>(77)}) {
            for (const auto& [path, parameters] : questions) {
                server::HttpRequest request;
                request.path = path;
                request.parameters = parameters;
                request.viewer.uid = viewer;
                routes_.handle(request, [&](const server::HttpReply& reply) {
                    ++answered;
                    check(reply.status == 200 && reply.body != nullptr && !reply.body->empty());
                });
            }
        }
        while (answered < 2 * std::size(questions)) {
            loop_->turn(-1);
        }
        check(!server::dump_text(*model).empty());
        for (const int32_t device : {-1, 0, INT32_MAX}) {
            const auto take = [](const server::LegacyAnswers::Fill& fill) {
                api::LegacyMessage reply;
                fill(reply);
                check(reply.num_devices <= 256);
            };
            answers_.answer_query(device, take);
            answers_.answer_device_info(device, take);
        }
    }

private:
    std::unique_ptr<server::EventLoop> loop_ = std::move(server::EventLoop::make().value());
    std::unique_ptr<server::Background> background_ = std::move(server::Background::start(*loop_).value());
    server::Log log_{server::LogLevel::kError};
    OneModel models_;
    inventory::Inventory looks_{{scratch_folder(), inventory::TelemetryUse::kOff}};
    server::ClientFigures figures_{looks_};
    server::InventoryAnswers answers_{figures_, -1};
    server::LegacySocket socket_{*loop_, log_, server::SocketPlace::none(), answers_};
    server::ApiRoutes routes_{
        *loop_, *background_, models_,
        server::ApiRoutes::Settings{"1.2.3", {}, [] { return std::vector<server::OwnFigure>(); }}};
};

}  // namespace

const std::string& scratch_folder() {
    struct Folder {
        Folder() {
            char name[] = "/tmp/ttmem-whole-fuzz-XXXXXX";
            check(mkdtemp(name) != nullptr);
            path = name;
        }
        ~Folder() {
            std::error_code ignored;
            std::filesystem::remove_all(path, ignored);
        }
        std::string path;
    };
    static const Folder folder;
    return folder.path;
}

// As docs/decisions and the parser (inventory/upstream_region.cpp) describe it: groups of five figures.
std::string valid_region() {
    constexpr size_t kBytes = 8576, kProcesses = 856, kOfProcess = 120;
    std::string region(kBytes, '\0');
    put(region, 0, 3, 4);
    put(region, 4, 1, 4);
    put(region, 32, 0x1234567, 8);
    put(region, 40, 0, 4);
    const uint64_t figures[] = {3 << 20, 4096, 512, 8192, 64};
    const int pids[] = {1, INT_MAX};
    for (size_t i = 0; i < std::size(pids); ++i) {
        const size_t entry = kProcesses + i * kOfProcess;
        put(region, entry, static_cast<uint64_t>(pids[i]), 4);
        for (size_t figure = 0; figure < std::size(figures); ++figure) {
            put(region, entry + 8 + 8 * figure, figures[figure], 8);
        }
        put(region, entry + 48, 1'795'406'228'869'129'584, 8);
        std::memcpy(region.data() + entry + 56, "python3", 7);
    }
    return region;
}

std::string folder_with_region(const std::string& region) {
    const std::string folder = scratch_folder() + "/regions";
    std::filesystem::create_directory(folder);
    std::ofstream(folder + "/tt_device_19088743_memory", std::ios::binary | std::ios::trunc) << region;
    return folder;
}

void keep_in_history(const api::Model& model, const std::vector<HistoryChange>& changes) {
    const std::string folder = scratch_folder() + "/history";
    history::Settings settings;
    settings.path = folder + "/history.db";
    settings.max_bytes = history::kLeastMaxBytes;
    open_store(settings)->record(model);
    if (!changes.empty()) {
        auto opened = sqlite::Connection::open(settings.path, sqlite::Connection::Use::kWrite);
        check(opened.ok());
        for (const HistoryChange& change : changes) {
            const Field& field = kFields[change.field % std::size(kFields)];
            // Values that a key has already are refused, and so leave the row as it is.
            opened.value()->run((std::string("UPDATE OR IGNORE ") + field.table + " SET " + field.column + "=" +
                                 std::to_string(change.value))
                                    .c_str());
        }
    }
    history::Question question;
    question.since_ns = 0;
    ask(settings.path, question);
    question.tier = history::Tier::kSecond;
    question.most_points = 2;
    question.since_ns = model.time_ns - 1;
    ask(settings.path, question);
    open_store(settings)->record(model);
    std::filesystem::remove_all(folder);
}

void ask_server(const std::shared_ptr<const api::Model>& model) {
    static Server server;
    server.ask(model);
}

}  // namespace ttmem::fuzz
