// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/ledger_source.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

#include "base/clock.hpp"
#include "inventory/claims.hpp"
#include "inventory/container.hpp"
#include "inventory/ledgers_of_user.hpp"
#include "inventory/procfs.hpp"

namespace ttmem::inventory {
namespace {

using api::ProcessState;

// Ledgers kept open between refreshes, each with two files of its process; beyond that they are opened again each time,
// which costs several times as much.
constexpr size_t kMostOpenReaders = 2048;

// At most a sixth of the descriptors of the process, three for each ledger: the server has two inventories, a quarter
// is for the cards' files, and an eighth for Watch.
size_t most_open_readers() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return kMostOpenReaders;
    }
    return std::min<size_t>(kMostOpenReaders, static_cast<size_t>(limit.rlim_cur) / 18);
}

// Files of one user that are named when they cannot be read.
constexpr size_t kMostUnreadNamed = 5;

// As many as the largest mesh of one host has, and so few that one user's made-up ones fill no bounded list of all users
// (kMostDevices of the metrics and of the history: 512).
constexpr size_t kMostDevicesOfUser = 128;
constexpr size_t kMostRecordsOfUser = 16384;

// A stopped writer may be continued while its ledger is read; the reading is then done again.
constexpr int kMostReadings = 3;

bool is_halted(ProcessState state) {
    return state != ProcessState::kLive;
}

// No buffer came or went between the snapshots: allocations and frees ever made are equal, and so are all totals.
bool same_buffers(const ledger::Snapshot& a, const ledger::Snapshot& b) {
    return a.one_moment && b.one_moment && a.exited == b.exited && a.lost == b.lost &&
           a.failures.size() == b.failures.size() && a.devices.size() == b.devices.size() &&
           a.unlisted_buffers == b.unlisted_buffers &&
           std::equal(a.allocators.begin(), a.allocators.end(), b.allocators.begin(), b.allocators.end(),
                      [](const ledger::Allocator& x, const ledger::Allocator& y) {
                          return x.open == y.open && x.generation == y.generation && x.devices == y.devices &&
                                 std::equal(x.totals.begin(), x.totals.end(), y.totals.begin(),
                                            [](const ledger::AccountTotals& s, const ledger::AccountTotals& t) {
                                                return s.allocations == t.allocations && s.frees == t.frees &&
                                                       s.failures == t.failures && s.bytes == t.bytes;
                                            });
                      });
}

// Once for each parent that it has had: ancestors further up seldom change.
void find_ancestors(TrackedLedger& ledger) {
    constexpr size_t kMostAncestors = 16;
    pid_t next = ledger.verdict.parent;
    if (next <= 1) {
        ledger.process.ancestors.clear();
        return;
    }
    if (!ledger.process.ancestors.empty() && ledger.process.ancestors.front() == next) {
        return;
    }
    ledger.process.ancestors.clear();
    while (next > 1 && ledger.process.ancestors.size() < kMostAncestors) {
        ledger.process.ancestors.push_back(next);
        const std::optional<ProcessStatus> status = read_process_status(next);
        next = status ? status->parent : 0;
    }
}

// Whether the name still is that of the ledger's file. An open file keeps its number for itself, so the directory's own
// word is enough where it is open.
bool is_same_file(const TrackedLedger& ledger, const LedgerDirectory& directory, const LedgerName& name) {
    if (ledger.reader && name.inode == ledger.identity.inode && directory.device == ledger.identity.device) {
        return true;
    }
    struct stat status {};
    return fstatat(directory.fd.get(), name.file.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           status.st_dev == ledger.identity.device && status.st_ino == ledger.identity.inode;
}

bool is_still_written(const TrackedLedger& ledger) {
    if (ledger.hidden || ledger.verdict.state != ProcessState::kLive) {
        return false;
    }
    const WriteLock lock = query_write_lock(ledger.reader->fd());
    return lock.held && lock.pid == ledger.verdict.pid;
}

}  // namespace

LedgerSource::LedgerSource(const std::vector<std::string>& base_directories, std::optional<OwnLedger> own)
    : finders_(base_directories.begin(), base_directories.end()), own_(std::move(own)), here_(Surroundings::here()) {}

