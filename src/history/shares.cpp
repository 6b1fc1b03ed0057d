// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "history/shares.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "history/query.hpp"

namespace ttmem::history {
namespace {

// Owners that are no user's id.
constexpr int64_t kMachine = -1;  // chips that the driver shows or that root holds, and the server's own events
constexpr int64_t kNoUser = -2;   // processes of an unknown user, and chips of which no holder is known any more

constexpr size_t kTierCount = std::size(kTiers);
constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr uint64_t kSharesGivenUp = 10;
// Bytes of these rows and of their index, in points.
constexpr uint64_t kPointsOfProcess = 6;
constexpr uint64_t kPointsOfDevice = 5;

// Rows, and the time of the oldest.
struct Rows {
    uint64_t count = 0;
    uint64_t oldest = UINT64_MAX;

    void add(const Rows& more) {
        count += more.count;
        oldest = std::min(oldest, more.oldest);
    }
};
using PerTier = std::array<Rows, kTierCount>;

// The rows of one owner.
struct Share {
    PerTier points{};
    Rows events;
    uint64_t held = 0;
    uint64_t ended = 0;  // processes
    uint64_t devices = 0;

    uint64_t rows() const {
        uint64_t sum = events.count + held + kPointsOfProcess * ended + kPointsOfDevice * devices;
        for (const Rows& each : points) {
            sum += each.count;
        }
        return sum;
    }
};

size_t index_of(uint64_t tier) {
    for (size_t i = 0; i < kTierCount; ++i) {
        if (static_cast<uint64_t>(kTiers[i]) == tier) {
            return i;
        }
    }
    return 0;
}

class Shares {
public:
    explicit Shares(Connection& database) : database_(database) {}

    // Counts every owner's rows. False: the database refused.
    bool count() {
        Statement processes(database_, "SELECT id, coalesce(uid, -2), state IN ('live', 'stopped') FROM process");
        while (processes.step()) {
            const int64_t owner = processes.number(1);
            owner_of_process_.emplace(processes.number(0), owner);
            shares_[owner].ended += processes.number(2) == 0 ? 1 : 0;
        }
        return processes.good() && count_points() && count_holders() && count_events() && name_owners();
    }

    const std::map<int64_t, Share>& all() const { return shares_; }

private:
    bool count_points() {
        Statement points(database_, "SELECT tier, device, process, time_s FROM sample");
        while (points.step()) {
            const size_t tier = index_of(static_cast<uint64_t>(points.number(0)));
            const Rows row{1, static_cast<uint64_t>(points.number(3))};
            if (const int64_t process = points.number(2); process == 0) {
                of_device_[points.number(1)][tier].add(row);
            } else if (const auto owner = owner_of_process_.find(process); owner != owner_of_process_.end()) {
                shares_[owner->second].points[tier].add(row);
                holders_[points.number(1)].insert(owner->second);
            }
        }
        return points.good();
    }

    bool count_holders() {
        Statement held(database_, "SELECT process, device FROM held");
        while (held.step()) {
            if (const auto owner = owner_of_process_.find(held.number(0)); owner != owner_of_process_.end()) {
                ++shares_[owner->second].held;
                holders_[held.number(1)].insert(owner->second);
            }
        }
        Statement shown(database_, "SELECT DISTINCT device FROM reading");
        while (shown.step()) {
            holders_[shown.number(0)].insert(kMachine);
        }
        return held.good() && shown.good();
    }

    bool count_events() {
        Statement events(database_, "SELECT process, count(*), min(time_ns) FROM event GROUP BY process");
        while (events.step()) {
            const auto owner = owner_of_process_.find(events.number(0));
            shares_[owner == owner_of_process_.end() ? kMachine : owner->second].events.add(
                {static_cast<uint64_t>(events.number(1)), static_cast<uint64_t>(events.number(2))});
        }
        return events.good();
    }

