// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/worker.hpp"

#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "telemetry/fields.hpp"
#include "telemetry/probe.hpp"

namespace ttmem::telemetry {

namespace {
using Clock = std::chrono::steady_clock;
}  // namespace

// The work on one device.
struct Worker::Task {
    Task(const Node& node, const Options& options) : probe(node, options) {}

    // The thread's that makes a pass.
    Probe probe;
    DeviceTelemetry draft;

    // Under Shared::mutex.
    bool in_pass = false;
    Look look = Look::kWhole;
    bool stopping = false;
    std::uint64_t requested = 1;  // the first pass is owed from the start
    std::uint64_t ended = 0;
    Clock::time_point next;  // when the next one is due without a request
    View view;

    bool finished() const { return stopping && !in_pass; }
};

struct Worker::Shared {
    explicit Shared(const Options& given) : options(given) {}

    const Options options;
    std::mutex mutex;
    std::condition_variable work;     // for the threads: a request, a new device, the end
    std::condition_variable changed;  // for callers: a pass has ended
    bool over = false;
    std::vector<std::shared_ptr<Task>> tasks;  // of devices that are not to stop
    unsigned threads = 0;
    unsigned held_up = 0;  // of them those that lead no more and are in a pass
    unsigned standing_by = 0;
    std::uint64_t leader = 0;                     // counts up with each thread that takes the lead
    std::optional<Clock::time_point> pass_began;  // the leader's, while it makes one

