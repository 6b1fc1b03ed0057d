// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/listen.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace ttmem::server {
namespace {

constexpr int kBacklog = 512;

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

Result<UniqueFd> listen_on(const std::string& text, const std::string& hint) {
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
        return Error{
            "cannot serve HTTP on " + text + ": " + std::strerror(why) + (why == EADDRINUSE ? hint : std::string()),
            why};
    }
    return fd;
}

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

std::string local_url(std::string url) {
    for (const auto& [any, loopback] : {std::pair{"//0.0.0.0:", "//127.0.0.1:"}, std::pair{"//[::]:", "//[::1]:"}}) {
        if (const size_t at = url.find(any); at != std::string::npos) {
            url.replace(at, std::strlen(any), loopback);
        }
    }
    return url + "/";
}

}  // namespace ttmem::server
