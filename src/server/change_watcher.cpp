// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/change_watcher.hpp"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/clock.hpp"

namespace ttmem::server {
namespace {

// A ledger that is being made, and a process that ends while it is first seen, are complete soon after the
// notification, without another one: so look again after these times.
constexpr uint64_t kAgainNs[] = {2'000'000, 20'000'000, 200'000'000};

}  // namespace

ChangeWatcher::ChangeWatcher(EventLoop& loop, Log& log, std::unique_ptr<inventory::Watch> watch, Look look, Tell tell,
                             Tell heard)
    : loop_(loop),
      log_(log),
      watch_(std::move(watch)),
      look_(std::move(look)),
      tell_(std::move(tell)),
      heard_(std::move(heard)) {}

ChangeWatcher::~ChangeWatcher() {
    loop_.forget(watch_->fd(), *this);
    if (timer_) {
        loop_.cancel(*timer_);
    }
}

bool ChangeWatcher::start() {
    if (!loop_.watch(watch_->fd(), EPOLLIN, *this)) {
        return false;
    }
    look();
    return true;
}

bool ChangeWatcher::has_news() const {
    pollfd ready{watch_->fd(), POLLIN, 0};
    return poll(&ready, 1, 0) != 0;
}

void ChangeWatcher::on_event(uint32_t) {
    const inventory::Watch::Changes changes = watch_->take_changes();
    if (!changes) {
        return;
    }
    if (heard_) {
        heard_();
    }
    counters_.ends += changes.ended.size();
    ended_.insert(ended_.end(), changes.ended.begin(), changes.ended.end());
    looks_again_ = 0;
    if (loop_.now_ns() >= not_before_ns_) {
        look();
    } else {
        look_at(not_before_ns_);
    }
}

void ChangeWatcher::look_at(uint64_t when_ns) {
    if (timer_ && timer_ns_ <= when_ns) {
        return;
    }
    if (timer_) {
        loop_.cancel(*timer_);
    }
    timer_ns_ = when_ns;
    timer_ = loop_.at(when_ns, [this] {
        timer_.reset();
        look();
    });
}

void ChangeWatcher::look() {
    if (std::exchange(looking_, true)) {
        look_after_ = true;
        return;
    }
    look_([self = alive_.watch(), begin = clock_ns(CLOCK_MONOTONIC)](const std::shared_ptr<const api::Model>& model) {
        if (ChangeWatcher* const watcher = self.get()) {
            watcher->looked(*model, begin);
        }
    });
}

void ChangeWatcher::looked(const api::Model& model, uint64_t begin_ns) {
    looking_ = false;
    const bool fresh = watch_->follow(model, &ended_);
    const uint64_t end = clock_ns(CLOCK_MONOTONIC);
    ++counters_.looks;
    counters_.slowest_look_ns = std::max(counters_.slowest_look_ns, end - begin_ns);
    not_before_ns_ = end + (end - begin_ns) * kRestAfterWork;
    if (log_.wants(LogLevel::kDebug)) {
        log_.write(LogLevel::kDebug, "looked in " + std::to_string((end - begin_ns) / 1000) + " us, " +
                                         std::to_string(watch_->processes()) + " processes live");
    }
    // Only now do answers show that these processes have ended.
    for (const int pid : std::exchange(ended_, {})) {
        log_.write(LogLevel::kDebug, "process " + std::to_string(pid) + " ended");
    }
    if (fresh && looks_again_ == std::size(kAgainNs)) {
        --looks_again_;
    }
    if (looks_again_ < std::size(kAgainNs)) {
        look_at(std::max(end + kAgainNs[looks_again_++], not_before_ns_));
    }
    if (std::exchange(look_after_, false)) {
        look_at(not_before_ns_);
    }
    tell_();
}

}  // namespace ttmem::server
