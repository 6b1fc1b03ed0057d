// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The history's file: one SQLite database that one server writes.
//
//   sample   what was held, a row for each (tier, time, device, process); process 0 is the whole device. Tier 1 is
//            written as it comes; tiers 10 and 60 are made from the tier below when their time is over, also for times
//            in which the server was killed.
//   device, process, held   who they were, what each process held when it was last seen, and its peaks
//   event    starts, ends, failures, clashes
//
// A record() is one transaction, so that a kill at any moment loses at most the second that was not written yet. The
// journal is a write-ahead log with synchronous=NORMAL: commits go to the kernel and are not waited for, and the disk
// is waited for when the log is folded into the file. A power cut may therefore take the latest seconds (those that the
// kernel had not written out), and never the file. FULL would wait for the disk once a second, all day long, to save
// those seconds.
//
// The size of the file is bounded: by the tiers' ages, by max_bytes (the users that have the most rows then give up
// their oldest, history/shares.hpp) and by a hard stop a quarter above it. A store belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "history/query.hpp"
#include "model/model.hpp"
#include "sqlite/sqlite.hpp"

namespace ttmem::history {

using sqlite::Connection;
using sqlite::Statement;

inline constexpr int kSchemaVersion = 2;
inline constexpr int kFirstSchemaVersion = 1;  // without readings of cards; a server adds what is missing
inline constexpr uint64_t kLeastMaxBytes = uint64_t{1} << 20;

struct Settings {
    std::string path;  // empty: default_database_path()
    uint64_t max_bytes = uint64_t{256} << 20;
    // How long each tier is kept. Events and processes are kept as long as the last.
    uint64_t keep_seconds_s = 3600;
    uint64_t keep_ten_seconds_s = 86'400;
    uint64_t keep_minutes_s = uint64_t{30} * 86'400;
    // A clock that cannot be set, in ns. With it, a wall clock that jumps is not believed at once (ClockCheck). Null: it
    // is.
    uint64_t (*steady_ns)() = nullptr;
};

// Holds the wall clock against a steady one. A clock that was set wrong, if only for some seconds, must neither date
// what is written nor age what is kept.
class ClockCheck {
public:
    static constexpr uint64_t kSlackNs = 5'000'000'000;       // the two may drift apart by this between two moments
    static constexpr uint64_t kConfirmedNs = 30'000'000'000;  // a jump that lasts so long is the time of day
    static constexpr uint64_t kTrustedNs = 600'000'000'000;   // ... and may remove what is old after so long
    static constexpr uint64_t kFirstSlackNs = 86'400'000'000'000;  // how far before the file's last moment at first

    // `last_ns`: the latest moment that the file has, 0 none.
    void begin(uint64_t last_ns) { last_in_file_ns_ = last_ns; }
    // True: a moment of this wall time may be written.
    bool takes(uint64_t wall_ns, uint64_t steady_ns);
    // True: its wall time has been steady for so long that it may say what is old.
    bool may_age(uint64_t steady_ns) const { return known_ && steady_ns - since_ns_ >= trust_after_ns_; }

private:
    static bool is_near(int64_t a, int64_t b);
    bool known_ = false;
    int64_t offset_ns_ = 0;  // wall minus steady time, as believed
    bool doubts_ = false;
    int64_t doubted_ns_ = 0;  // another offset, seen since doubted_since_ns_
    uint64_t doubted_since_ns_ = 0;
    uint64_t since_ns_ = 0;  // steady time since which offset_ns_ is believed
    uint64_t trust_after_ns_ = 0;
    uint64_t last_in_file_ns_ = 0;
};

class Store {
public:
    // Opens or makes the file at settings.path, and its folder. A file that is no database any more is set aside as
    // PATH.damaged (one is kept) and a new one begun; `notices` gets a line for each thing a person should know.
    static Result<std::unique_ptr<Store>> open(const Settings& settings, std::vector<std::string>& notices);
    ~Store();

    // Writes down one moment. False: nothing of it was written; error() says why.
    bool record(const api::Model& model);
    // Says that the server begins or ends ("server_start", "server_stop").
    bool note(uint64_t time_ns, const char* type);

    const std::string& error() const { return error_; }
    bool damaged() const { return damaged_; }  // after a failure: the file has to be set aside

    // Bytes of the database file as SQLite counts them.
    uint64_t bytes();

private:
    struct Known {
        int64_t row = 0;
        std::string state;
        uint64_t failures = 0;                       // so many were written
        std::map<int64_t, api::ProcessDevice> held;  // as written, by device row
        uint64_t round = 0;                          // in which it was last seen
    };
    struct KnownDeviceRow {
        int64_t row = 0;
        uint64_t round = 0;
    };
    struct LastPeak {
        api::PerKind<api::Bytes> bytes;
        uint64_t round = 0;
    };

    Store(const Settings& settings, UniqueFd lock) : settings_(settings), lock_(std::move(lock)) {}
    bool prepare(std::vector<std::string>& notices);
    bool make_schema(int64_t version);
    bool load();
    bool record_in_transaction(const api::Model& model);
    int64_t device_row(const api::Device& device, uint64_t time_ns);
    Known* process_row(const api::Process& process, uint64_t time_ns);
    bool drop_unlisted(Known& known, const api::Process& process, const std::vector<int64_t>& devices);
    bool record_process(const api::Model& model, const api::Process& process, const std::vector<int64_t>& devices,
                        size_t& points);
    bool record_end(Known& known, const std::string& state, const char* type, uint64_t time_ns);
    bool record_failures(const api::Model& model, const std::vector<int64_t>& devices);
    bool add_sample(uint64_t time_s, int64_t device, int64_t process, const api::PerKind<api::Bytes>& bytes,
                    const api::PerKind<api::Bytes>& peaks, api::Bytes circular, api::Bytes kernels);
    bool add_reading(uint64_t time_s, int64_t row, const api::Device& device);
    bool roll_up(uint64_t time_s);
    bool remove_before(Tier tier, uint64_t time_s, int& pieces);
    bool remove_happenings_before(uint64_t time_ns);
    void forget_future(uint64_t time_s);
    bool may_age() const;
    bool prune(uint64_t time_s);
    bool fail(const char* doing);

    Settings settings_;
    UniqueFd lock_;
    std::unique_ptr<Connection> database_;
    std::string error_;
    bool damaged_ = false;

    Statement insert_device_, see_device_, insert_process_, see_process_, end_process_, count_failures_, put_held_,
        drop_held_;
    Statement put_sample_, put_reading_, put_event_;
    std::map<std::string, KnownDeviceRow> devices_;               // by key; of the last moment
    std::map<std::string, Known> processes_;                      // by key
    std::map<std::pair<int64_t, int64_t>, LastPeak> last_peaks_;  // by device and process row
    uint64_t round_ = 0;
    uint64_t rolled_ten_ = 0;  // tiers 10 and 60 are complete before these seconds
    uint64_t rolled_minute_ = 0;
    uint64_t next_prune_s_ = 0;
    ClockCheck clock_;
};

}  // namespace ttmem::history
