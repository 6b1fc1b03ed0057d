// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_service.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace ttmem::server {
namespace {

constexpr int kBacklog = 512;
constexpr mode_t kApiSocketMode = 0666;  // what a client sees depends on its user

struct Address {
    sockaddr_storage bytes{};
    socklen_t size = 0;
    bool loopback = false;
};

std::optional<Address> parse_address(const std::string& text) {
    const size_t colon = text.rfind(':');
    if (colon == std::string::npos) {
        return std::nullopt;
    }
    std::string host = text.substr(0, colon);
    const std::string_view port_text = std::string_view(text).substr(colon + 1);
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (error != std::errc() || end != port_text.data() + port_text.size()) {
        return std::nullopt;
    }
    Address address;
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        auto* six = reinterpret_cast<sockaddr_in6*>(&address.bytes);
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        address.size = sizeof *six;
        if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &six->sin6_addr) != 1) {
            return std::nullopt;
        }
        address.loopback = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
        return address;
    }
    auto* four = reinterpret_cast<sockaddr_in*>(&address.bytes);
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    address.size = sizeof *four;
    if (inet_pton(AF_INET, host.c_str(), &four->sin_addr) != 1) {
        return std::nullopt;
    }
    address.loopback = ntohl(four->sin_addr.s_addr) >> 24 == 127;
    return address;
}

Result<UniqueFd> listen_on(const std::string& text) {
    const std::optional<Address> address = parse_address(text);
    if (!address) {
        return Error{address_complaint(text, true), EINVAL};
    }
    UniqueFd fd(socket(address->bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    if (fd.valid()) {
        setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    if (!fd.valid() || bind(fd.get(), reinterpret_cast<const sockaddr*>(&address->bytes), address->size) != 0 ||
        listen(fd.get(), kBacklog) != 0) {
        const int why = errno;
        return Error{"cannot serve HTTP on " + text + ": " + std::strerror(why) +
                         (why == EADDRINUSE ? "; choose another address with --http, or --http off" : ""),
                     why};
    }
    return fd;
}

// As a person would type it; with the port that the kernel chose, if it did.
std::string url_of(int fd) {
    sockaddr_storage bytes{};
    socklen_t size = sizeof bytes;
    char host[INET6_ADDRSTRLEN] = "";
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&bytes), &size) != 0) {
        return "http://?";
    }
    if (bytes.ss_family == AF_INET6) {
        const auto* six = reinterpret_cast<const sockaddr_in6*>(&bytes);
        inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host);
        return std::string("http://[") + host + "]:" + std::to_string(ntohs(six->sin6_port));
    }
    const auto* four = reinterpret_cast<const sockaddr_in*>(&bytes);
    inet_ntop(AF_INET, &four->sin_addr, host, sizeof host);
    return std::string("http://") + host + ":" + std::to_string(ntohs(four->sin_port));
}

// Where a browser of this machine finds a server that listens on `url`: one on all addresses is on the loopback, too.
std::string local_url(std::string url) {
    for (const auto& [any, loopback] : {std::pair{"//0.0.0.0:", "//127.0.0.1:"}, std::pair{"//[::]:", "//[::1]:"}}) {
        if (const size_t at = url.find(any); at != std::string::npos) {
            url.replace(at, std::strlen(any), loopback);
        }
    }
    return url + "/";
}

HostRule rule_of(const HttpSettings& settings) {
    HostRule rule;
    rule.loopback_only = !settings.remote;
    rule.allowed = settings.hosts;
    return rule;
}

}  // namespace

std::string address_complaint(const std::string& text, bool remote) {
    const std::optional<Address> address = parse_address(text);
    if (!address) {
        return "an HTTP address is a number and a port, like 127.0.0.1:9465 or [::1]:9465, not '" + text + "'";
    }
    if (!address->loopback && !remote) {
        return "'" + text + "' can be reached from other machines; if it should be, say so with --http-remote";
    }
    return "";
}

Result<std::unique_ptr<HttpService>> HttpService::start(EventLoop& loop, Log& log, const HttpSettings& settings,
                                                        const inventory::Settings& inventory,
                                                        LiveModels::SocketState socket,
                                                        std::function<std::vector<OwnFigure>()> own_figures,
                                                        Given given) {
    std::unique_ptr<HttpService> service(new HttpService());
    UniqueFd tcp = std::move(given.tcp);
    UniqueFd local = std::move(given.unix_socket);
    if (!tcp.valid() && !settings.address.empty()) {
        Result<UniqueFd> made = listen_on(settings.address);
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
                                                        {settings.most_processes},
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
        routes_->set_metrics({settings.most_processes});
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