void LedgerSource::refresh(const Wanted& wanted) {
    wanted_ = wanted;
    notices_.clear();
    unread_.clear();
    space_rows_.clear();
    std::set<std::string> seen;
    std::map<uid_t, LedgersOfUser> users;
    for (LedgerFinder& finder : finders_) {
        FoundLedgers& found = finder.find();
        notices_.insert(notices_.end(), found.notices.begin(), found.notices.end());
        for (LedgerDirectory& directory : found.directories) {
            // Few need no count: a name's process is a question to the kernel.
            const bool many = directory.ledgers.size() > kMostEndedOfUser;
            for (const LedgerName& name : directory.ledgers) {
                if (many && !users[directory.owner].takes(name)) {
                    continue;
                }
                look_at(directory, name);
                seen.insert(directory.path + "/" + name.file);
            }
        }
    }
    if (own_) {
        look_at_own();
        seen.insert(own_->path);
    }
    for (const auto& [owner, ledgers] : users) {
        ledgers.say(owner, notices_);
    }
    for (const auto& [owner, count] : unread_) {
        if (count > kMostUnreadNamed) {
            notices_.push_back("and " + std::to_string(count - kMostUnreadNamed) + " more ledgers of user " +
                               std::to_string(owner) + " are not read");
        }
    }
    std::erase_if(ledgers_, [&](const auto& entry) { return !seen.contains(entry.first); });
    retire_superseded();
    bound_users();
    open_readers_ = static_cast<size_t>(std::count_if(
        ledgers_.begin(), ledgers_.end(), [](const auto& entry) { return entry.second.reader.has_value(); }));
}

// Keeps of a ledger whose process it was, and nothing that it says of devices.
void LedgerSource::leave_out_claims(TrackedLedger& ledger) {
    ledger.last_read.stamp.reset();
    ledger.holdings = {};
    ledger.ranges.placed = {};
    drop_list(ledger);
    ledger.snapshot.devices.clear();
    ledger.snapshot.allocators.clear();
    ledger.snapshot.programs.clear();
    ledger.snapshot.config_rings.clear();
    ledger.snapshot.regions.clear();
    ledger.snapshot.failures.clear();
}

// Bounds the claims of each user's processes in sum. Ledgers beyond the bound are shown and not believed, so that no
// user makes the lists of all others long or slow.
void LedgerSource::bound_users() {
    struct Claimed {
        std::set<std::tuple<bool, uint64_t, std::string, int32_t>> devices;
        size_t records = 0;
        size_t left_out = 0;
    };
    std::map<uid_t, Claimed> users;
    for (auto& [path, ledger] : ledgers_) {
        if (ledger.snapshot.devices.empty()) {
            continue;
        }
        // Ledgers lie in memory: one of an earlier start of the machine was put there, and may describe any chip.
        if (ledger.is_strangers() && !ledger.counts() && ledger.claim && ledger.claim->boot_id != here_.boot_id) {
            leave_out_claims(ledger);
            continue;
        }
        Claimed& claimed = users[ledger.owner];
        claimed.records += ledger.snapshot.devices.size();
        for (const ledger::Device& device : ledger.snapshot.devices) {
            if (claimed.devices.size() <= kMostDevicesOfUser) {
                claimed.devices.emplace(device.mock, device.unique_id.value_or(0), device.pci, device.logical_id);
            }
        }
        if (claimed.records > kMostRecordsOfUser || claimed.devices.size() > kMostDevicesOfUser) {
            ++claimed.left_out;
            ledger.verdict.state = ProcessState::kUntrusted;
            ledger.verdict.reason = "its user's processes claim more devices than are looked at";
            leave_out_claims(ledger);
        }
    }
    for (const auto& [owner, claimed] : users) {
        if (claimed.left_out > 0) {
            notices_.push_back("user " + std::to_string(owner) + " claims more than " +
                               std::to_string(kMostDevicesOfUser) + " devices or " +
                               std::to_string(kMostRecordsOfUser) + " uses of them; " +
                               std::to_string(claimed.left_out) + " processes are not counted");
        }
    }
}

