// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The signals that end a server or let it read its configuration again.
#pragma once

#include <functional>

#include "base/unique_fd.hpp"
#include "server/event_loop.hpp"
#include "server/log.hpp"

namespace ttmem::server {

// SIGTERM and SIGINT stop the loop; so does SIGHUP (a terminal that was closed) where there is nothing to reload.
class Signals : public EventHandler {
public:
    Signals(EventLoop& loop, Log& log) : loop_(loop), log_(log) {}
    ~Signals() override { loop_.forget(fd_.get(), *this); }
    void on_reload(std::function<void()> reload) { reload_ = std::move(reload); }

    // Blocks these signals for the whole process, so call it before a thread starts. False: the kernel refuses (errno).
    bool start();
    void on_event(uint32_t events) override;

private:
    EventLoop& loop_;
    Log& log_;
    UniqueFd fd_;
    std::function<void()> reload_;
};

}  // namespace ttmem::server
