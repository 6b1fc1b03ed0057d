// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/clock.hpp"

namespace ttmem::server {
namespace {

constexpr int kFirstGiven = 3;
constexpr int kMostGiven = 64;

std::string take_variable(const char* name) {
    const char* value = std::getenv(name);
    std::string text = value == nullptr ? "" : value;
    unsetenv(name);
    return text;
}

std::optional<uint64_t> number_in(const std::string& text) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    size_t begin = 0;
    while (begin <= text.size() && !text.empty()) {
        const size_t end = std::min(text.find(':', begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

int family_of_listener(int fd) {
    int type = 0;
    int listening = 0;
    sockaddr_storage address{};
    socklen_t size = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) {
        return AF_UNSPEC;
    }
    size = sizeof listening;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) {
        return AF_UNSPEC;
    }
    size = sizeof address;
    return getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 ? address.ss_family : AF_UNSPEC;
}

}  // namespace

Result<GivenSockets> take_given_sockets() {
    const std::optional<uint64_t> pid = number_in(take_variable("LISTEN_PID"));
    const std::optional<uint64_t> count = number_in(take_variable("LISTEN_FDS"));
    const std::vector<std::string> names = split(take_variable("LISTEN_FDNAMES"));
    GivenSockets given;
    if (pid != static_cast<uint64_t>(getpid()) || !count || *count > kMostGiven) {
        return given;
    }
    for (int i = 0; i < static_cast<int>(*count); ++i) {
        const int fd = kFirstGiven + i;
        const std::string name = static_cast<size_t>(i) < names.size() ? names[static_cast<size_t>(i)] : "";
        const int family = family_of_listener(fd);
        const bool tcp = family == AF_INET || family == AF_INET6;
        if (!tcp && family != AF_UNIX) {
            return Error{"descriptor " + std::to_string(fd) + " (" + name +
                             ") from the service manager is no listening stream socket",
                         EINVAL};
        }
        UniqueFd& place = tcp ? given.http : name == "api" ? given.api : given.legacy;
        if (place.valid()) {
            return Error{
                "the service manager gives two sockets for one use; name them socket, http and api "
                "(FileDescriptorName=)",
                EINVAL};
        }
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        place.reset(fd);
    }
    return given;
}

ServiceManager::ServiceManager(EventLoop& loop) : loop_(loop), path_(take_variable("NOTIFY_SOCKET")) {
    const std::optional<uint64_t> period_us = number_in(take_variable("WATCHDOG_USEC"));
    const std::string pid = take_variable("WATCHDOG_PID");
    if (path_.size() < 2 || path_.size() >= sizeof(sockaddr_un::sun_path) || (path_[0] != '/' && path_[0] != '@')) {
        path_.clear();
        return;
    }
    socket_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (period_us && *period_us > 0 && (pid.empty() || number_in(pid) == static_cast<uint64_t>(getpid()))) {
        watchdog_ns_ = *period_us * 1000 / 2;
        timer_ = loop_.at(0, [this] { feed(); });
    }
}

ServiceManager::~ServiceManager() {
    if (timer_) {
        loop_.cancel(*timer_);
    }
}

// From the loop's own timer: a loop that hangs does not feed it.
void ServiceManager::feed() {
    tell("WATCHDOG=1");
    timer_ = loop_.at(loop_.now_ns() + *watchdog_ns_, [this] { feed(); });
}

void ServiceManager::ready(std::string_view status) {
    tell("READY=1\nSTATUS=" + std::string(status));
}

void ServiceManager::reloading() {
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(clock_ns(CLOCK_MONOTONIC) / 1000));
}

void ServiceManager::status(std::string_view status) {
    tell("STATUS=" + std::string(status));
}

void ServiceManager::stopping() {
    tell("STOPPING=1\nSTATUS=stopping");
}

void ServiceManager::tell(const std::string& message) const {
    if (!socket_.valid()) {
        return;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    if (address.sun_path[0] == '@') {
        address.sun_path[0] = '\0';  // an abstract name
    }
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
    sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
           size);
}

}  // namespace ttmem::server
