// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/background.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace ttmem::server {

Result<std::unique_ptr<Background>> Background::start(EventLoop& loop) {
    UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake.valid()) {
        return Error{"cannot make an eventfd", errno};
    }
    std::unique_ptr<Background> background(new Background(loop, std::move(wake)));
    if (!loop.watch(background->wake_.get(), EPOLLIN, *background)) {
        return Error{"cannot watch an eventfd", errno};
    }
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = 0;
    try {
        background->thread_ = std::thread([raw = background.get()] { raw->work(); });
    } catch (const std::system_error& error) {
        failure = error.code().value();
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (failure != 0) {
        return Error{"cannot start a thread", failure};
    }
    return background;
}

Background::~Background() {
    if (thread_.joinable()) {
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
        }
        something_.notify_one();
        thread_.join();
    }
    loop_.forget(wake_.get(), *this);
}

void Background::post(Job job, Length length) {
    {
        const std::lock_guard lock(mutex_);
        (length == Length::kShort ? short_jobs_ : jobs_).push_back(std::move(job));
    }
    something_.notify_one();
}

void Background::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        something_.wait(lock, [this] { return ending_ || !jobs_.empty() || !short_jobs_.empty(); });
        if (ending_) {
            return;
        }
        std::deque<Job>& from = short_jobs_.empty() ? jobs_ : short_jobs_;
        Job job = std::move(from.front());
        from.pop_front();
        lock.unlock();
        Done done = job();
        job = nullptr;  // what it holds may be large
        lock.lock();
        if (done) {
            done_.push_back(std::move(done));
            const uint64_t one = 1;
            static_cast<void>(!write(wake_.get(), &one, sizeof one));
        }
    }
}

void Background::on_event(uint32_t) {
    uint64_t count = 0;
    static_cast<void>(!read(wake_.get(), &count, sizeof count));
    std::deque<Done> done;
    {
        const std::lock_guard lock(mutex_);
        done.swap(done_);
    }
    for (const Done& call : done) {
        call();
    }
}

}  // namespace ttmem::server