    // Says whose each device is, in a table for the statements that remove its points.
    bool name_owners() {
        std::map<int64_t, uint64_t> before;  // rows of the processes alone: the order of devices must not matter
        for (const auto& [owner, share] : shares_) {
            before[owner] = share.rows();
        }
        if (!database_.run("CREATE TEMP TABLE IF NOT EXISTS owner_of_device(device INTEGER PRIMARY KEY, owner INTEGER);"
                           "BEGIN; DELETE FROM temp.owner_of_device")) {
            return false;
        }
        Statement put(database_, "INSERT INTO temp.owner_of_device VALUES(?, ?)");
        Statement devices(database_, "SELECT id FROM device");
        while (devices.step()) {
            const int64_t device = devices.number(0);
            const int64_t owner = owner_of(device, before);
            Share& share = shares_[owner];
            ++share.devices;
            if (const auto points = of_device_.find(device); points != of_device_.end()) {
                for (size_t tier = 0; tier < kTierCount; ++tier) {
                    share.points[tier].add(points->second[tier]);
                }
            }
            if (!put.bind(device, owner).done()) {
                database_.run("ROLLBACK");
                return false;
            }
        }
        return devices.good() && database_.run("COMMIT");
    }

    int64_t owner_of(int64_t device, const std::map<int64_t, uint64_t>& rows) const {
        const auto found = holders_.find(device);
        if (found == holders_.end()) {
            return kNoUser;
        }
        const std::set<int64_t>& holders = found->second;
        if (holders.contains(kMachine) || holders.contains(0)) {
            return kMachine;
        }
        return *std::min_element(holders.begin(), holders.end(),
                                 [&](int64_t a, int64_t b) { return rows.at(a) < rows.at(b); });
    }

    Connection& database_;
    std::unordered_map<int64_t, int64_t> owner_of_process_;
    std::unordered_map<int64_t, PerTier> of_device_;  // points of whole devices
    std::unordered_map<int64_t, std::set<int64_t>> holders_;
    std::map<int64_t, Share> shares_;
};

constexpr const char* kDeletePoints =
    "DELETE FROM sample WHERE (tier, time_s, device, process) IN "
    "(SELECT tier, time_s, device, process FROM sample WHERE tier=?1 AND time_s < ?2 AND CASE process WHEN 0 "
    "THEN device IN (SELECT device FROM temp.owner_of_device WHERE owner=?3) "
    "ELSE process IN (SELECT id FROM process WHERE coalesce(uid, -2)=?3) END ORDER BY time_s LIMIT ?4)";
// Of the machine: those that name no process that is known.
constexpr const char* kDeleteEvents =
    "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE time_ns < ?1 AND CASE ?2 WHEN -1 "
    "THEN process IS NULL OR process NOT IN (SELECT id FROM process) "
    "ELSE process IN (SELECT id FROM process WHERE coalesce(uid, -2)=?2) END ORDER BY time_ns LIMIT ?3)";
constexpr const char* kDeleteOldestProcesses =
    "DELETE FROM process WHERE id IN (SELECT id FROM process WHERE coalesce(uid, -2)=?1 "
    "AND state NOT IN ('live', 'stopped') AND last_seen_ns < ?2 AND id NOT IN (SELECT process FROM temp.with_points) "
    "ORDER BY last_seen_ns LIMIT ?3)";

// Removes rows in pieces.
class Remover {
public:
    Remover(Connection& database, int rows_at_once, int most_pieces)
        : database_(database), rows_at_once_(rows_at_once), most_pieces_(most_pieces) {}

