// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Events for view 6, newest first: allocations and frees from the models' events, refusals with their reason from the
// models' failures, and starts and ends of processes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "monitor/state.hpp"

namespace ttmem::monitor {

enum class Happened : uint8_t {
    kAllocate,
    kFree,
    kFail,
    kClash,
    kOpen,
    kClose,
    kProgramLoad,
    kProgramUnload,
    kStart,
    kEnd,
    kDeath,
    kMissed
};
const char* name_of(Happened what);

struct LoggedEvent {
    uint64_t time_ns = 0;
    Happened what = Happened::kAllocate;
    std::optional<api::MemoryKind> kind;
    uint64_t id = 0;
    uint64_t bytes = 0;
    int pid = -1;
    uint32_t devices = 0;  // number of a text
    uint32_t text = 0;     // number of a text: command, or what is to be said
};

class EventLog {
public:
    static constexpr size_t kMost = 10'000;

    // `model`: with events and failures, if the log is to have them.
    void add(const api::Model& model, bool with_events);

    size_t size() const { return events_.size(); }
    const LoggedEvent& at(size_t i) const { return events_[i]; }  // 0 the newest
    const std::string& text(uint32_t number) const { return texts_[number]; }
    // Ever logged: its growth is the number of rows by which the rows moved.
    uint64_t total() const { return total_; }

    std::string line_of(const LoggedEvent& event) const;  // everything in it that a filter may look for

private:
    struct Known {
        api::ProcessState state;
        uint64_t failures = 0;  // seen
    };

    void log(LoggedEvent event);
    uint32_t intern(const std::string& text);
    void add_changes(const api::Model& model);
    void add_failures(const api::Model& model);

    std::deque<LoggedEvent> events_;
    std::vector<std::string> texts_ = {""};
    std::map<std::string, uint32_t> numbers_ = {{"", 0}};
    std::map<std::pair<int, uint64_t>, Known> processes_;
    bool begun_ = false;
    uint64_t total_ = 0;
};

}  // namespace ttmem::monitor
