// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The HTTP server over real sockets, with clients that are slow, rude or many.
#include "server/http/http_server.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "server/http/http_test_support.hpp"
#include "server/socket_place.hpp"

namespace ttmem::server {
namespace {

using testing::Answer;
using testing::Client;
using testing::LoopThread;

// Answers at once, later, with much, or without end.
class Echo : public HttpHandler {
public:
    explicit Echo(EventLoop& loop) : loop_(loop) {}
    void handle(const HttpRequest& request, Done done) override {
        HttpReply reply;
        reply.type = "text/plain";
        std::string text = request.path + "|" + (request.viewer.uid ? std::to_string(*request.viewer.uid) : "-");
        for (const auto& [name, value] : request.parameters) {
            text += "|" + name + "=" + value;
        }
        if (request.path == "/large") {
            text.assign(64 << 20, 'x');
        }
        reply.body = std::make_shared<std::string>(text);
        if (request.path == "/stream") {
            reply.stream = [this](std::weak_ptr<HttpStream> stream) { streams.push_back(std::move(stream)); };
        }
        if (request.path == "/later") {
            loop_.at(loop_.now_ns() + 1'000'000, [reply, done] { done(reply); });
        } else if (request.path != "/never") {
            done(reply);
        }
    }
    std::vector<std::weak_ptr<HttpStream>> streams;

private:
    EventLoop& loop_;
};

class HttpServerTest : public ::testing::Test {
protected:
    void start(const HttpLimits& limits = {}, UniqueFd listener = {}, std::optional<HostRule> rule = HostRule{}) {
        if (!listener.valid()) {
            listener = testing::listen_on_loopback(port_);
        }
        loop_.call([&] {
            echo_ = std::make_unique<Echo>(loop_.loop());
            server_ = std::move(
                HttpServer::start(loop_.loop(), log_, *echo_, std::move(listener), std::move(rule), limits).value());
        });
    }
    void TearDown() override {
        loop_.call([&] { server_.reset(); });
    }
    HttpCounters counters() {
        HttpCounters counters;
        loop_.call([&] { counters = server_->counters(); });
        return counters;
    }
    void until(const std::function<bool()>& holds) {
        for (bool done = false; !done;) {
            loop_.call([&] { done = holds(); });
            std::this_thread::yield();
        }
    }

    Log log_{LogLevel::kError};
    LoopThread loop_;
    uint16_t port_ = 0;
    std::unique_ptr<Echo> echo_;
    std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersManyRequestsOnOneConnection) {
    start();
    Client client(port_);
    for (const char* path : {"/a", "/later", "/b"}) {
        const Answer answer = client.get(std::string(path) + "?x=1&y=a%20b");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, std::string(path) + "|-|x=1|y=a b");
        EXPECT_NE(answer.head.find("nosniff"), std::string::npos);
    }
    client.send("GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.answer().body, "/1|-");
    EXPECT_EQ(client.answer().body, "/later|-");
}

TEST_F(HttpServerTest, HeadHasNoBody) {
    start();
    Client client(port_);
    const Answer answer = client.get("/a", "Host: localhost\r\n", "HEAD");
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.head.find("Content-Length: 4"), std::string::npos);
    EXPECT_EQ(client.get("/stream", "Host: localhost\r\n", "HEAD").status, 200);
    EXPECT_EQ(client.get("/b").body, "/b|-");
}

TEST_F(HttpServerTest, NothingCanBeWritten) {
    start();
    for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get"}) {
        Client client(port_);
        const Answer answer = client.get("/a", "Host: localhost\r\n", method);
        EXPECT_EQ(answer.status, 405) << method;
        EXPECT_NE(answer.head.find("Allow: GET, HEAD"), std::string::npos);
    }
    Client body(port_);
    EXPECT_EQ(body.get("/a", "Host: localhost\r\nContent-Length: 5\r\n").status, 413);
    Client chunked(port_);
    EXPECT_EQ(chunked.get("/a", "Host: localhost\r\nTransfer-Encoding: chunked\r\n").status, 413);
    EXPECT_EQ(counters().refused, 10u);
}

