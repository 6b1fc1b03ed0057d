// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "socket_peer.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace ttmem::bench {

namespace {

// As large as the proof of concept's message; what is in it does not matter to its price.
struct Message {
    uint8_t type;
    uint8_t padding[7];
    uint64_t id;
    uint64_t bytes;
    uint64_t time_ns;
    uint8_t rest[96];
};
static_assert(sizeof(Message) == 128);

[[noreturn]] void read_all(int socket) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Message message;
    while (recv(socket, &message, sizeof message, MSG_WAITALL) == sizeof message) {
    }
    _exit(0);
}

}  // namespace

SocketPeer::SocketPeer() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        throw std::system_error(errno, std::generic_category(), "socketpair");
    }
    reader_ = fork();
    if (reader_ < 0) {
        throw std::system_error(errno, std::generic_category(), "fork");
    }
    if (reader_ == 0) {
        close(ends[0]);
        read_all(ends[1]);
    }
    close(ends[1]);
    socket_ = ends[0];
}

SocketPeer::~SocketPeer() {
    close(socket_);
    waitpid(reader_, nullptr, 0);
}

void SocketPeer::send(uint8_t type, uint64_t id, uint64_t bytes) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    Message message{};
    message.type = type;
    message.id = id;
    message.bytes = bytes;
    message.time_ns = static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
    if (::send(socket_, &message, sizeof message, MSG_NOSIGNAL) != sizeof message) {
        throw std::system_error(errno, std::generic_category(), "send");
    }
}

}  // namespace ttmem::bench
