// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recorder/session.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/clock.hpp"
#include "inventory/process_state.hpp"
#include "inventory/procfs.hpp"

namespace ttmem::recorder {

namespace {

constexpr uint64_t kLookNs = 5'000'000;  // between two looks for ledgers that come
constexpr uint64_t kLookForEndNs =
    100'000'000;  // for processes that end: reads much of /proc, and a late look loses nothing
constexpr int kLongestPauseMs = 16;
// Rings of a process that was not started to be recorded are short.
constexpr int kLongestPauseOfShortRingsMs = 2;
// Of one process in a step: more is read sooner, fewer later. A step has a price of its own, which many events share; many
// are a fifth of the ring of a thread that is recorded.
constexpr uint64_t kManyEvents = 6144;
constexpr uint64_t kFewEvents = 2048;
constexpr uint64_t kManyEventsOfShortRings = 1024;
constexpr uint64_t kFewEventsOfShortRings = 128;
constexpr int kKeptBytes = 64 << 20;
constexpr int kMostAncestors = 64;
constexpr uint32_t kMostFollowed = 4096;

}  // namespace

Session::Session(recording::Writer writer, Subject subject)
    : writer_(std::move(writer)),
      subject_(subject),
      began_ns_(clock_ns(CLOCK_REALTIME)),
      finder_(inventory::default_base_directory()) {
    // Each step takes room for the events that it reads and gives it back: kept by the process, not by the kernel, which
    // would hand it out as fresh zeroed pages each time.
    mallopt(M_MMAP_THRESHOLD, kKeptBytes);
    mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

void Session::step() {
    const uint64_t now = clock_ns(CLOCK_MONOTONIC);
    const bool look = now - looked_ns_ >= kLookNs;
    if (look) {
        looked_ns_ = now;
        look_for_ledgers();
    }
    uint64_t most = 0;
    for (const auto& follower : followers_) {
        most = std::max(most, follower->poll());
    }
    if (now - looked_for_ends_ns_ >= kLookForEndNs) {
        looked_for_ends_ns_ = now;
        look_for_ends();
    }
    const bool long_rings = subject_.with_descendants;
    const int longest = long_rings ? kLongestPauseMs : kLongestPauseOfShortRingsMs;
    if (most > (long_rings ? kManyEvents : kManyEventsOfShortRings)) {
        pause_ms_ = std::max(1, pause_ms_ / 2);
    } else if (most < (long_rings ? kFewEvents : kFewEventsOfShortRings)) {
        pause_ms_ = std::min(longest, pause_ms_ * 2);
    }
}

void Session::look_for_ledgers() {
    const inventory::FoundLedgers& found = finder_.find();
    for (const inventory::LedgerDirectory& directory : found.directories) {
        for (const inventory::LedgerName& name : directory.ledgers) {
            if (!known_.contains(name.file)) {
                consider(directory, name);
            }
        }
    }
}

// Follows the ledger if it is one of ours. A ledger that is still being made is considered again at the next pass.
void Session::consider(const inventory::LedgerDirectory& directory, const inventory::LedgerName& name) {
    Result<inventory::OpenLedger> opened = inventory::open_ledger(directory, name);
    if (!opened) {
        known_.insert(name.file);
        return;
    }
    const auto claim = inventory::read_claim(opened.value().fd.get());
    const auto* claimed = std::get_if<inventory::Claim>(&claim);
    if (claimed == nullptr) {
        if (std::get<inventory::NoClaim>(claim) != inventory::NoClaim::kStarting) {
            known_.insert(name.file);
        }
        return;
    }
    known_.insert(name.file);
    static const inventory::Surroundings kHere = inventory::Surroundings::here();
    const std::string path = directory.path + "/" + name.file;
    const inventory::Evidence evidence =
        inventory::gather(opened.value().fd.get(), opened.value().identity, *claimed, directory.owner, path, kHere);
    std::optional<pid_t> pid = inventory::judge(evidence, kHere).pid;
    if (!pid && claimed->uid == geteuid() && claimed->uid == directory.owner && evidence.status &&
        evidence.status->start_time_ticks == claimed->start_time_ticks) {
        pid = static_cast<pid_t>(claimed->pid);  // it has ended, and its parent, which is shown, has not reaped it
    }
    if (!pid) {
        const std::optional<uint64_t> started = inventory::start_time_of(claimed->start_time_ticks);
        if (subject_.with_descendants && claimed->uid == geteuid() && started && *started >= began_ns_) {
            notices_.push_back("process " + std::to_string(claimed->pid) +
                               " ended before it could be seen whether this command started it: not recorded");
        }
        return;
    }
    if (!is_ours(*pid) || followers_.size() >= kMostFollowed) {
        return;
    }
    Follower::Subject subject;
    subject.ledger = std::move(opened.value());
    subject.directory = UniqueFd(fcntl(directory.fd.get(), F_DUPFD_CLOEXEC, 0));
    subject.owner = directory.owner;
    subject.name = name;
    subject.command = inventory::read_command_line(*pid);
    subject.from_the_beginning = subject_.with_descendants;
    subject.redacted = subject_.redacted;
    followers_.push_back(
        std::make_unique<Follower>(writer_, static_cast<uint32_t>(tally_.processes++), std::move(subject)));
}

bool Session::is_ours(pid_t pid) const {
    for (int i = 0; i < kMostAncestors && pid > 1; ++i) {
        if (pid == subject_.pid) {
            return true;
        }
        const std::optional<inventory::ProcessStatus> status = inventory::read_process_status(pid);
        if (!subject_.with_descendants || !status) {
            return false;
        }
        pid = status->parent;
    }
    return false;
}

void Session::look_for_ends() {
    for (auto& follower : followers_) {
        if (const std::optional<recording::Ending> ending = follower->look_for_end()) {
            follower->finish(*ending);
            tally_.events += follower->events();
            tally_.missed += follower->missed();
            follower.reset();
        }
    }
    std::erase(followers_, nullptr);
}

Result<Tally> Session::finish() {
    look_for_ledgers();
    look_for_ends();
    for (auto& follower : followers_) {
        follower->finish(recording::Ending::kFollowed);
        tally_.events += follower->events();
        tally_.missed += follower->missed();
    }
    followers_.clear();
    writer_.finish();
    if (writer_.error()) {
        return *writer_.error();
    }
    tally_.bytes = writer_.bytes();
    return tally_;
}

}  // namespace ttmem::recorder
