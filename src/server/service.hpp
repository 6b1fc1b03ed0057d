// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Interface to a service manager: sockets that it opened, and notices of the server's state (sd_listen_fds(3),
// sd_notify(3)). Both protocols are a few lines of environment and datagrams that systemd guarantees to keep, so
// libsystemd, which would be one more library to install wherever `ttmem` runs, is not used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "server/event_loop.hpp"

namespace ttmem::server {

// Sockets by their purpose; invalid ones were not given.
struct GivenSockets {
    UniqueFd legacy;  // FileDescriptorName=socket, or a unix socket without one of these names
    UniqueFd http;    // http, or a TCP socket
    UniqueFd api;     // api
};
// Takes them out of the environment, so that no child takes them for its own. The error says which one has no use.
Result<GivenSockets> take_given_sockets();

class ServiceManager {
public:
    // Reads NOTIFY_SOCKET and WATCHDOG_USEC, and takes them out of the environment. Without them all calls do nothing.
    explicit ServiceManager(EventLoop& loop);
    ~ServiceManager();
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    void ready(std::string_view status);
    void reloading();
    void status(std::string_view status);
    void stopping();

private:
    void tell(const std::string& message) const;
    void feed();

    EventLoop& loop_;
    std::string path_;
    UniqueFd socket_;
    std::optional<uint64_t> watchdog_ns_;
    std::optional<EventLoop::Timer> timer_;
};

}  // namespace ttmem::server
