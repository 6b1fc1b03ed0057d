// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_server.hpp"

#include <microhttpd.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <deque>
#include <exception>
#include <utility>

#include "server/http/http_peer.hpp"

namespace ttmem::server {
namespace {

constexpr int kAcceptsATurn = 64;
constexpr uint64_t kAcceptPauseNs = 100'000'000;
constexpr uint64_t kSweepNs = 500'000'000;
constexpr size_t kStreamBlock = 8192;

using Shared = std::shared_ptr<const std::string>;

std::optional<std::string_view> header_of(MHD_Connection* connection, const char* name) {
    const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value == nullptr ? std::nullopt : std::optional<std::string_view>(value);
}

void read_headers(MHD_Connection* connection, HttpRequest& request) {
    request.takes_gzip = accepts_gzip(header_of(connection, "Accept-Encoding").value_or(""));
    request.token = header_of(connection, "X-Ttmem-Token");
    request.session = header_of(connection, "X-Ttmem-Session");
}
struct HeaderCount {
    const char* name;
    int found;
};

}  // namespace

// A connection.
struct HttpServer::Peer {
    int fd = -1;
    Viewer viewer;
    bool from_this_machine = false;
    uint64_t since_ns = 0;     // when it began to wait for a request
    uint64_t deadline_ns = 0;  // when it is too slow
    Exchange* exchange = nullptr;
    bool started = false;  // the library has it
    bool cut = false;
};

// A request and its answer.
struct HttpServer::Exchange {
    HttpServer* server = nullptr;
    MHD_Connection* connection = nullptr;
    Peer* peer = nullptr;
    HttpRequest request;
    std::shared_ptr<std::atomic<bool>> wanted = std::make_shared<std::atomic<bool>>(true);
    bool asked = false;
    bool suspended = false;
    std::optional<HttpReply> reply;
    std::shared_ptr<Stream> stream;
};

class HttpServer::Stream : public HttpStream {
public:
    Stream(HttpServer& server, Exchange& exchange) : server_(server), exchange_(&exchange) {}

    void send(Shared text, size_t events) override {
        if (exchange_ == nullptr || text->empty()) {
            return;
        }
        // A client that takes nothing at all is cut at its deadline (sweep).
        if (missed_ > 0 || waiting_bytes_ + text->size() > server_.limits_.unsent_stream_bytes) {
            missed_ += events;
            return;
        }
        waiting_bytes_ += text->size();
        waiting_.push_back(std::move(text));
        if (exchange_->suspended) {
            server_.resume(*exchange_);
        }
    }
    void end() { exchange_ = nullptr; }

    ssize_t read(char* to, size_t room) {
        if (exchange_ == nullptr || server_.ending_ || exchange_->peer->cut) {
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
        size_t done = 0;
        while (done < room && !waiting_.empty()) {
            const std::string& text = *waiting_.front();
            const size_t count = std::min(room - done, text.size() - first_sent_);
            std::memcpy(to + done, text.data() + first_sent_, count);
            done += count;
            first_sent_ += count;
            if (first_sent_ == text.size()) {
                waiting_.pop_front();
                first_sent_ = 0;
            }
        }
        waiting_bytes_ -= done;
        if (missed_ > 0 && waiting_bytes_ < server_.limits_.unsent_stream_bytes / 2) {
            waiting_.push_back(std::make_shared<const std::string>(
                "event: missed\ndata: {\"events\":" + std::to_string(std::exchange(missed_, 0)) + "}\n\n"));
            waiting_bytes_ += waiting_.back()->size();
        }
        if (done == 0) {
            exchange_->suspended = true;
            MHD_suspend_connection(exchange_->connection);
        } else {
            // The client takes what it is sent, so it may stay.
            const uint64_t now = server_.loop_.now_ns();
            exchange_->peer->deadline_ns = now + server_.limits_.answer_ns;
            last_sent_ns_ = now;
        }
        return static_cast<ssize_t>(done);
    }
    void beat(uint64_t now) {
        if (waiting_.empty() && now - last_sent_ns_ >= server_.limits_.beat_ns) {
            static const auto kBeat = std::make_shared<const std::string>(":\n\n");
            send(kBeat, 0);
        }
    }

private:
    HttpServer& server_;
    Exchange* exchange_;
    std::deque<Shared> waiting_;
    size_t first_sent_ = 0;  // bytes of the first one
    size_t waiting_bytes_ = 0;
    size_t missed_ = 0;  // events that found no room since the last word about it
    uint64_t last_sent_ns_ = 0;
};

// The library's callbacks. No exception leaves them.
struct HttpCallbacks {
    using Exchange = HttpServer::Exchange;
    using Stream = HttpServer::Stream;

