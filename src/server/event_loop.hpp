// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The server's one thread: waits for descriptors and times, and hands each a small piece of work in turn.
//
// Fairness: handlers do a bounded piece of work for an event. Those that say they have more (`heavy`) come after all
// others, for kHeavyNs a turn, and each turn starts with another one of them. All calls are for the loop's own thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace ttmem::server {

// Outlives its registration with the loop; may be unregistered, and then destroyed, in its own or another's on_event.
class EventHandler {
public:
    virtual ~EventHandler() = default;
    virtual void on_event(uint32_t events) = 0;  // EPOLLIN, ...

    bool heavy = false;  // its last piece of work was not all there is

private:
    friend class EventLoop;
    uint32_t slot_ = UINT32_MAX;
};

class EventLoop {
public:
    static constexpr uint64_t kHeavyNs = 150'000;
    using Timer = std::pair<uint64_t, uint64_t>;  // when, and a number

    static Result<std::unique_ptr<EventLoop>> make();

    // Watches a descriptor, level triggered; one descriptor a handler. False: the kernel refuses (errno).
    bool watch(int fd, uint32_t events, EventHandler& handler);
    bool change(int fd, uint32_t events, EventHandler& handler);
    void forget(int fd, EventHandler& handler);

    Timer at(uint64_t when_ns, std::function<void()> call);
    void cancel(const Timer& timer);

    // Called each turn; while it gives true the loop does not sleep.
    void set_background(std::function<bool()> work) { background_ = std::move(work); }

    // CLOCK_MONOTONIC as of this turn.
    uint64_t now_ns() const { return now_ns_; }

    void run();
    void stop() { running_ = false; }
    // Runs one turn; waits `wait_ms` at most, -1 for as long as there is no work.
    void turn(int wait_ms);

private:
    struct Slot {
        EventHandler* handler = nullptr;
        uint32_t generation = 0;
    };
    EventLoop(UniqueFd epoll, UniqueFd timer);
    EventHandler* handler_of(uint64_t token) const;
    void arm();
    void run_timers();

    UniqueFd epoll_;
    UniqueFd timer_fd_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_slots_;
    std::map<Timer, std::function<void()>> timers_;
    uint64_t timers_made_ = 0;
    uint64_t armed_ns_ = 0;  // 0: not
    std::function<bool()> background_;
    std::vector<std::pair<uint64_t, uint32_t>> heavy_;  // of this turn: token, events
    size_t first_heavy_ = 0;
    uint64_t now_ns_ = 0;
    bool running_ = false;
    bool more_in_background_ = false;
};

}  // namespace ttmem::server
