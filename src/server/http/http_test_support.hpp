// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// For tests: a loop on a thread of its own, and a client that sends bytes and reads answers.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/event_loop.hpp"

namespace ttmem::server::testing {

// Runs a loop until it goes. What belongs to the loop is made, asked and destroyed through call().
class LoopThread : private EventHandler {
public:
    LoopThread() : loop_(std::move(EventLoop::make().value())), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        loop_->watch(wake_.get(), EPOLLIN, *this);
        thread_ = std::thread([this] { loop_->run(); });
    }
    ~LoopThread() override {
        call([this] { loop_->stop(); });
        thread_.join();
    }
    EventLoop& loop() { return *loop_; }

    void call(const std::function<void()>& work) {
        std::promise<void> done;
        {
            const std::lock_guard lock(mutex_);
            calls_.emplace_back([&] {
                work();
                done.set_value();
            });
        }
        const uint64_t one = 1;
        static_cast<void>(!write(wake_.get(), &one, sizeof one));
        done.get_future().wait();
    }

private:
    void on_event(uint32_t) override {
        uint64_t count = 0;
        static_cast<void>(!read(wake_.get(), &count, sizeof count));
        std::vector<std::function<void()>> calls;
        {
            const std::lock_guard lock(mutex_);
            calls.swap(calls_);
        }
        for (const auto& call : calls) {
            call();
        }
    }
    std::unique_ptr<EventLoop> loop_;
    UniqueFd wake_;
    std::mutex mutex_;
    std::vector<std::function<void()>> calls_;
    std::thread thread_;
};

inline UniqueFd listen_on_loopback(uint16_t& port) {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd.get(), 512) != 0 ||
        getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        std::abort();
    }
    port = ntohs(address.sin_port);
    return fd;
}

// An answer: its head and its body, as far as they arrived before the server closed or the length was reached.
struct Answer {
    int status = 0;  // 0: none came
    std::string head;
    std::string body;
};

class Client {
public:
    static constexpr int kPatienceMs = 60'000;

    explicit Client(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            fd_.reset();
        }
    }
    explicit Client(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        if (connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            fd_.reset();
        }
    }
    bool connected() const { return fd_.valid(); }
    int fd() const { return fd_.get(); }

    void send(const std::string& bytes) {
        static_cast<void>(!::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
    }
    void end_sending() { shutdown(fd_.get(), SHUT_WR); }

    // Reads until `enough` accepts the bytes received, or to the end. False: the server closed.
    bool read_until(const std::function<bool(const std::string&)>& enough) {
        while (!enough(received_)) {
            pollfd ready{fd_.get(), POLLIN, 0};
            char block[65536];
            if (poll(&ready, 1, kPatienceMs) != 1) {
                return false;
            }
            const ssize_t got = recv(fd_.get(), block, sizeof block, 0);
            if (got <= 0) {
                return false;
            }
            received_.append(block, static_cast<size_t>(got));
        }
        return true;
    }
    bool closed_by_server() {
        return !read_until([](const std::string&) { return false; });
    }
    const std::string& received() const { return received_; }

    Answer get(const std::string& target, const std::string& headers = "Host: localhost\r\n",
               const std::string& method = "GET") {
        send(method + " " + target + " HTTP/1.1\r\n" + headers + "\r\n");
        return answer(method != "HEAD");
    }
    // The next answer of those that have a Content-Length.
    Answer answer(bool with_body = true) {
        Answer answer;
        if (!read_until([](const std::string& text) { return text.find("\r\n\r\n") != std::string::npos; })) {
            return answer;
        }
        const size_t end = received_.find("\r\n\r\n") + 4;
        answer.head = received_.substr(0, end);
        answer.status = std::atoi(answer.head.substr(std::strlen("HTTP/1.1 ")).c_str());
        size_t length = 0;
        if (const size_t at = answer.head.find("Content-Length: "); with_body && at != std::string::npos) {
            length = std::strtoul(answer.head.c_str() + at + std::strlen("Content-Length: "), nullptr, 10);
        }
        read_until([&](const std::string& text) { return text.size() >= end + length; });
        answer.body = received_.substr(end, length);
        received_.erase(0, end + length);
        return answer;
    }

private:
    UniqueFd fd_;
    std::string received_;
};

}  // namespace ttmem::server::testing
