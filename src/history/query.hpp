// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Asks a history what was held when. Reads the database file alone, so it works with and without a server, while one
// writes and after one was killed.
//
//   History history = std::move(History::open(default_database_path()).value());
//   Question question;
//   question.since_ns = now - 3600 s;
//   Result<Answer> answer = history.ask(question);
//
// A History belongs to one thread at a time. A question costs time in the points that it looks at: some 300 ns each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/device_names.hpp"
#include "model/model.hpp"

namespace ttmem::sqlite {
class Connection;
}

namespace ttmem::history {

// Where a server of this user writes: $STATE_DIRECTORY/history.db (a service), else $XDG_STATE_HOME/ttmem/history.db,
// else ~/.local/state/ttmem/history.db. Empty when none of the three variables is set.
std::string default_database_path();
// Where a question looks when no path is given: this user's, if it is there, else the service's in /var/lib/ttmem.
std::string database_to_ask();

// A point stands for this many seconds from its time on.
enum class Tier : uint32_t { kSecond = 1, kTenSeconds = 10, kMinute = 60 };
inline constexpr Tier kTiers[] = {Tier::kSecond, Tier::kTenSeconds, Tier::kMinute};

struct Question {
    std::optional<int> device;          // tt-metal's logical id
    std::optional<uint64_t> unique_id;  // of a chip
    std::optional<int> pid;
    uint64_t since_ns = 0;  // of the Unix epoch, as all times here
    uint64_t until_ns = UINT64_MAX;
    // Absent: the finest that the history keeps back to since_ns, coarsened until a series has at most `most_points`.
    std::optional<Tier> tier;
    uint64_t most_points = 3600;  // of a series
    bool devices = true;          // series of devices
    bool processes = true;        // series of processes
    bool events = true;
};

struct KnownDevice {
    std::optional<int> id;
    std::optional<uint64_t> unique_id;
    std::string pci;  // empty unknown, as the following
    std::string arch;
    std::string board;
    bool mock = false;
    uint64_t first_seen_ns = 0;
    uint64_t last_seen_ns = 0;
};

// The memory of a process on a device when it was last seen, and its peaks.
struct Held {
    size_t device = 0;  // index into Answer::devices
    api::PerKind<api::Bytes> bytes;
    api::PerKind<api::Bytes> peak_bytes;
    api::Bytes circular_buffer_bytes;
    api::Bytes kernel_bytes;
};

struct KnownProcess {
    std::optional<int> pid;
    std::optional<uint32_t> uid;
    std::string user;
    std::string command;  // the program's name alone: which every user may see
    std::string source;   // "ledger", "socket", "upstream_shm"
    std::optional<api::Container> container;
    std::optional<uint64_t> start_time_ns;
    uint64_t first_seen_ns = 0;
    uint64_t last_seen_ns = 0;
    std::string state;                 // as last seen: "live", "exited", "died", ...
    std::optional<uint64_t> ended_ns;  // when its end was noticed; absent while it lives, or when no server watched
    std::vector<Held> held;
};

struct Point {
    uint64_t time_ns = 0;
    api::PerKind<api::Bytes> bytes;      // mean over the point's time
    api::PerKind<api::Bytes> max_bytes;  // the most within it; exact where the process keeps its peak
    api::Bytes circular_buffer_bytes;
    api::Bytes kernel_bytes;
};

// The readings of a card's sensors. Absent when the card gave none, or only stale ones.
struct Reading {
    uint64_t time_ns = 0;
    std::optional<double> temperature_c;  // means over the point's time
    std::optional<double> clock_mhz;
    std::optional<double> power_w;
    std::optional<double> max_temperature_c;  // the most within it
    std::optional<double> max_clock_mhz;
    std::optional<double> max_power_w;
};
struct CardSeries {
    size_t device = 0;              // index into Answer::devices
    std::vector<Reading> readings;  // by time; where nothing was recorded there is none
};

struct Series {
    size_t device = 0;              // index into Answer::devices
    std::optional<size_t> process;  // index into Answer::processes; absent: all of the device
    std::vector<Point> points;      // by time; where nothing was recorded there is none
};

struct Happening {
    uint64_t time_ns = 0;
    std::string type;               // "start", "exit", "death", "failure", "clash", "server_start", "server_stop"
    std::optional<size_t> process;  // index into Answer::processes
    std::optional<size_t> device;   // index into Answer::devices
    std::string kind;               // of memory: "dram", ...; empty when it is not about memory
    api::Bytes requested_bytes;     // failure
    api::Bytes largest_free_bytes_per_bank;
    api::Bytes allocated_bytes;
    std::string text;
};

struct Answer {
    Tier tier = Tier::kSecond;
    std::vector<KnownDevice> devices;     // those seen in the time asked for
    std::vector<KnownProcess> processes;  // those seen in the time asked for
    std::vector<Series> series;           // by device, the device's own first
    std::vector<CardSeries> cards;        // by device; of devices whose card gave readings
    std::vector<Happening> events;        // by time
    bool events_cut = false;              // there were more than kMostEvents: the latest are given
};
inline constexpr size_t kMostEvents = 10'000;

// The names and numbers of an answer's devices, in their order.
std::vector<api::ChipIdentity> identities(const Answer& answer);

// Removes all devices but one (an index into answer.devices) from the answer, with their series, events and holdings of
// processes; events and processes without a device stay.
void keep_device(Answer& answer, size_t device);

class History {
public:
    // Error: no such file, or no history of this version in it (the message says which).
    static Result<History> open(const std::string& path);
    History(History&&) noexcept;
    History& operator=(History&&) noexcept;
    ~History();

    Result<Answer> ask(const Question& question);

private:
    explicit History(std::unique_ptr<sqlite::Connection> database);
    std::unique_ptr<sqlite::Connection> database_;
};

}  // namespace ttmem::history