    // The caller holds the mutex; run() takes it itself.
    static bool start_thread(const std::shared_ptr<Shared>& shared);
    static void run(const std::shared_ptr<Shared>& shared);
    static void lead(const std::shared_ptr<Shared>& shared, std::unique_lock<std::mutex>& lock);
    void make_pass(Task& task, std::unique_lock<std::mutex>& lock);
    // The task whose turn it is, and when.
    std::pair<std::shared_ptr<Task>, Clock::time_point> next_task() const;
};

bool Worker::Shared::start_thread(const std::shared_ptr<Shared>& shared) {
    // The host's handlers (a resize, a termination) belong on the host's threads.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = true;
    try {
        std::thread([shared] { run(shared); }).detach();
        ++shared->threads;
    } catch (const std::system_error&) {
        started = false;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

void Worker::Shared::run(const std::shared_ptr<Shared>& shared) {
    std::unique_lock lock(shared->mutex);
    while (!shared->over) {
        const Clock::time_point now = Clock::now();
        const std::optional<Clock::time_point>& began = shared->pass_began;
        if (shared->leader == 0 || (began && now - *began >= WorkerThreads::kPatience)) {
            lead(shared, lock);
            continue;
        }
        if (shared->standing_by > 0) {
            break;  // one is enough
        }
        const Clock::time_point look = began ? *began : std::max(now, shared->next_task().second);
        ++shared->standing_by;
        shared->work.wait_until(lock, look + WorkerThreads::kPatience);
        --shared->standing_by;
    }
    --shared->threads;
}

void Worker::Shared::lead(const std::shared_ptr<Shared>& shared, std::unique_lock<std::mutex>& lock) {
    shared->held_up += shared->pass_began ? 1 : 0;  // the worker that led before
    shared->pass_began.reset();
    const std::uint64_t me = ++shared->leader;
    while (!shared->over) {
        if (shared->threads < shared->held_up + 2) {
            start_thread(shared);  // if none can be started this thread goes on alone
        }
        const auto [task, due] = shared->next_task();
        const Clock::time_point now = Clock::now();
        // Tasks that are due soon are done at the same time: one wake-up for all.
        if (task == nullptr || due > now + shared->options.interval / 16) {
            shared->work.wait_until(lock, due);
            continue;
        }
        shared->pass_began = now;
        task->next = now + shared->options.interval;
        shared->make_pass(*task, lock);
        if (shared->leader != me) {
            --shared->held_up;
            return;
        }
        shared->pass_began.reset();
    }
}

std::pair<std::shared_ptr<Worker::Task>, Clock::time_point> Worker::Shared::next_task() const {
    std::pair<std::shared_ptr<Task>, Clock::time_point> first{nullptr, Clock::now() + std::chrono::hours(1)};
    for (const std::shared_ptr<Task>& task : tasks) {
        const Clock::time_point due = task->requested > task->ended ? Clock::time_point() : task->next;
        if (!task->in_pass && due < first.second) {
            first = {task, due};
        }
    }
    return first;
}

void Worker::Shared::make_pass(Task& task, std::unique_lock<std::mutex>& lock) {
    task.requested = std::max(task.requested, task.ended + 1);
    const std::uint64_t pass = task.requested;
    const Look look = task.look;
    task.in_pass = true;
    task.view.reading_ns = options.now_ns();
    lock.unlock();
    // A pass that fails for want of memory leaves the last values, whose age is shown.
    try {
        task.probe.read_open_part(task.draft, look);
        lock.lock();
        task.view.device = task.draft;
        task.view.open_part = true;
        lock.unlock();
        task.probe.read_held_part(task.draft, look);
        widen(task.draft.extremes, task.draft);
        lock.lock();
        task.view.device = task.draft;
        task.view.held_part = true;
    } catch (const std::exception&) {
        if (!lock.owns_lock()) {
            lock.lock();
        }
    }
    task.in_pass = false;
    task.view.reading_ns.reset();
    task.ended = pass;
    changed.notify_all();
}

WorkerThreads::WorkerThreads(const Options& options) : shared_(std::make_shared<Worker::Shared>(options)) {}

WorkerThreads::~WorkerThreads() {
    const std::lock_guard lock(shared_->mutex);
    shared_->over = true;
    shared_->work.notify_all();
}

std::shared_ptr<Worker> WorkerThreads::start(const Node& node) {
    auto task = std::make_shared<Worker::Task>(node, shared_->options);
    task->view.reading_ns = shared_->options.now_ns();
    const std::lock_guard lock(shared_->mutex);
    if (shared_->threads == shared_->held_up && !Worker::Shared::start_thread(shared_)) {
        return nullptr;
    }
    shared_->tasks.push_back(task);
    shared_->work.notify_all();
    return std::shared_ptr<Worker>(new Worker(shared_, std::move(task)));
}

Worker::Worker(std::shared_ptr<Shared> shared, std::shared_ptr<Task> task)
    : shared_(std::move(shared)), task_(std::move(task)) {}

Worker::~Worker() {
    stop();
}

Worker::View Worker::view() const {
    const std::lock_guard lock(shared_->mutex);
    return task_->view;
}

std::uint64_t Worker::request() {
    const std::lock_guard lock(shared_->mutex);
    // A pass in progress may have read the first files already, so it does not count.
    shared_->work.notify_all();
    return ++task_->requested;
}

std::optional<std::uint64_t> Worker::look(Look look) {
    {
        const std::lock_guard lock(shared_->mutex);
        if (task_->look == look) {
            return std::nullopt;
        }
        task_->look = look;
    }
    return look == Look::kWhole ? std::optional(request()) : std::nullopt;
}

bool Worker::wait_for(std::uint64_t pass, Clock::time_point deadline) const {
    std::unique_lock lock(shared_->mutex);
    return shared_->changed.wait_until(lock, deadline, [&] { return task_->ended >= pass; });
}

void Worker::stop() {
    const std::lock_guard lock(shared_->mutex);
    task_->stopping = true;
    std::erase(shared_->tasks, task_);
}

bool Worker::finished() const {
    const std::lock_guard lock(shared_->mutex);
    return task_->finished();
}

bool Worker::wait_finished(Clock::time_point deadline) const {
    std::unique_lock lock(shared_->mutex);
    return shared_->changed.wait_until(lock, deadline, [&] { return task_->finished(); });
}

}  // namespace ttmem::telemetry
