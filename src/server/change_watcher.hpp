// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Refreshes the model as soon as the kernel reports a change (a process ended, a ledger appeared), and then calls the
// parts that keep something of it. For the loop's thread.
//
// The look is a quick one (inventory::Request::quick): what living processes hold is not read for it, so that it is as
// fast with a million buffers as with ten. It is made beside the loop, since folders and ledgers are other users', and
// rests longer than it works, whatever is done to the folders.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/alive.hpp"
#include "inventory/watch.hpp"
#include "model/model.hpp"
#include "server/event_loop.hpp"
#include "server/log.hpp"

namespace ttmem::server {

class ChangeWatcher : private EventHandler {
public:
    struct Counters {
        uint64_t looks = 0;
        uint64_t ends = 0;             // of processes, as the kernel reported
        uint64_t slowest_look_ns = 0;  // of all
    };
    // Reads again, quickly, and calls `got` with what is there: at once or later, on the loop's thread.
    using Got = std::function<void(const std::shared_ptr<const api::Model>&)>;
    using Look = std::function<void(Got)>;
    // Called after each look.
    using Tell = std::function<void()>;

    static constexpr uint64_t kRestAfterWork = 4;

    // `heard`: called at once when the kernel has reported a change, before the look.
    ChangeWatcher(EventLoop& loop, Log& log, std::unique_ptr<inventory::Watch> watch, Look look, Tell tell,
                  Tell heard = {});
    ~ChangeWatcher() override;
    ChangeWatcher(const ChangeWatcher&) = delete;
    ChangeWatcher& operator=(const ChangeWatcher&) = delete;

    bool start();  // false: the loop does not take it (errno)
    // Whether the kernel has reported a change that on_event() has not taken in yet. One system call.
    bool has_news() const;
    const Counters& counters() const { return counters_; }

private:
    void on_event(uint32_t events) override;
    void look();
    void looked(const api::Model& model, uint64_t begin_ns);
    void look_at(uint64_t when_ns);

    EventLoop& loop_;
    Log& log_;
    std::unique_ptr<inventory::Watch> watch_;
    Look look_;
    Tell tell_;
    Tell heard_;
    Counters counters_;
    std::vector<int> ended_;  // and not looked at yet
    std::optional<EventLoop::Timer> timer_;
    uint64_t timer_ns_ = 0;
    uint64_t not_before_ns_ = 0;
    size_t looks_again_ = 0;
    bool looking_ = false;     // a look is in flight
    bool look_after_ = false;  // ... and began before the latest change
    Alive<ChangeWatcher> alive_{this};
};

}  // namespace ttmem::server
