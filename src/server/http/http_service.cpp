// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_service.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "inventory/host_use.hpp"

namespace ttmem::server {
namespace {

constexpr mode_t kApiSocketMode = 0666;  // what a client sees depends on its user

HostRule rule_of(const HttpSettings& settings) {
    HostRule rule;
    rule.loopback_only = !settings.remote;
    rule.allowed = settings.hosts;
    return rule;
}

}  // namespace

Result<std::unique_ptr<HttpService>> HttpService::start(EventLoop& loop, Log& log, const HttpSettings& settings,
                                                        const inventory::Settings& inventory,
                                                        LiveModels::SocketState socket,
                                                        std::function<std::vector<OwnFigure>()> own_figures,
                                                        Given given) {
    std::unique_ptr<HttpService> service(new HttpService());
    UniqueFd tcp = std::move(given.tcp);
    UniqueFd local = std::move(given.unix_socket);
    if (!tcp.valid() && !settings.address.empty()) {
        Result<UniqueFd> made = listen_on(settings.address, "; choose another address with --http, or --http off");
        if (made) {
            tcp = std::move(made.value());
        } else if (settings.address_required) {
            return made.error();
        } else {
            log.write(LogLevel::kWarning, made.error().message);
        }
    }
    if (!local.valid() && !settings.api_socket.empty()) {
        if (!settings.api_socket_required) {
            // Within /run or the user's runtime folder, which only root or that user can write in.
            mkdir(settings.api_socket.substr(0, settings.api_socket.rfind('/')).c_str(), 0755);
        }
        Result<SocketPlace> place = SocketPlace::claim(settings.api_socket, kApiSocketMode);
        if (place) {
            service->place_.emplace(std::move(place.value()));
            local.reset(fcntl(service->place_->fd(), F_DUPFD_CLOEXEC, 3));
        } else if (settings.api_socket_required) {
            return place.error();
        } else {
            log.write(LogLevel::kWarning, place.error().message);
        }
    }
    auto background = Background::start(loop);
    if (!background) {
        return background.error();
    }
    service->background_ = std::move(background.value());
    if (!settings.history_path.empty() && (tcp.valid() || local.valid())) {
        background = Background::start(loop);
        if (!background) {
            return background.error();
        }
        service->history_ = std::move(background.value());
    }
    background = Background::start(loop);
    if (!background) {
        return background.error();
    }
    service->renders_ = std::move(background.value());
    service->other_figures_ = std::move(own_figures);
    service->models_ = std::make_unique<LiveModels>(loop, *service->background_, inventory, std::move(socket));
    service->routes_ =
        std::make_unique<ApiRoutes>(loop, *service->background_, *service->models_,
                                    ApiRoutes::Settings{settings.version,
                                                        {settings.most_processes, inventory::read_host_use},
                                                        [raw = service.get()] { return raw->own_figures(); },
                                                        settings.history_path,
                                                        service->history_.get(),
                                                        inventory,
                                                        service->renders_.get()});
    if (tcp.valid()) {
        const std::string url = url_of(tcp.get());
        auto server =
            HttpServer::start(loop, log, *service->routes_, std::move(tcp), rule_of(settings), settings.limits);
        if (!server) {
            return server.error();
        }
        service->tcp_ = std::move(server.value());
        service->routes_->set_page_address(local_url(url));
        log.write(LogLevel::kInfo, "HTTP on " + url);
    }
    if (local.valid()) {
        auto server = HttpServer::start(loop, log, *service->routes_, std::move(local), std::nullopt, settings.limits);
        if (!server) {
            return server.error();
        }
        service->unix_ = std::move(server.value());
        log.write(LogLevel::kInfo, "API on " + settings.api_socket);
    }
    return service;
}

void HttpService::reload(const HttpSettings& settings) {
    if (tcp_) {
        tcp_->set_rule(rule_of(settings));
    }
    if (routes_) {
        routes_->set_metrics({settings.most_processes, inventory::read_host_use});
    }
}

std::vector<OwnFigure> HttpService::own_figures() const {
    std::vector<OwnFigure> figures = other_figures_();
    for (const auto& [name, server] : {std::pair{"tcp", tcp_.get()}, std::pair{"unix", unix_.get()}}) {
        if (server == nullptr) {
            continue;
        }
        const HttpCounters& counters = server->counters();
        for (size_t digit = 2; digit < counters.answers.size(); ++digit) {
            figures.push_back({"tt_server_http_answers_total",
                               "HTTP answers by the class of their status",
                               true,
                               {{"socket", name}, {"status", std::to_string(digit) + "xx"}},
                               static_cast<double>(counters.answers[digit])});
        }
        figures.push_back({"tt_server_http_cut_total",
                           "HTTP connections that were closed for being slow",
                           true,
                           {{"socket", name}},
                           static_cast<double>(counters.cut + counters.evicted)});
        figures.push_back({"tt_server_http_abandoned_total",
                           "HTTP requests whose client went before the answer was made",
                           true,
                           {{"socket", name}},
                           static_cast<double>(counters.abandoned)});
        figures.push_back({"tt_server_http_connections",
                           "Open HTTP connections",
                           false,
                           {{"socket", name}},
                           static_cast<double>(server->connections())});
    }
    figures.push_back(
        {"tt_server_read_seconds", "How long reading the last model took", false, {}, models_->last_read_seconds()});
    return figures;
}

}  // namespace ttmem::server