    static HttpServer& server(void* closure) { return *static_cast<HttpServer*>(closure); }

    static MHD_Result access(void* closure, MHD_Connection* connection, const char* url, const char* method,
                             const char*, const char*, size_t* upload_size, void** context) {
        auto*& exchange = *reinterpret_cast<Exchange**>(context);
        *upload_size = 0;
        try {
            return server(closure).answer(connection, url, method, exchange) != 0 ? MHD_YES : MHD_NO;
        } catch (const std::exception&) {
            return MHD_NO;  // closes the connection
        }
    }
    static void completed(void* closure, MHD_Connection*, void** context, MHD_RequestTerminationCode) {
        auto* exchange = static_cast<Exchange*>(*context);
        if (exchange == nullptr) {
            return;
        }
        HttpServer& self = server(closure);
        if (exchange->stream) {
            exchange->stream->end();
            --self.streams_;
        }
        exchange->wanted->store(false, std::memory_order_relaxed);
        exchange->peer->exchange = nullptr;
        exchange->peer->since_ns = self.loop_.now_ns();
        exchange->peer->deadline_ns = self.loop_.now_ns() + self.limits_.head_ns;
        self.exchanges_.erase(exchange);
        *context = nullptr;
    }
    static void connection(void* closure, MHD_Connection* connection, void**, MHD_ConnectionNotificationCode what) {
        auto& peers = server(closure).peers_;
        const auto found = peers.find(fd_of(connection));
        if (found == peers.end()) {
            return;
        }
        if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
            peers.erase(found);
        } else {
            found->second->started = true;
        }
    }
    static void complain(void* closure, const char* format, va_list values) {
        HttpServer& self = server(closure);
        self.complaints_.say(self.log_, self.loop_.now_ns(), [&] {
            char text[512];
            std::vsnprintf(text, sizeof text, format, values);
            text[std::strcspn(text, "\n")] = '\0';
            return std::string("http: ") + text;
        });
    }
    static ssize_t read_stream(void* closure, uint64_t, char* to, size_t room) {
        return (*static_cast<std::shared_ptr<Stream>*>(closure))->read(to, room);
    }
    static void free_stream(void* closure) { delete static_cast<std::shared_ptr<Stream>*>(closure); }
    static void free_body(void* closure) { delete static_cast<Shared*>(closure); }

    static MHD_Result parameter(void* closure, MHD_ValueKind, const char* key, size_t key_size, const char* value,
                                size_t value_size) {
        try {
            static_cast<Parameters*>(closure)->emplace_back(
                std::string(key, key_size), value == nullptr ? std::string() : std::string(value, value_size));
            return MHD_YES;
        } catch (const std::exception&) {
            return MHD_NO;
        }
    }
    static MHD_Result count_header(void* closure, MHD_ValueKind, const char* name, const char*) {
        auto& count = *static_cast<HeaderCount*>(closure);
        count.found += name != nullptr && strcasecmp(name, count.name) == 0 ? 1 : 0;
        return MHD_YES;
    }
    static int fd_of(MHD_Connection* connection) {
        const MHD_ConnectionInfo* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        return info == nullptr ? -1 : info->connect_fd;
    }
};

HttpServer::HttpServer(EventLoop& loop, Log& log, HttpHandler& handler, UniqueFd listener, std::optional<HostRule> rule,
                       const HttpLimits& limits)
    : loop_(loop),
      log_(log),
      handler_(handler),
      listener_(std::move(listener)),
      rule_(std::move(rule)),
      limits_(limits) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(EventLoop& loop, Log& log, HttpHandler& handler,
                                                      UniqueFd listener, std::optional<HostRule> rule,
                                                      HttpLimits limits) {
    std::unique_ptr<HttpServer> server(
        new HttpServer(loop, log, handler, std::move(listener), std::move(rule), limits));
    if (!server->start_daemon()) {
        return Error{"cannot start the HTTP library", errno};
    }
    if (server->listener_.valid()) {
        if (!loop.watch(server->listener_.get(), EPOLLIN, *server)) {
            return Error{"cannot watch the HTTP socket", errno};
        }
        server->accepting_ = true;
    }
    return server;
}

bool HttpServer::start_daemon() {
    daemon_ = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG,
                               0, nullptr, nullptr, &HttpCallbacks::access, this,               //
                               MHD_OPTION_EXTERNAL_LOGGER, &HttpCallbacks::complain, this,      //
                               MHD_OPTION_NOTIFY_COMPLETED, &HttpCallbacks::completed, this,    //
                               MHD_OPTION_NOTIFY_CONNECTION, &HttpCallbacks::connection, this,  //
                               MHD_OPTION_CONNECTION_LIMIT,
                               static_cast<unsigned>(2 * limits_.connections + kAcceptsATurn),  //
                               MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits_.head_bytes,          //
                               MHD_OPTION_CONNECTION_TIMEOUT, 0U,                               //
                               MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (daemon_ == nullptr) {
        return false;
    }
    const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD);
    daemon_fd_ = info == nullptr ? -1 : info->epoll_fd;
    return daemon_fd_ >= 0 && loop_.watch(daemon_fd_, EPOLLIN, inner_);
}

