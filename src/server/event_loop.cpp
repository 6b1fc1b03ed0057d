// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.hpp"

namespace ttmem::server {
namespace {

constexpr uint64_t kTimerToken = UINT64_MAX;
constexpr size_t kEventsATurn = 256;

uint64_t token_of(uint32_t slot, uint32_t generation) {
    return static_cast<uint64_t>(generation) << 32 | slot;
}

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::make() {
    UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    UniqueFd timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kTimerToken;
    if (!epoll.valid() || !timer.valid() || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, timer.get(), &event) != 0) {
        return Error{"cannot set up the event loop", errno};
    }
    return std::unique_ptr<EventLoop>(new EventLoop(std::move(epoll), std::move(timer)));
}

EventLoop::EventLoop(UniqueFd epoll, UniqueFd timer)
    : epoll_(std::move(epoll)), timer_fd_(std::move(timer)), now_ns_(clock_ns(CLOCK_MONOTONIC)) {}

bool EventLoop::watch(int fd, uint32_t events, EventHandler& handler) {
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const uint32_t slot = free_slots_.back();
    epoll_event event{};
    event.events = events;
    event.data.u64 = token_of(slot, slots_[slot].generation);
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
        return false;
    }
    free_slots_.pop_back();
    slots_[slot].handler = &handler;
    handler.slot_ = slot;
    return true;
}

bool EventLoop::change(int fd, uint32_t events, EventHandler& handler) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = token_of(handler.slot_, slots_[handler.slot_].generation);
    return epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0;
}

void EventLoop::forget(int fd, EventHandler& handler) {
    if (handler.slot_ == UINT32_MAX) {
        return;
    }
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    Slot& slot = slots_[handler.slot_];
    slot.handler = nullptr;
    ++slot.generation;  // events of this turn that are still to come are dropped
    free_slots_.push_back(handler.slot_);
    handler.slot_ = UINT32_MAX;
}

EventHandler* EventLoop::handler_of(uint64_t token) const {
    const auto slot = static_cast<uint32_t>(token);
    return slot < slots_.size() && slots_[slot].generation == token >> 32 ? slots_[slot].handler : nullptr;
}

EventLoop::Timer EventLoop::at(uint64_t when_ns, std::function<void()> call) {
    const Timer timer{when_ns, ++timers_made_};
    timers_.emplace(timer, std::move(call));
    return timer;
}

void EventLoop::cancel(const Timer& timer) {
    timers_.erase(timer);
}

void EventLoop::arm() {
    const uint64_t next = timers_.empty() ? 0 : std::max<uint64_t>(timers_.begin()->first.first, 1);
    if (next == armed_ns_) {
        return;
    }
    itimerspec when{};
    when.it_value.tv_sec = static_cast<time_t>(next / 1'000'000'000);
    when.it_value.tv_nsec = static_cast<long>(next % 1'000'000'000);
    timerfd_settime(timer_fd_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
    armed_ns_ = next;
}

void EventLoop::run_timers() {
    while (!timers_.empty() && timers_.begin()->first.first <= now_ns_) {
        const std::function<void()> call = std::move(timers_.begin()->second);
        timers_.erase(timers_.begin());
        call();
    }
}

void EventLoop::turn(int wait_ms) {
    arm();
    std::array<epoll_event, kEventsATurn> events;
    const int count =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), more_in_background_ ? 0 : wait_ms);
    now_ns_ = clock_ns(CLOCK_MONOTONIC);
    heavy_.clear();
    for (int i = 0; i < count; ++i) {
        const uint64_t token = events[i].data.u64;
        const uint32_t ready = events[i].events;
        if (token == kTimerToken) {
            armed_ns_ = 0;
            const itimerspec none{};
            timerfd_settime(timer_fd_.get(), 0, &none, nullptr);
            continue;
        }
        EventHandler* handler = handler_of(token);
        if (handler == nullptr) {
            continue;
        }
        if (handler->heavy) {
            heavy_.emplace_back(token, ready);
        } else {
            handler->on_event(ready);
        }
    }
    run_timers();
    const uint64_t heavy_until = clock_ns(CLOCK_MONOTONIC) + kHeavyNs;
    for (size_t i = 0; i < heavy_.size(); ++i) {
        const auto& [token, ready] = heavy_[(first_heavy_ + i) % heavy_.size()];
        if (EventHandler* handler = handler_of(token)) {
            handler->on_event(ready);
        }
        if (i + 1 == heavy_.size() || clock_ns(CLOCK_MONOTONIC) >= heavy_until) {
            first_heavy_ = (first_heavy_ + i + 1) % heavy_.size();
            break;
        }
    }
    more_in_background_ = background_ && background_();
}

void EventLoop::run() {
    for (running_ = true; running_;) {
        turn(-1);
    }
}

}  // namespace ttmem::server
