// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The threads that read the devices: a worker for each device, so that a read blocked in the driver delays no other.
// Internal to this part.
//
// Workers share threads, since reading one device takes microseconds and a thread for each would cost more than the
// reads. One thread leads: it makes the passes that are due, one after another. Another one stands by, and takes the
// lead when a pass lasts longer than kPatience; the thread that was held up delivers its pass when the driver lets go,
// and then stands by or ends. So there are two threads, and one more for each device that is held up.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "telemetry/options.hpp"
#include "telemetry/scan.hpp"
#include "telemetry/snapshot.hpp"

namespace ttmem::telemetry {

class WorkerThreads;

// Thread safe. What is read belongs to this handle and the reading thread together: a handle may go while a read is
// blocked, and the thread then touches nothing but that state and the reader that it shares.
class Worker {
public:
    struct View {
        DeviceTelemetry device;
        bool open_part = false;                   // PCI and users have been read
        bool held_part = false;                   // the firmware's values have been read (or have said why not)
        std::optional<std::uint64_t> reading_ns;  // CLOCK_MONOTONIC when the pass in progress began
    };

    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    View view() const;
    // Asks for a pass now and returns its number.
    std::uint64_t request();
    // Sets how much its passes read from now on; kWhole at first. Asks for a pass when that is more than before.
    std::optional<std::uint64_t> look(Look look);
    // Waits until that pass has ended; false when the time is over.
    bool wait_for(std::uint64_t pass, std::chrono::steady_clock::time_point deadline) const;
    // Asks for an end; does not wait.
    void stop();
    // Has it ended? No thread reads its device any more.
    bool finished() const;
    bool wait_finished(std::chrono::steady_clock::time_point deadline) const;

private:
    friend class WorkerThreads;
    struct Task;
    struct Shared;
    Worker(std::shared_ptr<Shared> shared, std::shared_ptr<Task> task);

    std::shared_ptr<Shared> shared_;
    std::shared_ptr<Task> task_;
};

// The threads. Thread safe. They end by themselves after its destruction; a blocked one when the driver lets go.
class WorkerThreads {
public:
    // How long a thread may be on one device before another one leads.
    static constexpr std::chrono::milliseconds kPatience{20};

    explicit WorkerThreads(const Options& options);
    ~WorkerThreads();
    WorkerThreads(const WorkerThreads&) = delete;
    WorkerThreads& operator=(const WorkerThreads&) = delete;

    // nullptr when no thread can be started (the caller tries again later). All signals are blocked in threads.
    std::shared_ptr<Worker> start(const Node& node);

private:
    std::shared_ptr<Worker::Shared> shared_;
};

}  // namespace ttmem::telemetry
