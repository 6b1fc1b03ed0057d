// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A thread beside the loop for long work: reading lists, rendering large answers. Jobs run one after the other; the
// function that a job returns is called on the loop's thread. Every call but the job itself is for the loop's thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "server/event_loop.hpp"

namespace ttmem::server {

class Background : private EventHandler {
public:
    using Done = std::function<void()>;
    using Job = std::function<Done()>;  // runs on the thread; throws nothing; may give an empty Done

    // Threads take no signals: those are for the loop.
    static Result<std::unique_ptr<Background>> start(EventLoop& loop);
    // Waits for the job that runs; those queued after it are dropped, and so are their results.
    ~Background() override;
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    // Short jobs (figures that a scraper waits for) are done before the others that wait.
    enum class Length { kUsual, kShort };
    void post(Job job, Length length = Length::kUsual);

private:
    Background(EventLoop& loop, UniqueFd wake) : loop_(loop), wake_(std::move(wake)) {}
    void on_event(uint32_t events) override;
    void work();

    EventLoop& loop_;
    UniqueFd wake_;  // eventfd: something is done
    std::mutex mutex_;
    std::condition_variable something_;
    std::deque<Job> short_jobs_;
    std::deque<Job> jobs_;
    std::deque<Done> done_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace ttmem::server