HttpServer::~HttpServer() {
    ending_ = true;
    for (const auto& timer : {run_timer_, sweep_timer_, accept_again_}) {
        if (timer) {
            loop_.cancel(*timer);
        }
    }
    if (accepting_) {
        loop_.forget(listener_.get(), *this);
    }
    if (daemon_fd_ >= 0) {
        loop_.forget(daemon_fd_, inner_);
    }
    if (daemon_ != nullptr) {
        // The library must not be stopped while it holds suspended connections.
        for (const auto& [raw, exchange] : exchanges_) {
            shutdown(exchange->peer->fd, SHUT_RDWR);
            if (exchange->suspended) {
                exchange->suspended = false;
                exchange->reply = error_reply(503, "the server stops");
                MHD_resume_connection(exchange->connection);
            }
        }
        MHD_run(daemon_);
        MHD_stop_daemon(daemon_);
    }
    refusals_.end(log_, "refusals of HTTP connections");
    complaints_.end(log_, "complaints about HTTP");
}

void HttpServer::set_rule(const HostRule& rule) {
    if (rule_) {
        rule_ = rule;
    }
}

void HttpServer::on_event(uint32_t) {
    accept_some();
}

void HttpServer::accept_some() {
    for (int i = 0; i < kAcceptsATurn; ++i) {
        UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!fd.valid()) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                const int why = errno;
                refusals_.say(log_, loop_.now_ns(), [&] {
                    return std::string("cannot take more HTTP connections for now: ") + std::strerror(why);
                });
                pause_accepting();
            }
            return;
        }
        adopt(std::move(fd));
    }
}

// The listener stays readable, and nothing can be done about it until a descriptor is free.
void HttpServer::pause_accepting() {
    loop_.forget(listener_.get(), *this);
    accepting_ = false;
    accept_again_ = loop_.at(loop_.now_ns() + kAcceptPauseNs, [this] {
        accept_again_.reset();
        accepting_ = loop_.watch(listener_.get(), EPOLLIN, *this);
        if (!accepting_) {
            pause_accepting();
        }
    });
}

// Closes the connection that has waited longest without a request. False: all are being answered.
bool HttpServer::make_room() {
    Peer* longest = nullptr;
    size_t leaving = 0;
    for (const auto& [fd, peer] : peers_) {
        leaving += peer->cut ? 1 : 0;
        if (peer->exchange == nullptr && peer->started && !peer->cut &&
            (longest == nullptr || peer->since_ns < longest->since_ns)) {
            longest = peer.get();
        }
    }
    if (peers_.size() - leaving < limits_.connections) {
        return true;
    }
    if (longest == nullptr) {
        return false;
    }
    ++counters_.evicted;
    cut(*longest);
    return true;
}