    bool remove_points(int64_t owner, Tier tier, uint64_t before_s) {
        Statement points(database_, kDeletePoints);
        return in_pieces(
            [&] { return points.bind(static_cast<uint32_t>(tier), before_s, owner, rows_at_once_).done(); });
    }
    bool remove_events(int64_t owner, uint64_t before_ns) {
        Statement events(database_, kDeleteEvents);
        return in_pieces([&] { return events.bind(before_ns, owner, rows_at_once_).done(); });
    }
    // `count`: of the oldest, at most.
    bool remove_processes(int64_t owner, uint64_t time_ns, uint64_t count) {
        Statement oldest(database_, kDeleteOldestProcesses);
        return oldest.bind(owner, time_ns, std::min(count, static_cast<uint64_t>(rows_at_once_))).done();
    }

private:
    template <typename Remove>
    bool in_pieces(const Remove& remove) {
        for (; most_pieces_ > 0; --most_pieces_) {
            if (!remove()) {
                return false;
            }
            if (database_.number("SELECT changes()").value_or(0) < rows_at_once_) {
                break;
            }
        }
        return true;
    }

    Connection& database_;
    int rows_at_once_;
    int most_pieces_;
};

// Processes and devices without points need not be known any more. What a process held goes with it.
bool remove_pointless(Connection& database, const std::map<int64_t, uint64_t>& over, uint64_t time_ns,
                      Remover& remover) {
    if (!database.run("CREATE TEMP TABLE IF NOT EXISTS with_points(process INTEGER PRIMARY KEY);"
                      "DELETE FROM temp.with_points;"
                      "INSERT OR IGNORE INTO temp.with_points SELECT process FROM sample")) {
        return false;
    }
    for (const auto& [owner, processes] : over) {
        if (!remover.remove_processes(owner, time_ns, processes)) {
            return false;
        }
    }
    Statement devices(database,
                      "DELETE FROM device WHERE last_seen_ns < ? AND id NOT IN (SELECT device FROM held) AND id NOT IN "
                      "(SELECT device FROM sample) AND id NOT IN (SELECT device FROM reading)");
    return database.run("DELETE FROM held WHERE process NOT IN (SELECT id FROM process)") &&
           devices.bind(time_ns).done();
}

}  // namespace

uint64_t level_of_shares(std::vector<uint64_t> rows, uint64_t room) {
    std::sort(rows.begin(), rows.end());
    size_t left = rows.size();
    for (const uint64_t each : rows) {
        if (each > room / left) {
            return room / left;
        }
        room -= each;
        --left;
    }
    return UINT64_MAX;
}

bool give_up_shares(Connection& database, uint64_t time_ns, int rows_at_once, int most_pieces) {
    Shares shares(database);
    if (!shares.count()) {
        return false;
    }
    std::vector<uint64_t> rows;
    uint64_t all = 0;
    for (const auto& [owner, share] : shares.all()) {
        rows.push_back(share.rows());
        all += share.rows();
    }
    const uint64_t level = level_of_shares(std::move(rows), all - all / kSharesGivenUp);
    Remover remover(database, rows_at_once, most_pieces);
    std::map<int64_t, uint64_t> over;  // owners above the level, and so many of their processes
    for (const auto& [owner, share] : shares.all()) {
        if (share.rows() <= level) {
            continue;
        }
        const double part = 1.0 - static_cast<double>(level) / static_cast<double>(share.rows());
        const auto part_of = [part](uint64_t whole) {
            return static_cast<uint64_t>(static_cast<double>(whole) * part) + 1;
        };
        // That part of the time that they reach back.
        const auto cut = [&part_of](const Rows& of, uint64_t now) {
            return now > of.oldest ? of.oldest + part_of(now - of.oldest) : 0;
        };
        over.emplace(owner, part_of(share.ended));
        for (size_t tier = 0; tier < kTierCount; ++tier) {
            if (!remover.remove_points(owner, kTiers[tier], cut(share.points[tier], time_ns / kNsPerSecond))) {
                return false;
            }
        }
        if (!remover.remove_events(owner, cut(share.events, time_ns))) {
            return false;
        }
    }
    return remove_pointless(database, over, time_ns, remover);
}

}  // namespace ttmem::history
