// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Writes the history on a thread of its own, so that no disk ever holds the server's loop up.
//
// The file is opened on that thread too. What cannot be written (another server writes there, the disk is full) is
// said once in a notice and tried again; the server goes on without. All calls are for one thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "history/store.hpp"
#include "model/model.hpp"

namespace ttmem::history {

class Recorder {
public:
    static constexpr size_t kMostWaiting = 8;  // moments; beyond that the oldest is left out

    explicit Recorder(const Settings& settings);
    // Stops.
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    // Writes what waits and that the server stopped, and ends the thread: every notice is there afterwards. Waits for the
    // disk. Call take_notices() once more after it.
    void stop();

    // Never waits for the disk. Nothing after stop().
    void record(std::shared_ptr<const api::Model> model);
    // Notices for the user since the last call.
    std::vector<std::string> take_notices();

    struct Counters {
        uint64_t written = 0;   // moments
        uint64_t left_out = 0;  // the disk was too slow
        uint64_t failed = 0;    // could not be written
        uint64_t bytes = 0;     // of the file, at the last look
    };
    Counters counters() const;

private:
    void work();
    void write(const api::Model& model);
    void open();
    void say(std::string what);

    const Settings settings_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::shared_ptr<const api::Model>> waiting_;
    std::vector<std::string> notices_;
    Counters counters_;
    bool stopping_ = false;

    // For the recorder's thread alone.
    std::unique_ptr<Store> store_;
    std::string last_error_;
    uint64_t try_again_ns_ = 0;
    std::thread thread_;
};

}  // namespace ttmem::history
