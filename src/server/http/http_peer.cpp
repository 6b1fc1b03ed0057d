// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_peer.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.hpp"

namespace ttmem::server {
namespace {

struct Ends {
    sockaddr_storage own{};
    sockaddr_storage peer{};
};

std::optional<Ends> ends_of(int fd) {
    Ends ends;
    socklen_t own_size = sizeof ends.own;
    socklen_t peer_size = sizeof ends.peer;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&ends.own), &own_size) != 0 ||
        getpeername(fd, reinterpret_cast<sockaddr*>(&ends.peer), &peer_size) != 0 ||
        ends.own.ss_family != ends.peer.ss_family) {
        return std::nullopt;
    }
    return ends;
}

// Port and address, in the order of the network, as the kernel's question takes them.
void put_end(const sockaddr_storage& end, __be16& port, __be32 (&address)[4]) {
    if (end.ss_family == AF_INET6) {
        const auto& six = reinterpret_cast<const sockaddr_in6&>(end);
        port = six.sin6_port;
        std::memcpy(address, &six.sin6_addr, sizeof six.sin6_addr);
    } else {
        const auto& four = reinterpret_cast<const sockaddr_in&>(end);
        port = four.sin_port;
        std::memcpy(address, &four.sin_addr, sizeof four.sin_addr);
    }
}

// The owner of the socket at the far end of a TCP connection within this machine.
std::optional<uid_t> user_of_tcp_peer(const Ends& ends) {
    struct {
        nlmsghdr head{};
        inet_diag_req_v2 question{};
    } request;
    request.head.nlmsg_len = sizeof request;
    request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.head.nlmsg_flags = NLM_F_REQUEST;
    request.question.sdiag_family = static_cast<__u8>(ends.peer.ss_family);
    request.question.sdiag_protocol = IPPROTO_TCP;
    inet_diag_sockid& id = request.question.id;
    put_end(ends.peer, id.idiag_sport, id.idiag_src);  // the far end's socket: its own address is our peer's
    put_end(ends.own, id.idiag_dport, id.idiag_dst);
    id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    const UniqueFd kernel(socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!kernel.valid() || send(kernel.get(), &request, sizeof request, 0) != sizeof request) {
        return std::nullopt;
    }
    struct {
        nlmsghdr head{};
        inet_diag_msg found{};
        char more[1024];
    } answer;
    // The kernel has put its answer there before send() returned.
    const ssize_t got = recv(kernel.get(), &answer, sizeof answer, MSG_DONTWAIT);
    if (got < static_cast<ssize_t>(sizeof answer.head + sizeof answer.found) ||
        answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY) {
        return std::nullopt;
    }
    return answer.found.idiag_uid;
}

}  // namespace

bool comes_from_this_machine(int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return false;
    }
    if (address.ss_family == AF_INET6) {
        const in6_addr& six = reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr;
        return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
    }
    if (address.ss_family == AF_INET) {
        return ntohl(reinterpret_cast<const sockaddr_in*>(&address)->sin_addr.s_addr) >> 24 == 127;
    }
    return address.ss_family == AF_UNIX;
}

std::optional<uid_t> user_of_unix_peer(int fd) {
    ucred who{};
    socklen_t size = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? std::optional(who.uid) : std::nullopt;
}

std::string client_name(int fd) {
    const std::optional<Ends> ends = ends_of(fd);
    if (!ends) {
        return "";
    }
    if (ends->peer.ss_family == AF_UNIX) {
        const std::optional<uid_t> user = user_of_unix_peer(fd);
        return user ? "user " + std::to_string(*user) : "";
    }
    if (ends->peer.ss_family != AF_INET && ends->peer.ss_family != AF_INET6) {
        return "";
    }
    if (comes_from_this_machine(fd)) {
        if (const std::optional<uid_t> user = user_of_tcp_peer(*ends)) {
            return "user " + std::to_string(*user);
        }
    }
    char text[INET6_ADDRSTRLEN] = "";
    const bool six = ends->peer.ss_family == AF_INET6;
    const void* address = six ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(ends->peer).sin6_addr)
                              : static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(ends->peer).sin_addr);
    inet_ntop(ends->peer.ss_family, address, text, sizeof text);
    return text;
}

bool has_hung_up(int fd) {
    char byte = 0;
    const ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

}  // namespace ttmem::server