TEST_F(HttpServerTest, ForeignHostsAndPagesAreRefused) {
    start();
    EXPECT_EQ(Client(port_).get("/a", "Host: evil.example\r\n").status, 403);
    EXPECT_EQ(Client(port_).get("/a", "Host: localhost\r\nOrigin: http://evil.example\r\n").status, 403);
    EXPECT_EQ(Client(port_).get("/a", "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n").status, 403);
    EXPECT_EQ(Client(port_).get("/a", "").status, 400);
}

TEST_F(HttpServerTest, LongHeadsAreRefused) {
    start();
    Client client(port_);
    client.send("GET /a HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n");
    const int status = client.answer().status;
    EXPECT_TRUE(status == 431 || status == 0) << status;
    Client uri(port_);
    uri.send("GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const int other = uri.answer().status;
    EXPECT_TRUE(other == 414 || other == 431 || other == 0) << other;
    EXPECT_EQ(Client(port_).get("/a").status, 200);
}

TEST_F(HttpServerTest, ThePeerOfAUnixSocketIsKnown) {
    const std::string path = "/tmp/ttmem-http-test." + std::to_string(getpid());
    auto place = SocketPlace::claim(path, 0600);
    ASSERT_TRUE(place) << place.error().message;
    start({}, UniqueFd(dup(place.value().fd())), std::nullopt);
    EXPECT_EQ(Client(path).get("/a").body, "/a|" + std::to_string(getuid()));
}

// Bytes that drip keep no connection open, neither before the end of a head nor in a pause between requests.
TEST_F(HttpServerTest, SlowHeadsAreCutOff) {
    HttpLimits limits;
    limits.head_ns = 1'000'000'000;
    start(limits);
    // On a busy machine even this client may be too slow: then it asks again.
    const auto asks = [&] {
        auto client = std::make_unique<Client>(port_);
        while (client->get("/a").status != 200) {
            client = std::make_unique<Client>(port_);
        }
        return client;
    };
    Client idle(port_);
    const std::unique_ptr<Client> between = asks();
    Client drips(port_);
    drips.send("GET /a HTTP/1.1\r\nX: ");
    bool open = true;
    while (open) {
        drips.send("x");
        pollfd ready{drips.fd(), POLLIN, 0};
        open = poll(&ready, 1, 20) == 0;
    }
    EXPECT_TRUE(drips.closed_by_server());
    EXPECT_TRUE(idle.closed_by_server());
    EXPECT_TRUE(between->closed_by_server());
    EXPECT_GE(counters().cut, 3u);
    asks();
}

TEST_F(HttpServerTest, WhoDoesNotTakeAnAnswerIsCutOff) {
    HttpLimits limits;
    limits.answer_ns = 1'000'000'000;
    start(limits);
    Client client(port_);
    client.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    Client never(port_);
    never.send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n");
    until([&] { return server_->counters().cut >= 2; });
    EXPECT_TRUE(client.closed_by_server());
    EXPECT_LT(client.received().size(), 64u << 20);
    EXPECT_TRUE(never.closed_by_server());
    until([&] { return server_->connections() == 0; });
}

TEST_F(HttpServerTest, IdleConnectionsMakeRoomForAskingOnes) {
    HttpLimits limits;
    limits.connections = 8;
    start(limits);
    std::vector<std::unique_ptr<Client>> idle;
    for (int i = 0; i < 40; ++i) {
        idle.push_back(std::make_unique<Client>(port_));
        EXPECT_TRUE(idle.back()->connected());
        if (i % 4 == 0) {
            EXPECT_EQ(Client(port_).get("/a").status, 200) << i;
        }
    }
    EXPECT_TRUE(idle.front()->closed_by_server());
    EXPECT_GT(counters().evicted, 0u);
}

TEST_F(HttpServerTest, StreamsSendUntilTheClientIsGone) {
    HttpLimits limits;
    limits.streams = 1;
    limits.beat_ns = 1;
    start(limits);
    auto client = std::make_unique<Client>(port_);
    client->send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(client->read_until([](const std::string& text) { return text.find("/stream|-") != text.npos; }));
    EXPECT_EQ(Client(port_).get("/stream").status, 503);
    for (int i = 0; i < 3; ++i) {
        const std::string word = "word" + std::to_string(i);
        loop_.call([&] { echo_->streams[0].lock()->send(std::make_shared<std::string>(word)); });
        ASSERT_TRUE(client->read_until([&](const std::string& text) { return text.find(word) != text.npos; }));
    }
    client.reset();
    until([&] { return server_->streams() == 0; });  // a beat finds it gone
    loop_.call([&] { EXPECT_TRUE(echo_->streams[0].expired()); });
}

// Incident: clients that do read were cut off when a burst was above 1 MiB, and could not learn what they missed.
TEST_F(HttpServerTest, ABurstIsCountedAsMissedAndTheReaderStays) {
    HttpLimits limits;
    limits.unsent_stream_bytes = 64 * 1024;
    start(limits);
    Client client(port_);
    client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    until([&] { return echo_->streams.size() == 1; });
    loop_.call([&] {
        const auto stream = echo_->streams[0].lock();
        const auto text = std::make_shared<const std::string>(10'000, 'x');
        for (int i = 0; i < 1000; ++i) {
            stream->send(text, 10);
        }
    });
    ASSERT_TRUE(client.read_until([](const std::string& text) { return text.find("event: missed") != text.npos; }));
    ASSERT_TRUE(client.read_until([](const std::string& text) { return text.find("}\n\n") != text.npos; }));
    const size_t at = client.received().find("{\"events\":");
    const size_t missed = std::strtoul(client.received().c_str() + at + 10, nullptr, 10);
    const auto kept = static_cast<size_t>(std::count(client.received().begin(), client.received().end(), 'x')) / 10'000;
    EXPECT_EQ(missed + kept * 10, 10'000u);
    loop_.call([&] { EXPECT_FALSE(echo_->streams[0].expired()); });
}

TEST_F(HttpServerTest, ASecondHostOrLengthIsRefused) {
    start();
    EXPECT_EQ(Client(port_).get("/a", "Host: localhost\r\nHost: localhost\r\n").status, 400);
    EXPECT_EQ(Client(port_).get("/a", "Host: localhost\r\nHost: evil.example\r\n").status, 400);
    EXPECT_EQ(Client(port_).get("/a", "Host: localhost\r\nContent-Length: 0\r\nContent-Length: 0\r\n").status, 400);
    EXPECT_EQ(Client(port_).get("/a").status, 200);
}

TEST_F(HttpServerTest, WhoDoesNotReadAStreamIsCutOff) {
    HttpLimits limits;
    limits.unsent_stream_bytes = 1 << 20;
    limits.answer_ns = 1'000'000'000;
    start(limits);
    Client client(port_);
    client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    until([&] { return echo_->streams.size() == 1; });
    const auto text = std::make_shared<const std::string>(512 << 10, 'x');
    until([&] {
        const auto stream = echo_->streams[0].lock();
        if (stream != nullptr) {
            stream->send(text);
        }
        return stream == nullptr;
    });
    EXPECT_TRUE(client.closed_by_server());
}

TEST_F(HttpServerTest, StopsWithRequestsAndStreamsOpen) {
    start();
    Client stream(port_);
    stream.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    Client never(port_);
    never.send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n");
    Client half(port_);
    half.send("GET /a HT");
    until([&] { return server_->connections() == 3 && server_->streams() == 1; });
    loop_.call([&] { server_.reset(); });
    EXPECT_TRUE(stream.closed_by_server());
    EXPECT_TRUE(never.closed_by_server());
    EXPECT_TRUE(half.closed_by_server());
}

}  // namespace
}  // namespace ttmem::server
