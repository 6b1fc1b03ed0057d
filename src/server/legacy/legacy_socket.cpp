// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/legacy/legacy_socket.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "server/legacy/legacy_connection.hpp"

namespace ttmem::server {
namespace {

constexpr int kAcceptsATurn = 64;
constexpr uint64_t kAcceptPauseNs = 100'000'000;
constexpr size_t kReleasedATurn = 16384;  // slots of senders that ended

}  // namespace

LegacySocket::LegacySocket(EventLoop& loop, Log& log, SocketPlace place, LegacyAnswers& answers, LegacyLimits limits)
    : loop_(loop),
      log_(log),
      place_(std::move(place)),
      answers_(answers),
      limits_(limits),
      clients_(limits.clients),
      read_buffer_(kReadBytes) {}

LegacySocket::~LegacySocket() {
    if (accept_again_) {
        loop_.cancel(*accept_again_);
    } else if (place_.valid()) {
        loop_.forget(place_.fd(), *this);
    }
    if (dump_timer_) {
        loop_.cancel(*dump_timer_);
    }
    closed_.clear();
    connections_.clear();
    refusals_.end(log_, "refusals at the old socket");
    oddities_.end(log_, "oddities at the old socket");
    strangers_.end(log_, "messages for other processes at the old socket");
}

bool LegacySocket::start() {
    if (!place_.valid()) {
        return true;  // the server goes on without this door
    }
    // Accepted sockets inherit this, where the kernel does that, so that not even the first bytes lack credentials.
    const int on = 1;
    setsockopt(place_.fd(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    return loop_.watch(place_.fd(), EPOLLIN, *this);
}

void LegacySocket::on_event(uint32_t) {
    for (int i = 0; i < kAcceptsATurn; ++i) {
        UniqueFd fd(accept4(place_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!fd.valid()) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                const int why = errno;
                refusals_.say(log_, loop_.now_ns(), [&] {
                    return std::string("cannot take more connections for now: ") + std::strerror(why);
                });
                pause_accepting();
            }
            return;
        }
        ucred peer{};
        socklen_t size = sizeof peer;
        if (getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
            continue;
        }
        size_t& of_user = of_user_[peer.uid];
        if (connections_.size() >= limits_.connections || of_user >= limits_.connections_of_user) {
            ++counters_.refused;
            refusals_.say(log_, loop_.now_ns(), [&] {
                return "too many connections (" + std::to_string(connections_.size()) + ", " + std::to_string(of_user) +
                       " of user " + std::to_string(peer.uid) + "): pid " + std::to_string(peer.pid) + " is refused";
            });
            if (of_user == 0) {
                of_user_.erase(peer.uid);
            }
            continue;
        }
        auto connection = std::make_unique<LegacyConnection>(*this, std::move(fd), peer);
        if (!connection->start()) {
            if (of_user == 0) {
                of_user_.erase(peer.uid);
            }
            continue;
        }
        ++of_user;
        ++counters_.connections;
        if (log_.wants(LogLevel::kDebug)) {
            log_.write(LogLevel::kDebug, "pid " + std::to_string(peer.pid) + " connects");
        }
        connections_.emplace(connection.get(), std::move(connection));
    }
}

// The listener stays readable, and nothing can be done about it until a descriptor is free.
void LegacySocket::pause_accepting() {
    loop_.forget(place_.fd(), *this);
    accept_again_ = loop_.at(loop_.now_ns() + kAcceptPauseNs, [this] {
        accept_again_.reset();
        if (!loop_.watch(place_.fd(), EPOLLIN, *this)) {
            pause_accepting();
        }
    });
}

void LegacySocket::close(LegacyConnection& connection) {
    const auto found = connections_.find(&connection);
    if (found == connections_.end()) {
        return;
    }
    if (log_.wants(LogLevel::kDebug)) {
        log_.write(LogLevel::kDebug, "pid " + std::to_string(connection.peer().pid) + " is gone");
    }
    connection.detach();
    if (const auto user = of_user_.find(connection.peer().uid); user != of_user_.end() && --user->second == 0) {
        of_user_.erase(user);
    }
    closed_.push_back(std::move(found->second));
    connections_.erase(found);
}

bool LegacySocket::work_in_background() {
    closed_.clear();
    return clients_.release_some(kReleasedATurn);
}

// A client may ask for as many dumps as it likes; what is written is one a second, after the last one asked.
void LegacySocket::request_dump() {
    if (dump_timer_) {
        return;
    }
    dump_timer_ = loop_.at(std::max(loop_.now_ns(), next_dump_ns_), [this] {
        dump_timer_.reset();
        next_dump_ns_ = loop_.now_ns() + kDumpEveryNs;
        answers_.dump();
    });
}

void LegacySocket::report_effect(SocketClients::Effect effect, const api::LegacyRequest& request, pid_t pid) {
    const char* what = "";
    uint64_t* counter = nullptr;
    switch (effect) {
        case SocketClients::Effect::kUnknownFree:
            counter = &counters_.unknown_frees;
            what = "releases memory that it does not hold";
            break;
        case SocketClients::Effect::kBadType:
            counter = &counters_.bad_buffer_types;
            what = "reports a buffer type that does not exist";
            break;
        case SocketClients::Effect::kBadDevice:
            counter = &counters_.bad_devices;
            what = "reports a device number that cannot be";
            break;
        case SocketClients::Effect::kNoRoom:
            counter = &counters_.no_room;
            what = "holds more than this server keeps; the report is lost";
            break;
        default:
            counter = &counters_.unknown_types;
            what = "sends a message of an unknown type";
            break;
    }
    ++*counter;
    oddities_.say(log_, loop_.now_ns(), [&] {
        return "pid " + std::to_string(pid) + " " + what + " (type " + std::to_string(request.type) + ", device " +
               std::to_string(request.device_id) + ", id " + std::to_string(request.buffer_id) + ", buffer type " +
               std::to_string(request.buffer_type) + ")";
    });
}

}  // namespace ttmem::server
