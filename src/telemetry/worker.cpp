// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/worker.hpp"

#include <signal.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "telemetry/fields.hpp"
#include "telemetry/probe.hpp"

namespace ttmem::telemetry {

struct Worker::Shared {
    Shared(const Node& node, const Options& given) : options(given), probe(node, given) {}

    const Options options;
    Probe probe;  // the thread's alone

    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    bool stopping = false;
    bool finished = false;
    std::uint64_t requested = 1;  // the first pass is owed from the start
    std::uint64_t ended = 0;
    View view;
};

std::shared_ptr<Worker> Worker::start(const Node& node, const Options& options) {
    auto shared = std::make_shared<Shared>(node, options);
    shared->view.reading_ns = options.now_ns();
    // The host's handlers (a resize, a termination) belong on the host's threads.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = true;
    try {
        std::thread([shared] { run(shared); }).detach();
    } catch (const std::system_error&) {
        started = false;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started ? std::shared_ptr<Worker>(new Worker(std::move(shared))) : nullptr;
}

Worker::~Worker() {
    stop();
}

void Worker::run(const std::shared_ptr<Shared>& shared) {
    DeviceTelemetry draft;
    std::unique_lock lock(shared->mutex);
    while (!shared->stopping) {
        const std::uint64_t pass = shared->requested;
        shared->view.reading_ns = shared->options.now_ns();
        lock.unlock();
        // A pass that fails for want of memory leaves the last values, which grow old where everybody can see it.
        try {
            shared->probe.read_open_part(draft);
            lock.lock();
            shared->view.device = draft;
            shared->view.open_part = true;
            lock.unlock();
            shared->probe.read_held_part(draft);
            widen(draft.extremes, draft);
            lock.lock();
            shared->view.device = draft;
            shared->view.held_part = true;
        } catch (const std::exception&) {
            if (!lock.owns_lock()) {
                lock.lock();
            }
        }
        shared->view.reading_ns.reset();
        shared->ended = pass;
        shared->changed.notify_all();
        shared->changed.wait_for(lock, shared->options.interval,
                                 [&] { return shared->stopping || shared->requested > shared->ended; });
        if (shared->requested == shared->ended) {
            ++shared->requested;
        }
    }
    shared->finished = true;
    shared->changed.notify_all();
}

Worker::View Worker::view() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->view;
}

std::uint64_t Worker::request() {
    const std::lock_guard lock(shared_->mutex);
    // A pass in progress may have read the first files already, so it does not count.
    const std::uint64_t pass = shared_->requested + 1;
    shared_->requested = pass;
    shared_->changed.notify_all();
    return pass;
}

bool Worker::wait_for(std::uint64_t pass, std::chrono::steady_clock::time_point deadline) const {
    std::unique_lock lock(shared_->mutex);
    return shared_->changed.wait_until(lock, deadline, [&] { return shared_->ended >= pass; });
}

void Worker::stop() {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
    shared_->changed.notify_all();
}

bool Worker::finished() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->finished;
}

bool Worker::wait_finished(std::chrono::steady_clock::time_point deadline) const {
    std::unique_lock lock(shared_->mutex);
    return shared_->changed.wait_until(lock, deadline, [&] { return shared_->finished; });
}

}  // namespace ttmem::telemetry
