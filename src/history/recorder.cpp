// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "history/recorder.hpp"

#include <pthread.h>
#include <signal.h>

#include <utility>

#include "base/clock.hpp"

namespace ttmem::history {
namespace {

constexpr uint64_t kTryAgainNs = 10'000'000'000;

}  // namespace

Recorder::Recorder(const Settings& settings) : settings_(settings) {
    // Signals are for the server's loop.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    thread_ = std::thread([this] { work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Recorder::~Recorder() {
    stop();
}

void Recorder::stop() {
    if (!thread_.joinable()) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Recorder::record(std::shared_ptr<const api::Model> model) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            return;
        }
        if (waiting_.size() == kMostWaiting) {
            waiting_.pop_front();
            ++counters_.left_out;
        }
        waiting_.push_back(std::move(model));
    }
    changed_.notify_one();
}

std::vector<std::string> Recorder::take_notices() {
    const std::lock_guard lock(mutex_);
    return std::exchange(notices_, {});
}

Recorder::Counters Recorder::counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
}

void Recorder::say(std::string what) {
    const std::lock_guard lock(mutex_);
    notices_.push_back(std::move(what));
}

void Recorder::work() {
    pthread_setname_np(pthread_self(), "history");
    open();
    for (;;) {
        std::shared_ptr<const api::Model> model;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (waiting_.empty()) {
                break;
            }
            model = std::move(waiting_.front());
            waiting_.pop_front();
        }
        write(*model);
    }
    if (store_ != nullptr) {
        if (!store_->note(clock_ns(CLOCK_REALTIME), "server_stop")) {
            say("the history does not hold that the server stopped: " + store_->error());
        }
        store_.reset();
    }
}

void Recorder::open() {
    std::vector<std::string> notices;
    Settings settings = settings_;
    settings.steady_ns = [] { return clock_ns(CLOCK_BOOTTIME); };
    auto opened = Store::open(settings, notices);
    for (std::string& notice : notices) {
        say(std::move(notice));
    }
    if (opened) {
        store_ = std::move(opened.value());
        store_->note(clock_ns(CLOCK_REALTIME), "server_start");
        return;
    }
    try_again_ns_ = clock_ns(CLOCK_MONOTONIC) + kTryAgainNs;
    if (opened.error().message != last_error_) {
        last_error_ = opened.error().message;
        say("no history is written: " + last_error_);
    }
}

void Recorder::write(const api::Model& model) {
    if (store_ == nullptr && clock_ns(CLOCK_MONOTONIC) >= try_again_ns_) {
        open();
    }
    bool written = store_ != nullptr && store_->record(model);
    if (!written && store_ != nullptr && store_->damaged()) {
        store_.reset();
        open();  // sets the file aside
        written = store_ != nullptr && store_->record(model);
    }
    if (!written && store_ != nullptr && store_->error() != last_error_) {
        last_error_ = store_->error();
        say("the history misses a moment: " + last_error_);
    }
    if (written && !last_error_.empty()) {
        last_error_.clear();
        say("the history is written again");
    }
    const uint64_t bytes = store_ == nullptr ? 0 : store_->bytes();
    const std::lock_guard lock(mutex_);
    ++(written ? counters_.written : counters_.failed);
    counters_.bytes = bytes;
}

}  // namespace ttmem::history