void HttpServer::adopt(UniqueFd fd) {
    if ((peers_.size() >= limits_.connections && !make_room()) || peers_.size() >= 2 * limits_.connections) {
        ++counters_.refused;
        refusals_.say(log_, loop_.now_ns(), [] { return std::string("too many HTTP connections: one is refused"); });
        return;
    }
    auto peer = std::make_unique<Peer>();
    peer->fd = fd.get();
    peer->since_ns = loop_.now_ns();
    peer->deadline_ns = peer->since_ns + limits_.head_ns;
    if (!rule_) {
        peer->viewer.uid = user_of_unix_peer(fd.get());
    }
    peer->from_this_machine = comes_from_this_machine(fd.get());
    const int raw = fd.release();
    peers_[raw] = std::move(peer);
    sockaddr address{};
    address.sa_family = AF_UNIX;  // the library only stores it
    if (MHD_add_connection(daemon_, raw, &address, sizeof address) != MHD_YES) {
        peers_.erase(raw);  // the library has closed it
        return;
    }
    ++counters_.connections;
    if (!sweep_timer_) {
        sweep_timer_ = loop_.at(loop_.now_ns() + kSweepNs, [this] { sweep(); });
    }
    run_soon();
}

void HttpServer::run_soon() {
    if (!run_timer_) {
        // Later than this turn's time, so that other work has its turn in between.
        run_timer_ = loop_.at(loop_.now_ns() + 1, [this] {
            run_timer_.reset();
            run();
        });
    }
}

void HttpServer::run() {
    MHD_run(daemon_);
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    if (MHD_get_timeout(daemon_, &wait_ms) == MHD_YES && wait_ms == 0) {
        run_soon();
    }
}

void HttpServer::resume(Exchange& exchange) {
    exchange.suspended = false;
    MHD_resume_connection(exchange.connection);
    run_soon();
}

void HttpServer::cut(Peer& peer) {
    peer.cut = true;
    if (peer.exchange != nullptr) {
        peer.exchange->wanted->store(false, std::memory_order_relaxed);
    }
    shutdown(peer.fd, SHUT_RDWR);
    if (peer.exchange != nullptr && peer.exchange->suspended) {
        resume(*peer.exchange);
    }
    run_soon();
}

void HttpServer::sweep() {
    sweep_timer_.reset();
    const uint64_t now = loop_.now_ns();
    for (auto it = peers_.begin(); it != peers_.end();) {
        Peer& peer = *it->second;
        if (now >= peer.deadline_ns && !peer.started) {
            it = peers_.erase(it);  // the library had no memory for it; its descriptor may be reused by now
            continue;
        }
        if (peer.exchange != nullptr && peer.exchange->stream) {
            peer.exchange->stream->beat(now);
        }
        // The library does not look at a connection whose answer is being made. A client may end its side alone and
        // wait for a quick answer; where the answer takes long, it is taken for gone.
        if (peer.exchange != nullptr && peer.exchange->suspended && !peer.exchange->stream && !peer.cut &&
            now + limits_.answer_ns >= peer.deadline_ns + limits_.abandoned_ns && has_hung_up(peer.fd)) {
            ++counters_.abandoned;
            cut(peer);
        }
        if (now >= peer.deadline_ns && !peer.cut) {
            ++counters_.cut;
            cut(peer);
        }
        ++it;
    }
    if (!peers_.empty()) {
        sweep_timer_ = loop_.at(now + kSweepNs, [this] { sweep(); });
    }
}

// Called when the head is there, again when the (empty) body is, and again after a wait for the handler.
int HttpServer::answer(MHD_Connection* connection, const char* url, const char* method, Exchange*& exchange) {
    if (exchange == nullptr) {
        const auto peer = peers_.find(HttpCallbacks::fd_of(connection));
        if (peer == peers_.end()) {
            return MHD_NO;
        }
        auto made = std::make_shared<Exchange>();
        made->server = this;
        made->connection = connection;
        made->peer = peer->second.get();
        made->peer->exchange = made.get();
        made->peer->deadline_ns = loop_.now_ns() + limits_.answer_ns;
        exchange = made.get();
        exchanges_[exchange] = made;
        if (std::optional<HttpReply> refused = refuse(connection, url, method)) {
            ++counters_.refused;
            return queue(connection, *exchange, std::move(*refused));
        }
        exchange->request.head = std::strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
        exchange->request.path = url;
        exchange->request.viewer = made->peer->viewer;
        exchange->request.from_this_machine = made->peer->from_this_machine;
        exchange->request.connection = made->peer->fd;
        read_headers(connection, exchange->request);
        exchange->request.wanted = made->wanted;
        MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, &HttpCallbacks::parameter,
                                    &exchange->request.parameters);
        return MHD_YES;
    }
    // Resumed to be closed: the library, which has not seen the shutdown yet, must not ask again and again.
    if (exchange->peer->cut) {
        return MHD_NO;
    }
    if (!exchange->asked) {
        exchange->asked = true;
        ask_handler(*exchange);
        if (!exchange->reply) {
            exchange->suspended = true;
            MHD_suspend_connection(connection);
            return MHD_YES;
        }
    }
    return exchange->reply ? queue(connection, *exchange, std::move(*exchange->reply)) : static_cast<int>(MHD_YES);
}

