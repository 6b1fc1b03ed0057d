// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Feeds the HTTP server with arbitrary bytes, and each route with arbitrary parameters.
//
//   byte 0      which route's query the rest is; beyond the routes: the rest is what the client sends
//   byte 1      how many bytes are sent before the server's first turn
//   the rest    query, or bytes
//
// Checked: whatever comes is answered in whole answers of HTTP or by closing; an answer is JSON where it says so; no
// request brings a status of 500; no client sees a command line; nothing is left when the client is gone.
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "check.hpp"
#include "server/http/api_routes.hpp"

namespace {

using namespace ttmem;
using namespace ttmem::server;

constexpr const char* kCommand = "python3 --key=secret";

class FixedModels : public ModelSource {
public:
    FixedModels() {
        auto model = std::make_shared<api::Model>();
        model->devices.resize(2);
        model->buffers_listed = true;
        for (int pid = 1; pid < 4; ++pid) {
            api::Process process;
            process.pid = pid;
            process.uid = 1000;
            process.name = "python3";
            process.command = kCommand;
            process.devices.resize(1);
            model->processes.push_back(process);
            api::Buffer buffer;
            buffer.process = api::ProcessIndex(model->processes.size() - 1);
            buffer.devices = {api::DeviceIndex(static_cast<size_t>(pid % 2))};
            model->buffers.push_back(buffer);
        }
        model_ = model;
    }
    void get(Want, Got got) override { got(model_); }
    void read_fresh(const inventory::Request&, Got got) override { got(model_); }
    void get_page(const inventory::BufferQuery& query, IsWanted, GotPage got) override {
        inventory::BufferPageMaker maker(*model_, query);
        maker.add_model();
        got(std::make_shared<const inventory::BufferPage>(maker.take()));
    }

private:
    SharedModel model_;
};

// Everything that the server has sent, until it closes or has nothing more to say.
std::string converse(EventLoop& loop, HttpServer& server, UniqueFd client, std::string_view bytes, size_t first) {
    std::string received;
    const auto turn = [&] {
        loop.turn(1);
        char block[65536];
        const ssize_t got = recv(client.get(), block, sizeof block, MSG_DONTWAIT);
        if (got > 0) {
            received.append(block, static_cast<size_t>(got));
        }
        return got;
    };
    first = first < bytes.size() ? first : bytes.size();
    static_cast<void>(!send(client.get(), bytes.data(), first, MSG_NOSIGNAL | MSG_DONTWAIT));
    turn();
    bytes.remove_prefix(first);
    static_cast<void>(!send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
    shutdown(client.get(), SHUT_WR);
    for (int quiet = 0; quiet < 5;) {
        const ssize_t got = turn();
        if (got == 0) {
            break;
        }
        quiet = got > 0 ? 0 : quiet + 1;
    }
    client.reset();
    loop.turn(0);
    check(server.connections() <= 1);
    return received;
}

// Whole answers, one after the other; the last one may be cut off by the end.
void check_answers(std::string_view text) {
    while (!text.empty()) {
        check(text.starts_with("HTTP/1."));
        const size_t end = text.find("\r\n\r\n");
        if (end == std::string_view::npos) {
            return;
        }
        const std::string head(text.substr(0, end));
        text.remove_prefix(end + 4);
        const int status = std::atoi(head.c_str() + 9);
        check(status >= 100 && status < 600 && status != 500);
        const size_t at = head.find("Content-Length: ");
        if (at == std::string::npos) {
            return;  // a stream
        }
        const size_t length = std::strtoul(head.c_str() + at + 16, nullptr, 10);
        const bool json = head.find("application/json") != std::string::npos;
        if (text.size() < length || text.starts_with("HTTP/1.")) {
            return;  // cut off, or the answer to a HEAD
        }
        if (json) {
            check(nlohmann::json::accept(text.substr(0, length)));
        }
        text.remove_prefix(length);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) {
        return 0;
    }
    static const std::unique_ptr<EventLoop> loop = std::move(EventLoop::make().value());
    static const std::unique_ptr<Background> background = std::move(Background::start(*loop).value());
    static FixedModels models;
    static Log log(LogLevel::kError);
    std::string bytes(reinterpret_cast<const char*>(data + 2), size - 2);
    const std::vector<RouteInfo>& all = routes();
    if (data[0] < all.size()) {
        bytes = "GET " + all[data[0]].path + "?" + bytes + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }
    ApiRoutes api(*loop, *background, models, ApiRoutes::Settings{"0", {}, [] { return std::vector<OwnFigure>(); }});
    const std::unique_ptr<HttpServer> server =
        std::move(HttpServer::start(*loop, log, api, UniqueFd(), HostRule{}, {}).value());
    int pair[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    server->adopt(UniqueFd(pair[0]));
    const std::string received = converse(*loop, *server, UniqueFd(pair[1]), bytes, data[1]);
    check_answers(received);
    // A command line is for its owner alone. What the request itself says may come back in an error's text.
    check(received.find(kCommand) == std::string::npos || bytes.find("secret") != std::string::npos);
    return 0;
}
