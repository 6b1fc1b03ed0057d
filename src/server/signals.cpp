// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/signals.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace ttmem::server {

bool Signals::start() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    // Blocked for the whole process, for the descriptor to get them.
    if (sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) {
        return false;
    }
    fd_.reset(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    return fd_.valid() && loop_.watch(fd_.get(), EPOLLIN, *this);
}

void Signals::on_event(uint32_t) {
    signalfd_siginfo info{};
    if (read(fd_.get(), &info, sizeof info) != sizeof info) {
        return;
    }
    if (info.ssi_signo != SIGHUP || !reload_) {
        log_.write(LogLevel::kInfo, std::string("stopping on ") + strsignal(static_cast<int>(info.ssi_signo)));
        loop_.stop();
    } else {
        reload_();
    }
}

}  // namespace ttmem::server