void LedgerSource::look_at(LedgerDirectory& directory, const LedgerName& name) {
    const std::string path = directory.path + "/" + name.file;
    const auto known = ledgers_.find(path);
    if (known != ledgers_.end()) {
        TrackedLedger& ledger = known->second;
        const bool same = is_same_file(ledger, directory, name);
        if (same && ledger.settled) {
            ledger.events.batch = {};
            return;
        }
        if (same && wanted_.quick && ledger.reader && is_still_written(ledger)) {
            ledger.events.batch = {};
            return;
        }
        if (same && ledger.reader) {
            judge_and_read(ledger);
            read_names(ledger, directory);
            if (ledger.process.command.empty()) {
                describe_process(ledger, directory);
            }
            return;
        }
        if (!same) {
            ledgers_.erase(known);
        }
    }
    if (is_own_ledger(directory, name)) {
        return;
    }
    Result<OpenLedger> opened = open_ledger(directory, name);
    if (!opened) {
        if (opened.error().errno_value != ENOENT && ++unread_[directory.owner] <= kMostUnreadNamed) {
            notices_.push_back(path + " is not read: " + opened.error().message);
        }
        ledgers_.erase(path);
        return;
    }
    TrackedLedger& ledger = ledgers_[path];
    ledger.path = path;
    ledger.identity = opened.value().identity;
    ledger.owner = directory.owner;
    ledger.name = name;
    ledger.reader = ledger::Reader::from_fd(std::move(opened.value().fd));
    judge_and_read(ledger);
    if (!wanted_.totals_alone) {
        read_names(ledger, directory);
        describe_process(ledger, directory);
    }
    if (ledger.reader && ++open_readers_ > most_open_readers()) {
        ledger.reader.reset();
        ledger.process.known = {};
    }
}

