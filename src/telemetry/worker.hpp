// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The thread that reads one device, so that a read which the driver holds up holds up nobody else. Internal to this
// part.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "telemetry/options.hpp"
#include "telemetry/scan.hpp"
#include "telemetry/snapshot.hpp"

namespace ttmem::telemetry {

// Thread safe. The thread owns its state together with this handle: a handle may go while a read is blocked, and the
// thread then ends by itself when the driver lets go, touching nothing but its own state and the reader that it shares.
class Worker {
public:
    struct View {
        DeviceTelemetry device;
        bool open_part = false;                   // PCI and users have been read
        bool held_part = false;                   // the firmware's values have been read (or have said why not)
        std::optional<std::uint64_t> reading_ns;  // CLOCK_MONOTONIC when the pass in progress began
    };

    // nullptr when no thread can be had (the caller tries again later). All signals are blocked in it.
    static std::shared_ptr<Worker> start(const Node& node, const Options& options);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    View view() const;
    // Asks for a pass now and returns its number.
    std::uint64_t request();
    // Waits until that pass has ended; false when the time is over.
    bool wait_for(std::uint64_t pass, std::chrono::steady_clock::time_point deadline) const;
    // Asks the thread to end; does not wait.
    void stop();
    // Has the thread ended?
    bool finished() const;
    bool wait_finished(std::chrono::steady_clock::time_point deadline) const;

private:
    struct Shared;
    explicit Worker(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    static void run(const std::shared_ptr<Shared>& shared);

    std::shared_ptr<Shared> shared_;
};

}  // namespace ttmem::telemetry
