// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// HTTP as a whole: its two doors (a TCP address for every client, a unix socket that knows its peer), what it answers
// from, and the thread that makes the answers. For the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/http/api_routes.hpp"
#include "server/http/http_server.hpp"
#include "server/http/listen.hpp"
#include "server/models.hpp"
#include "server/socket_place.hpp"

namespace ttmem::server {

inline constexpr const char* kUsualHttpAddress = "127.0.0.1:9465";

struct HttpSettings {
    std::string address = kUsualHttpAddress;  // "127.0.0.1:9465", "[::1]:9465"; empty: no HTTP over TCP
    bool address_required = false;            // false: without the address the server goes on and says so
    bool remote = false;                      // addresses that are not of the loopback may be listened on
    std::vector<std::string> hosts;           // further names that clients may use in Host, lower case
    std::string api_socket;                   // path of the unix socket; empty: none
    bool api_socket_required = false;
    size_t most_processes = MetricsOptions().most_processes;
    HttpLimits limits;
    std::string history_path;  // of the history that the server keeps; empty: none
    std::string version;
};

class HttpService {
public:
    // Sockets that a service manager (systemd) has opened already; invalid ones are not there.
    struct Given {
        UniqueFd tcp;
        UniqueFd unix_socket;
    };
    static Result<std::unique_ptr<HttpService>> start(EventLoop& loop, Log& log, const HttpSettings& settings,
                                                      const inventory::Settings& inventory,
                                                      LiveModels::SocketState socket,
                                                      std::function<std::vector<OwnFigure>()> own_figures, Given given);
    LiveModels& models() { return *models_; }
    Background& background() { return *background_; }
    // Takes over what can change while it runs: hosts and most_processes.
    void reload(const HttpSettings& settings);

private:
    HttpService() = default;
    std::vector<OwnFigure> own_figures() const;

    std::function<std::vector<OwnFigure>()> other_figures_;
    std::optional<SocketPlace> place_;
    std::unique_ptr<Background> background_;
    std::unique_ptr<Background> history_;
    std::unique_ptr<Background> renders_;
    std::unique_ptr<LiveModels> models_;
    std::unique_ptr<ApiRoutes> routes_;
    std::unique_ptr<HttpServer> tcp_;
    std::unique_ptr<HttpServer> unix_;
};

}  // namespace ttmem::server
