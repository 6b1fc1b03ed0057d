// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The cost of an event in the proof of concept: a blocking send of one 128-byte message to another process.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace ttmem::bench {

// A connected pair of unix stream sockets and a process that reads from the far end, one message at a time. Throws
// std::system_error when they cannot be made. The process ends with the object, or with this one.
class SocketPeer {
public:
    SocketPeer();
    ~SocketPeer();
    SocketPeer(const SocketPeer&) = delete;
    SocketPeer& operator=(const SocketPeer&) = delete;

    void allocate(uint64_t id, uint64_t bytes) { send(1, id, bytes); }
    void free(uint64_t id, uint64_t bytes) { send(2, id, bytes); }

private:
    void send(uint8_t type, uint64_t id, uint64_t bytes);

    int socket_ = -1;
    pid_t reader_ = -1;
};

}  // namespace ttmem::bench
