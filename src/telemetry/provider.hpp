// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The telemetry of every Tenstorrent device of this machine, kept fresh by threads of its own.
//
//     Provider provider(options);
//     for (;;) { provider.poll(); Snapshot now = provider.snapshot(); ... }
//
// or, for a program that looks once and ends, read_once().
//
// A worker for each device reads its files; nothing here waits for one, and no worker for another. A device keeps its
// record (traffic, extremes, resets) while it is away, and gets it back when it returns under another number or in
// another slot, because the record belongs to the chip's unique id (tt_asic_id, else a serial that no other present
// card has, else the PCI address).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "telemetry/options.hpp"
#include "telemetry/snapshot.hpp"

namespace ttmem::telemetry {

class Provider {
public:
    // Starts nothing before the first poll().
    explicit Provider(Options options);
    // Ends the threads; one that is blocked in the kernel is left to end by itself, and waited for no longer than 50
    // ms. Note that a *process* whose thread is blocked in the kernel ends only when the driver lets that thread go.
    ~Provider();
    Provider(const Provider&) = delete;
    Provider& operator=(const Provider&) = delete;

    // Looks which devices there are, starts and stops their workers. Never waits for a device. Call it once an interval
    // or so.
    void poll();
    // Devices of which every value is wanted each time, by kmd index; nullopt: all, as it is at first. The others
    // are glanced at (Look::kGlance). Waits for devices that were glanced at so far, no longer than `wait`.
    void watch_closely(const std::optional<std::vector<int>>& wanted, std::chrono::milliseconds wait);
    // The last values with their states and ages. Never waits for a device.
    Snapshot snapshot();
    // poll(), then asks every device for a fresh pass and waits for those that answer. False: some were late (or could
    // get no thread); their values are old, and say so.
    bool refresh(std::chrono::milliseconds wait);

    // All of the above may be called from any thread.

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

// Reads once, without threads and without state: child processes read, and a child that a device holds up for longer
// than `wait` is killed, so neither this call nor the end of the calling program hangs on a device in reset. A child
// that merely gets no processor has more time, up to 50 times as much. Figures not read in time are unknown, their
// device "blocked". Rates are unknown. Reaps its children; a handler of SIGCHLD may see them.
Snapshot read_once(const Options& options, std::chrono::milliseconds wait = std::chrono::milliseconds(200));

}  // namespace ttmem::telemetry
