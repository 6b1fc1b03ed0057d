// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recorder/session.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
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
constexpr uint32_t kMostFollowed = 4096;

}  // namespace

Session::Session(recording::Writer writer, Subject subject)
    : writer_(std::move(writer)), subject_(subject), search_(subject.pid, subject.with_descendants) {
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
    search_.look([this](FoundLedger found) { follow(std::move(found)); });
}

void Session::follow(FoundLedger found) {
    if (followers_.size() >= kMostFollowed) {
        return;
    }
    Follower::Subject subject;
    subject.ledger = std::move(found.ledger);
    subject.directory = UniqueFd(fcntl(found.directory.fd.get(), F_DUPFD_CLOEXEC, 0));
    subject.owner = found.directory.owner;
    subject.name = found.name;
    subject.command = inventory::read_command_line(found.pid);
    subject.from_the_beginning = subject_.with_descendants;
    subject.redacted = subject_.redacted;
    followers_.push_back(
        std::make_unique<Follower>(writer_, static_cast<uint32_t>(tally_.processes++), std::move(subject)));
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