// The own process is alive: the kernel is not asked about it.
void LedgerSource::look_at_own() {
    TrackedLedger& ledger = ledgers_[own_->path];
    if (!ledger.reader) {
        ledger.path = own_->path;
        ledger.owner = geteuid();
        ledger.reader = ledger::Reader::from_source(own_->source);
        ledger.verdict.pid = getpid();
        ledger.process.command = read_command_line(getpid());
        ledger.process.container = read_container(getpid());
    }
    ledger.hidden = false;
    ledger.events.batch = {};
    ledger.verdict.state = ProcessState::kLive;
    ledger.verdict.reason.clear();
    find_ancestors(ledger);
    if (read(ledger, wanted_listing(), wanted_.events)) {
        const std::filesystem::path path = own_->path;
        LedgerDirectory directory;
        directory.owner = ledger.owner;
        directory.fd.reset(open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        ledger.names.follow(directory, path.filename(), ledger.snapshot.identity.nonce, ledger.snapshot);
    }
}

void LedgerSource::judge_and_read(TrackedLedger& ledger) {
    ledger.hidden = false;
    ledger.events.batch = {};
    const int fd = ledger.reader->fd();
    const std::optional<uint64_t> stamp = wanted_.totals_alone ? std::nullopt : ledger.reader->stamp();
    if (stamp && ledger.claim && stamp == ledger.last_read.stamp && is_listed_enough(ledger)) {
        const Verdict verdict = verdict_on(ledger);
        if (verdict.state == ledger.last_read.state && api::counts(verdict.state)) {
            ledger.verdict = verdict;
            if (ledger.last_read.events_stamp != stamp) {  // events were not asked for when it was read
                take_new_events(ledger, wanted_.events);
                ledger.last_read.events_stamp = wanted_.events ? stamp : std::nullopt;
            }
            return;
        }
    }
    ledger.last_read.stamp.reset();
    const std::variant<Claim, NoClaim> claim = read_claim(fd);
    if (const NoClaim* none = std::get_if<NoClaim>(&claim)) {
        const WriteLock lock = query_write_lock(fd);
        ledger.verdict = {};
        ledger.verdict.pid = lock.pid;
        ledger.hidden = *none == NoClaim::kStarting;
        ledger.verdict.state = *none == NoClaim::kForeignVersion ? ProcessState::kForeign : ProcessState::kCorrupt;
        ledger.verdict.reason = *none == NoClaim::kForeignVersion ? "its ledger is of another version of the format"
                                                                  : "its file is no ledger";
        return;
    }
    ledger.claim = std::get<Claim>(claim);
    for (int reading = 0; reading < kMostReadings; ++reading) {
        ledger.verdict = verdict_on(ledger);
        if (ledger.verdict.state == ProcessState::kUntrusted || !read(ledger, wanted_listing(), wanted_.events)) {
            return;
        }
        if (ledger.verdict.state != ProcessState::kStopped || verdict_on(ledger).state == ProcessState::kStopped) {
            break;
        }
    }
    if (wanted_.totals_alone) {
        return;  // without a stamp it is read again
    }
    find_ancestors(ledger);
    if (ledger.snapshot.one_moment) {
        ledger.last_read.stamp = stamp;
        ledger.last_read.events_stamp = wanted_.events ? stamp : std::nullopt;
        ledger.last_read.state = ledger.verdict.state;
    }
    if (!api::counts(ledger.verdict.state) && !query_write_lock(fd).held) {
        settle(ledger);
    }
}

Verdict LedgerSource::verdict_on(TrackedLedger& ledger) const {
    return judge(gather(ledger.reader->fd(), ledger.identity, *ledger.claim, ledger.owner, ledger.path, here_,
                        &ledger.process.known),
                 here_);
}

bool LedgerSource::read(TrackedLedger& ledger, Listing listing, bool events) {
    ledger.last_read.number = ++reads_;
    ledger::ReadOptions options;
    options.writer_halted = is_halted(ledger.verdict.state);
    options.programs = !wanted_.totals_alone;
    // Without a list from before there is nothing that could still hold. Its length is known from the totals.
    options.buffers = listing == Listing::kYes && !ledger.list.spaced && api::counts(ledger.verdict.state);
    auto answer = ledger.reader->read(options);
    const auto* const totals = std::get_if<ledger::Snapshot>(&answer);
    const bool is_listed = listing != Listing::kNo && api::counts(ledger.verdict.state);
    const bool needs_list = totals != nullptr && (is_listed || has_overlap(*totals));
    const bool keeps = totals != nullptr && wanted_.keep_lists && ledger.list.kept;
    if (!options.buffers && (needs_list || keeps)) {
        // No counter says that a buffer was given a name; that is an event.
        const bool same_rows = !(wanted_.buffers || keeps) || ledger.snapshot.positions == totals->positions;
        if (ledger.list.spaced && is_listed_enough(ledger) && same_rows && same_buffers(ledger.snapshot, *totals)) {
            // Programs are launched without an event.
            ledger.snapshot.programs = totals->programs;
            ledger.snapshot.programs_told = totals->programs_told;
            ledger.snapshot.config_rings = totals->config_rings;
            ledger.snapshot.regions = totals->regions;
            ledger.snapshot.failures = totals->failures;
            ledger.snapshot.steps = totals->steps;
            hold_programs(ledger.snapshot, ledger.holdings);
            take_new_events(ledger, events);
            return true;  // the list that is there still holds
        }
        if (needs_list && (listing != Listing::kIfShort || has_overlap(*totals) || is_short(ledger, *totals))) {
            options.buffers = true;
            answer = ledger.reader->read(options);
        }
    }
    if (const auto* error = std::get_if<ledger::ReadError>(&answer)) {
        ledger.hidden = error->failure == ledger::ReadFailure::kStarting;
        ledger.verdict.state =
            error->failure == ledger::ReadFailure::kForeignVersion ? ProcessState::kForeign : ProcessState::kCorrupt;
        ledger.verdict.reason = error->message;
        ledger.snapshot = {};
        ledger.list.kept = false;
        ledger.list.spaced = false;
        ledger.ranges.known = false;
        ledger.holdings = {};
        return false;
    }
    ledger.snapshot = std::move(std::get<ledger::Snapshot>(answer));
    if (options.buffers && ledger.is_strangers()) {
        ledger.list.misplaced = leave_out_misplaced(ledger.snapshot);
    }
    ledger.list.kept = options.buffers;
    ledger.list.spaced = options.buffers;
    ledger.ranges.known = false;
    ledger.list.number = ++lists_read_;
    note_use(ledger);
    ledger.holdings = hold(ledger.snapshot, options.buffers);
    hold_programs(ledger.snapshot, ledger.holdings);
    take_new_events(ledger, events);
    if (ledger.list.kept && !keeps_list(ledger)) {
        // Reads one list, then drops it: all lists together would be most of the memory of a reader.
        if (ledger.ranges.wanted) {
            place(ledger);
        }
        drop_list(ledger);
    }
    return true;
}

void LedgerSource::note_use(TrackedLedger& ledger) {
    // A program opens its devices seldom. A ledger that claims it all the time gains no time by it.
    constexpr uint64_t kLeastBetweenNs = 10'000'000'000;
    uint64_t use = ledger.snapshot.devices.size();
    for (const ledger::Allocator& allocator : ledger.snapshot.allocators) {
        use = use * 31 + allocator.generation * 2 + (allocator.open ? 1 : 0);
    }
    const uint64_t now = clock_ns(CLOCK_MONOTONIC);
    if (ledger.use.since_ns == 0 || (use != ledger.use.print && now - ledger.use.since_ns > kLeastBetweenNs)) {
        ledger.use.since_ns = now;
    }
    ledger.use.print = use;
}

void LedgerSource::take_new_events(TrackedLedger& ledger, bool events) {
    if (!events) {
        return;
    }
    auto batch = ledger.reader->read_events(ledger.events.cursor, &ledger.snapshot.positions);
    if (auto* news = std::get_if<ledger::EventBatch>(&batch)) {
        ledger.events.batch.missed += news->missed;
        ledger.events.batch.events.insert(ledger.events.batch.events.end(), news->events.begin(), news->events.end());
    }
}

void LedgerSource::read_names(TrackedLedger& ledger, const LedgerDirectory& directory) {
    if (ledger.claim && !ledger.hidden && ledger.last_read.named != ledger.last_read.number) {
        ledger.last_read.named = ledger.last_read.number;
        ledger.names.follow(directory, ledger.name.file, ledger.claim->nonce, ledger.snapshot);
    }
}

void LedgerSource::describe_process(TrackedLedger& ledger, const LedgerDirectory& directory) {
    if (ledger.verdict.pid) {
        // Whole command lines are for their owner and for root, here as at the server, though /proc shows them.
        if (geteuid() == 0 || geteuid() == ledger.owner) {
            ledger.process.command = read_command_line(*ledger.verdict.pid);
        }
        ledger.process.container = read_container(*ledger.verdict.pid);
    }
    if (ledger.process.command.empty() && ledger.claim) {
        ledger.names.read(directory, ledger.name.file, ledger.claim->nonce);
        ledger.process.command = ledger.names.command();
    }
    if (ledger.process.command.empty()) {
        ledger.process.command = ledger.snapshot.identity.command;
    }
}

// A process has one ledger at a time; where the mapping could not be read, its newest is taken for the living one.
void LedgerSource::retire_superseded() {
    const auto same_process = [](const TrackedLedger& a, const TrackedLedger& b) {
        return a.claim && b.claim && a.claim->pid == b.claim->pid &&
               a.claim->start_time_ticks == b.claim->start_time_ticks &&
               a.claim->pid_namespace == b.claim->pid_namespace && a.claim->boot_id == b.claim->boot_id;
    };
    for (auto& [path, ledger] : ledgers_) {
        if (!ledger.verdict.unless_newer || !ledger.counts()) {
            continue;
        }
        for (const auto& [other_path, other] : ledgers_) {
            if (&other != &ledger && other.counts() && same_process(ledger, other) &&
                (other.snapshot.identity.created_ns > ledger.snapshot.identity.created_ns ||
                 !other.verdict.unless_newer)) {
                ledger.verdict.state = ProcessState::kDied;
                ledger.verdict.pid.reset();
                break;
            }
        }
    }
}

void LedgerSource::settle(TrackedLedger& ledger) {
    ledger.settled = true;
    ledger.reader.reset();
    ledger.process.known = {};
    drop_list(ledger);
    ledger.holdings.spans = {};
    ledger.snapshot.programs = {};
    ledger.snapshot.config_rings = {};
    ledger.snapshot.regions = {};
    ledger.ranges.placed = {};
}

std::vector<TrackedLedger*> LedgerSource::shown() {
    std::vector<TrackedLedger*> all;
    for (auto& [path, ledger] : ledgers_) {
        if (!ledger.hidden) {
            all.push_back(&ledger);
        }
    }
    return all;
}

}  // namespace ttmem::inventory
