// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A unix socket's path, held by one server at a time.
//
// A lock on PATH.lock says who may decide about PATH: two servers that start at once cannot both take a stale socket
// for theirs. A server that answers at PATH without the lock (the proof of concept's server) keeps it too. What is no
// socket is never removed. The path goes when the place is left, unless another thing is there by then.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace ttmem::server {

class SocketPlace {
public:
    // A listening, non-blocking stream socket at `path` with that mode. The error says who has the place; its errno is
    // EPERM where that is another user than root and this one (a squatter), who is named.
    static Result<SocketPlace> claim(const std::string& path, mode_t mode);

    // A socket that a service manager has opened, and will remove.
    static Result<SocketPlace> given(UniqueFd listener);

    // No place at all: nothing is listened at.
    static SocketPlace none() { return {}; }
    bool valid() const { return listener_.valid(); }

    SocketPlace(SocketPlace&&) = default;
    SocketPlace& operator=(SocketPlace&&) = delete;
    ~SocketPlace();

    int fd() const { return listener_.get(); }
    const std::string& path() const { return path_; }
    bool replaced_stale() const { return replaced_stale_; }

private:
    SocketPlace() = default;

    std::string path_;
    UniqueFd lock_;
    UniqueFd listener_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    bool replaced_stale_ = false;
};

}  // namespace ttmem::server
