// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Gives the history a moment each second, and ends and failures as they are noticed. For the loop's thread.
#pragma once

#include <memory>

#include "base/alive.hpp"
#include "history/recorder.hpp"
#include "server/event_loop.hpp"
#include "server/log.hpp"
#include "server/models.hpp"

namespace ttmem::server {

class HistoryKeeper {
public:
    static constexpr uint64_t kEveryNs = 1'000'000'000;

    // All three outlive it.
    HistoryKeeper(EventLoop& loop, Log& log, ModelSource& models, const history::Settings& settings);
    ~HistoryKeeper();
    HistoryKeeper(const HistoryKeeper&) = delete;
    HistoryKeeper& operator=(const HistoryKeeper&) = delete;

    // Now, too: something began, ended or failed.
    void record();
    history::Recorder::Counters counters() const { return recorder_.counters(); }

private:
    void tick();
    void say_notices();

    EventLoop& loop_;
    Log& log_;
    ModelSource& models_;
    history::Recorder recorder_;
    EventLoop::Timer timer_;
    Alive<HistoryKeeper> alive_{this};
};

}  // namespace ttmem::server
