// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "doctor/reach.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "base/unique_fd.hpp"
#include "model/legacy_wire.hpp"

namespace ttmem::doctor {
namespace {

using Clock = std::chrono::steady_clock;

// Ready for `events` before the deadline.
bool wait_for(int fd, short events, Clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd wanted{fd, events, 0};
        const int ready = poll(&wanted, 1, left < 0 ? 0 : static_cast<int>(left));
        if (ready > 0 || (ready == 0 && left <= 0)) {
            return ready > 0;
        }
        if (ready < 0 && errno != EINTR) {
            return false;
        }
    }
}

// Connects, asks, and looks for an answer that begins as it should.
Reached ask(int family, const sockaddr* address, socklen_t bytes, std::string_view question, std::string_view expected,
            int patience_ms) {
    const auto deadline = Clock::now() + std::chrono::milliseconds(patience_ms);
    const UniqueFd fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid()) {
        return {Answer::kRefused, std::strerror(errno)};
    }
    int error = connect(fd.get(), address, bytes) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
        socklen_t size = sizeof error;
        if (!wait_for(fd.get(), POLLOUT, deadline)) {
            return {Answer::kSilent, ""};
        }
        getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == EAGAIN) {  // a unix socket whose queue is full: no process takes connections
        return {Answer::kSilent, ""};
    }
    if (error == ENOENT || (error == ECONNREFUSED && family == AF_INET)) {
        return {Answer::kAbsent, ""};
    }
    if (error != 0) {
        return {Answer::kRefused, error == ECONNREFUSED ? "a socket without a listener" : std::strerror(error)};
    }
    if (send(fd.get(), question.data(), question.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(question.size())) {
        return {Answer::kRefused, std::strerror(errno)};
    }
    std::string answer;
    std::array<char, 512> block;
    while (answer.size() < expected.size() || answer.empty()) {
        if (!wait_for(fd.get(), POLLIN, deadline)) {
            return {Answer::kSilent, ""};
        }
        const ssize_t got = recv(fd.get(), block.data(), block.size(), 0);
        if (got <= 0) {
            return {Answer::kRefused, "it hung up without an answer"};
        }
        answer.append(block.data(), static_cast<size_t>(got));
    }
    return answer.starts_with(expected) ? Reached{Answer::kAnswers, ""}
                                        : Reached{Answer::kRefused, "it speaks something else"};
}

}  // namespace

Reached reach_socket(const std::string& path, int patience_ms) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return {Answer::kRefused, "the path is too long for a socket"};
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    api::LegacyMessage question;
    question.request.type = api::kLegacyDeviceInfoQuery;
    std::array<std::byte, api::kLargestLegacyMessage> bytes{};
    const size_t size = api::encode_legacy(question, api::LegacySize::k112, bytes);
    const char expected = static_cast<char>(api::kLegacyDeviceInfoResponse);
    return ask(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address,
               {reinterpret_cast<const char*>(bytes.data()), size}, {&expected, 1}, patience_ms);
}

Reached reach_http(const std::string& place, int patience_ms) {
    const size_t colon = place.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    uint16_t port = 0;
    const std::string host = place.substr(0, colon);
    const char* first = place.c_str() + std::min(colon, place.size() - 1) + 1;
    if (colon == std::string::npos || std::from_chars(first, place.c_str() + place.size(), port).ec != std::errc() ||
        inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
        return {Answer::kRefused, "no ADDRESS:PORT in numbers"};
    }
    address.sin_port = htons(port);
    return ask(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address,
               "GET /healthz HTTP/1.1\r\nHost: " + place + "\r\nConnection: close\r\n\r\n", "HTTP/1.", patience_ms);
}

}  // namespace ttmem::doctor