std::optional<HttpReply> HttpServer::refuse(MHD_Connection* connection, const char* url, const char* method) const {
    const auto header = [&](const char* name) { return header_of(connection, name); };
    if (std::strcmp(method, MHD_HTTP_METHOD_GET) != 0 && std::strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        return error_reply(405, "nothing can be changed here: only GET and HEAD");
    }
    // Which of two a proxy in front went by cannot be known.
    for (const char* name : {MHD_HTTP_HEADER_HOST, MHD_HTTP_HEADER_CONTENT_LENGTH}) {
        HeaderCount count{name, 0};
        MHD_get_connection_values(connection, MHD_HEADER_KIND, &HttpCallbacks::count_header, &count);
        if (count.found > 1) {
            return error_reply(400, std::string("the request has more than one ") + name);
        }
    }
    if (header("Transfer-Encoding") || header("Content-Length").value_or("0") != "0") {
        return error_reply(413, "a request has no body here");
    }
    if (!rule_) {
        return std::nullopt;
    }
    return refuse_foreign(*rule_,
                          {header("Host"), header("Origin"), header("Sec-Fetch-Site"), std::strcmp(url, "/") == 0});
}

void HttpServer::ask_handler(Exchange& exchange) {
    const std::weak_ptr<Exchange> weak = exchanges_.at(&exchange);
    handler_.handle(exchange.request, [weak](HttpReply reply) {
        const std::shared_ptr<Exchange> alive = weak.lock();
        if (alive == nullptr || alive->reply) {
            return;
        }
        alive->reply = std::move(reply);
        if (alive->suspended) {
            alive->server->resume(*alive);
        }
    });
}

int HttpServer::queue(MHD_Connection* connection, Exchange& exchange, HttpReply reply) {
    MHD_Response* response = nullptr;
    if (reply.stream && streams_ >= limits_.streams) {
        reply = error_reply(503, "too many streams are open");
    }
    if (reply.stream && !exchange.request.head) {
        exchange.stream = std::make_shared<Stream>(*this, exchange);
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kStreamBlock, &HttpCallbacks::read_stream,
                                                     new std::shared_ptr<Stream>(exchange.stream),
                                                     &HttpCallbacks::free_stream);
    } else {
        static const Shared kNothing = std::make_shared<const std::string>();
        auto* body = new Shared(reply.body ? reply.body : kNothing);
        response = MHD_create_response_from_buffer_with_free_callback_cls(
            (*body)->size(), const_cast<char*>((*body)->data()), &HttpCallbacks::free_body, body);
    }
    if (response == nullptr) {
        return MHD_NO;
    }
    const std::pair<const char*, const char*> headers[] = {
        {"Content-Type", reply.type.c_str()},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
    };
    for (const auto& [name, value] : headers) {
        MHD_add_response_header(response, name, value);
    }
    bool has_policy = false;
    for (const auto& [name, value] : reply.headers) {
        has_policy |= name == MHD_HTTP_HEADER_CONTENT_SECURITY_POLICY;
        MHD_add_response_header(response, name.c_str(), value.c_str());
    }
    if (!has_policy) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_SECURITY_POLICY,
                                "default-src 'none'; frame-ancestors 'none'");
    }
    if (reply.status == 405) {
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    }
    ++counters_.answers[std::min<unsigned>(reply.status / 100, 5)];
    const MHD_Result queued = MHD_queue_response(connection, reply.status, response);
    MHD_destroy_response(response);  // the connection keeps it as long as it needs
    if (exchange.stream) {
        ++streams_;
        if (reply.body) {
            exchange.stream->send(reply.body, 0);
        }
        reply.stream(exchange.stream);
    }
    return queued;
}

}  // namespace ttmem::server
