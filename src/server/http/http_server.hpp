// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// HTTP on one listening socket, in the loop's own thread: libmicrohttpd speaks the protocol, this class decides who is
// let in and for how long. There is no thread for each connection and none for the library.
//
// No client harms another: a request's head has to arrive, and an answer to be taken, within a time, however slowly the
// bytes drip; connections are bounded, and when they run short the one that waits longest without asking goes first;
// heads are bounded in size and bodies are refused; clients that do not read a stream are cut. Only GET and HEAD exist.
//
// On TCP the Host and Origin of each request are checked (HostRule). On a unix socket the kernel says who the peer is.
// All calls are for the loop's thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "server/event_loop.hpp"
#include "server/http/http_request.hpp"
#include "server/log.hpp"

struct MHD_Daemon;
struct MHD_Connection;

namespace ttmem::server {

class HttpHandler {
public:
    virtual ~HttpHandler() = default;
    using Done = std::function<void(HttpReply)>;
    // `done` may be called at once or later, once, on the loop's thread; it does nothing when the client is gone.
    virtual void handle(const HttpRequest& request, Done done) = 0;
};

struct HttpLimits {
    size_t connections = 1024;
    size_t streams = 64;
    size_t head_bytes = 16384;  // request line and headers
    size_t unsent_stream_bytes = 1 << 20;
    uint64_t head_ns = 10'000'000'000;      // for a head to arrive; also how long a connection may idle
    uint64_t answer_ns = 60'000'000'000;    // for an answer to be made and taken
    uint64_t abandoned_ns = 1'000'000'000;  // for an answer that a client which ended its side still waits for
    uint64_t beat_ns = 10'000'000'000;      // a stream says at least that often that it lives
};

struct HttpCounters {
    uint64_t connections = 0;           // ever accepted
    uint64_t refused = 0;               // requests that were answered 4xx before anything was looked up
    uint64_t cut = 0;                   // connections that were too slow
    uint64_t abandoned = 0;             // requests whose client went before the answer was made
    uint64_t evicted = 0;               // idle connections that made room for others
    std::array<uint64_t, 6> answers{};  // by the first digit of their status
};

class HttpServer : private EventHandler {
public:
    // `listener`: listening and non-blocking, or invalid: then only adopt() brings connections. Without a rule the
    // peers are those of a unix socket.
    static Result<std::unique_ptr<HttpServer>> start(EventLoop& loop, Log& log, HttpHandler& handler, UniqueFd listener,
                                                     std::optional<HostRule> rule, HttpLimits limits = {});
    ~HttpServer() override;
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    void adopt(UniqueFd connection);
    void set_rule(const HostRule& rule);  // for a server that has one
    const HttpCounters& counters() const { return counters_; }
    size_t connections() const { return peers_.size(); }
    size_t streams() const { return streams_; }

private:
    struct Peer;
    struct Exchange;
    class Stream;
    friend struct HttpCallbacks;

    HttpServer(EventLoop& loop, Log& log, HttpHandler& handler, UniqueFd listener, std::optional<HostRule> rule,
               const HttpLimits& limits);
    bool start_daemon();
    void on_event(uint32_t events) override;

    void accept_some();
    void pause_accepting();
    bool make_room();
    void run();
    void run_soon();
    void sweep();
    void cut(Peer& peer);
    void resume(Exchange& exchange);

    int answer(MHD_Connection* connection, const char* url, const char* method, Exchange*& exchange);
    std::optional<HttpReply> refuse(MHD_Connection* connection, const char* url, const char* method) const;
    void ask_handler(Exchange& exchange);
    int queue(MHD_Connection* connection, Exchange& exchange, HttpReply reply);

    // The library's descriptor, beside the listener's.
    class Inner : public EventHandler {
    public:
        explicit Inner(HttpServer& server) : server_(server) {}
        void on_event(uint32_t) override { server_.run(); }

    private:
        HttpServer& server_;
    };

    EventLoop& loop_;
    Log& log_;
    HttpHandler& handler_;
    UniqueFd listener_;
    std::optional<HostRule> rule_;
    HttpLimits limits_;
    HttpCounters counters_;
    Inner inner_{*this};
    MHD_Daemon* daemon_ = nullptr;
    int daemon_fd_ = -1;
    std::map<int, std::unique_ptr<Peer>> peers_;  // by descriptor
    std::map<Exchange*, std::shared_ptr<Exchange>> exchanges_;
    size_t streams_ = 0;
    bool accepting_ = false;
    bool ending_ = false;
    std::optional<EventLoop::Timer> run_timer_;
    std::optional<EventLoop::Timer> sweep_timer_;
    std::optional<EventLoop::Timer> accept_again_;
    LogTopic refusals_{LogLevel::kWarning};
    LogTopic complaints_{LogLevel::kDebug};
};

}  // namespace ttmem::server
