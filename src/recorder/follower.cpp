// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recorder/follower.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/clean_text.hpp"
#include "base/clock.hpp"
#include "inventory/process_state.hpp"
#include "inventory/sidecar_names.hpp"
#include "recording/redact.hpp"

namespace ttmem::recorder {

namespace {

// A chunk is written when it is that old or that long: what a recorder that is killed loses.
constexpr uint64_t kChunkNs = 1'000'000'000;
constexpr size_t kChunkEvents = size_t{1} << 17;
// How long a process that never pauses is asked for one moment, and how often.
constexpr uint32_t kPatienceUs = 20'000;
constexpr int kTries = 5;

uint64_t now_ns() {
    return clock_ns(CLOCK_REALTIME);
}

// A descriptor of its own: closing a ledger's descriptor drops no lock of another process.
ledger::Reader reader_of(const inventory::OpenLedger& ledger) {
    return ledger::Reader::from_fd(UniqueFd(fcntl(ledger.fd.get(), F_DUPFD_CLOEXEC, 0)));
}

}  // namespace

Follower::Follower(recording::Writer& writer, uint32_t process, Subject subject)
    : writer_(writer), process_(process), subject_(std::move(subject)), reader_(reader_of(subject_.ledger)) {
    path_ = "/proc/self/fd/" + std::to_string(subject_.directory.get()) + "/" + subject_.name.file;
    const int fd = subject_.ledger.fd.get();
    source_ = [fd](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
        return pread(fd, to, bytes, static_cast<off_t>(offset));
    };
    cursor_.started = true;  // without positions: every shard from its first event
    followed_from_ns_ = now_ns();
}

uint64_t Follower::poll() {
    if (unreadable_) {
        return 0;
    }
    auto read = ledger::read_ordered_events(source_, cursor_);
    if (const auto* error = std::get_if<ledger::ReadError>(&read)) {
        unreadable_ = error->failure != ledger::ReadFailure::kStarting;
        return 0;
    }
    const auto& batch = std::get<ledger::OrderedBatch>(read);
    const uint64_t count = batch.events.size();
    if (std::exchange(first_read_, false)) {
        if (batch.missed != 0 || !subject_.from_the_beginning) {
            resynchronise(batch.missed, subject_.from_the_beginning);
            return count;
        }
        begin_chunk(0, 0);
    }
    if (batch.missed != 0) {
        resynchronise(batch.missed, true);
        return count;
    }
    take(batch.events, batch.horizon_ticks);
    if (tables_.is_due()) {
        look_at_tables();
    }
    if (now_ns() - chunk_.began_ns() >= kChunkNs || chunk_.events() >= kChunkEvents) {
        close_chunk(false);
    }
    return count;
}

// Both what waited and what is new are in order.
void Follower::take(const std::vector<ledger::OrderedEvent>& events, uint64_t horizon_ticks) {
    const std::vector<ledger::OrderedEvent> waited = std::exchange(waiting_, {});
    auto old = waited.begin();
    auto next = events.begin();
    while (old != waited.end() || next != events.end()) {
        const bool is_old = next == events.end() || (old != waited.end() && old->ticks <= next->ticks);
        const ledger::OrderedEvent& event = is_old ? *old++ : *next++;
        if (event.ticks > horizon_ticks) {
            waiting_.push_back(event);
        } else {
            record(event);
        }
    }
}

void Follower::record(const ledger::OrderedEvent& event) {
    const recording::Event recorded = recording::event_of(event);
    chunk_.add(recorded);
    moment_.apply(recorded);
    tables_.note(event);
    ++events_;
    if (event.shard >= positions_.size()) {
        positions_.resize(event.shard + size_t{1});
    }
    positions_[event.shard] = std::max(positions_[event.shard], event.number + 1);
    facts_due_ = facts_due_ || event.type == ledger::kEventAllocatorOpen || event.type == ledger::kEventAllocatorClose;
    const auto note = [this](size_t kind, uint32_t number) {
        texts_due_ = texts_due_ || number > highest_[kind];
        highest_[kind] = std::max(highest_[kind], number);
    };
    note(event.type == ledger::kEventLabel ? 3 : event.context < ledger::kFirstContext ? 0 : 1, event.context);
    note(2, event.tensor);
    texts_due_ = texts_due_ || event.type == ledger::kEventProgramLoad || recorded.is_refusal();
}

// Begins a chunk with the live buffers, read from the ledger's table with the event positions that belong to it.
// `lost`: events before it were lost, and the file says so; else they were never wanted.
void Follower::resynchronise(uint64_t missed, bool lost) {
    close_chunk(false);
    waiting_.clear();
    ledger::ReadOptions options;
    options.buffers = true;
    options.programs = true;
    options.patience_us = kPatienceUs;
    std::optional<ledger::Snapshot> now;
    for (int i = 0; i < kTries && !(now && now->one_moment); ++i) {
        auto read = reader_.read(options);
        if (auto* snapshot = std::get_if<ledger::Snapshot>(&read)) {
            now = std::move(*snapshot);
        }
    }
    if (!now) {
        unreadable_ = true;
        return;
    }
    std::vector<recording::Held> held;
    for (const ledger::Buffer& buffer : now->buffers) {
        held.push_back(recording::held_of(buffer));
    }
    moment_.reset(held);
    tables_.restart(*now);
    cursor_.positions = now->positions;
    positions_ = now->positions;
    missed_ += lost ? missed : 0;
    texts_due_ = true;
    facts_due_ = true;
    const bool exact = now->one_moment && now->unlisted_buffers == 0;
    begin_chunk(
        static_cast<uint16_t>((lost ? recording::kChunkAfterGap : 0) | (exact ? 0 : recording::kChunkApproximate)),
        lost ? missed : 0);
}

void Follower::begin_chunk(uint16_t flags, uint64_t missed) {
    chunk_.begin(moment_, positions_, flags, missed);
    chunk_.set_began_ns(now_ns());
}

// Names and devices go first, so that a file cut off after the chunk has them.
void Follower::close_chunk(bool even_empty) {
    if (!chunk_.begun()) {
        return;
    }
    if (chunk_.events() == 0 && !even_empty) {
        chunk_.set_began_ns(now_ns());
        return;
    }
    if (std::exchange(facts_due_, false)) {
        write_facts();
    }
    if (tables_.is_due() || now_ns() - looked_ns_ >= kChunkNs) {
        look_at_tables();
    }
    if (std::exchange(texts_due_, false)) {
        write_texts();
    }
    write_tables();
    chunk_.write(writer_, process_, even_empty);
    begin_chunk(0, 0);
}

void Follower::write_facts() {
    auto read = reader_.read({});
    const auto* now = std::get_if<ledger::Snapshot>(&read);
    if (now == nullptr) {
        return;
    }
    recording::ProcessFacts facts;
    facts.pid = now->identity.pid;
    facts.start_time_ns = now->identity.start_time_ns;
    facts.from_the_beginning = subject_.from_the_beginning && !now->late_ns;
    facts.followed_from_ns = subject_.from_the_beginning ? now->identity.created_ns : followed_from_ns_;
    facts.name = now->identity.command;
    facts.command = subject_.redacted ? "" : subject_.command;
    facts.library = subject_.redacted ? recording::without_folders(now->identity.library) : now->identity.library;
    facts.devices = now->devices;
    facts.allocators = now->allocators;
    writer_.append(recording::kChunkProcess, process_, recording::pack(facts), 0, now_ns(), now_ns());
}

void Follower::write_texts() {
    std::optional<ledger::Sidecar> sidecar =
        inventory::read_sidecar_of(subject_.directory.get(), subject_.name.file, subject_.owner, subject_.name.nonce);
    if (sidecar && subject_.redacted) {
        recording::redact(*sidecar);
    }
    if (sidecar && recording::has_more(*sidecar, texts_done_)) {
        writer_.append(recording::kChunkTexts, process_, recording::pack_more(*sidecar, texts_done_), 0, now_ns(),
                       now_ns());
    }
}

void Follower::look_at_tables() {
    ledger::ReadOptions options;
    options.programs = true;
    auto read = reader_.read(options);
    if (const auto* now = std::get_if<ledger::Snapshot>(&read)) {
        looked_ns_ = now_ns();
        tables_.look(*now);
    }
}

// Before the chunk whose events they belong to.
void Follower::write_tables() {
    const auto append = [this](recording::ChunkKind kind, const std::optional<std::string>& payload) {
        if (payload) {
            writer_.append(kind, process_, *payload, 0, now_ns(), now_ns());
        }
    };
    append(recording::kChunkRefusals, tables_.new_refusals());
    append(recording::kChunkDefinitions, tables_.new_definitions());
    append(recording::kChunkPrograms, tables_.end_chunk());
}

std::optional<recording::Ending> Follower::look_for_end() {
    const auto claim = inventory::read_claim(subject_.ledger.fd.get());
    const auto* claimed = std::get_if<inventory::Claim>(&claim);
    if (unreadable_ || claimed == nullptr) {
        return unreadable_ ? std::optional(recording::Ending::kUnreadable) : std::nullopt;
    }
    static const inventory::Surroundings kHere = inventory::Surroundings::here();
    const inventory::Verdict verdict = inventory::judge(
        inventory::gather(subject_.ledger.fd.get(), subject_.ledger.identity, *claimed, subject_.owner, path_, kHere),
        kHere);
    switch (verdict.state) {
        case api::ProcessState::kExited:
            return recording::Ending::kExited;
        case api::ProcessState::kDied:
            return recording::Ending::kDied;
        default:
            return std::nullopt;
    }
}

void Follower::finish(recording::Ending ending) {
    const bool halted = ending == recording::Ending::kExited || ending == recording::Ending::kDied;
    while (poll() != 0 && halted) {
    }
    // The process runs no more, or its events end here: nothing that comes later could stand before what waits.
    take({}, ~uint64_t{0});
    close_chunk(true);
    ledger::ReadOptions options;
    options.writer_halted = halted;
    recording::ProcessEnd end;
    end.ending = unreadable_ ? recording::Ending::kUnreadable : ending;
    end.time_ns = now_ns();
    end.missed = missed_;
    auto read = reader_.read(options);
    if (const auto* now = std::get_if<ledger::Snapshot>(&read)) {
        for (const ledger::Allocator& allocator : now->allocators) {
            for (uint32_t account = 0; account < ledger::kAccounts; ++account) {
                const ledger::AccountTotals& total = allocator.totals[account];
                if (total.allocations != 0 || total.failures != 0) {
                    end.totals.push_back({allocator.index, static_cast<uint8_t>(account), total.peak_bytes,
                                          total.allocations, total.frees, total.failures});
                }
            }
        }
    }
    writer_.append(recording::kChunkEnd, process_, recording::pack(end), 0, end.time_ns, end.time_ns);
}

}  // namespace ttmem::recorder
