// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/reader.hpp"

#include <unistd.h>

#include <chrono>
#include <cstring>
#include <new>
#include <thread>

#include "ledger/read/check_claims.hpp"
#include "ledger/read/copy_source.hpp"
#include "ledger/read/event_reader.hpp"
#include "ledger/read/peak_pictures.hpp"
#include "ledger/read/read_buffers.hpp"
#include "ledger/read/read_devices.hpp"
#include "ledger/read/read_extremes.hpp"
#include "ledger/read/read_pictures.hpp"
#include "ledger/read/read_programs.hpp"
#include "ledger/read/read_stamp.hpp"
#include "ledger/read/read_totals.hpp"
#include "ledger/read/roll_back.hpp"
#include "ledger/read/section_map.hpp"
#include "ledger/read/text.hpp"
#include "ledger/read/tick_clock.hpp"

namespace ttmem::ledger {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kMostTries = 24;

// A pass over a ledger: copies, checks and decodes its sections.
class Capture {
public:
    Capture(const CopySource& source, const ReadOptions& options) : source_(source), options_(options) {}

    // The ledger as of one moment; nullopt if the writer moved on meanwhile. `with_rows`: read the buffer table even if
    // the options do not ask for the list.
    std::optional<Snapshot> of_one_moment(bool with_rows) {
        const Begun begun = begin();
        const std::vector<uint64_t> positions = read_positions(source_, begun.map);
        const bool rows_copied = options_.buffers || with_rows;
        if (rows_copied) {
            rows_ = copy_buffers(source_, begun.map, begun.clock);
        }
        Rest rest = copy_rest(begun.map);
        if (!allocators_stand_still(rest.allocators, rest.allocators_later) && !options_.writer_halted) {
            return std::nullopt;
        }
        std::optional<InFlight> in_flight = read_in_flight(source_, begun.map, positions);
        if (!in_flight.has_value()) {
            return std::nullopt;
        }
        // A section or allocator that came meanwhile may belong to an event that this copy has half of.
        const HeaderWords words = read_header_words(source_);
        if (words.sections != begun.words.sections || words.allocators != rest.words.allocators) {
            return std::nullopt;
        }
        judge(*in_flight, begun.map, words.allocators);
        bool unlisted = words.lost[kLostUnlisted] != 0;
        for (const EventInFlight& event : in_flight->events) {
            unlisted = unlisted || event.slot == kNone;
        }
        if (unlisted && !rows_copied) {
            needs_rows_ = true;
            return std::nullopt;
        }
        if (rows_copied) {
            replace_slots(rows_, in_flight->slots, begun.map.buffer_extras.records() != 0, begun.clock);
        }
        roll_counters(rest.totals, in_flight->events);
        return finish(begun, rest, positions, rows_copied ? TotalsFrom::kCountersAndRows : TotalsFrom::kCounters,
                      unlisted);
    }

    // The list of a writer that never pauses, and totals made of it.
    Snapshot of_busy_writer() {
        const Begun begun = begin();
        rows_ = copy_buffers_of_busy_writer(source_, begun.map, begun.clock);
        Rest rest = copy_rest(begun.map);
        Snapshot snapshot = finish(begun, rest, read_positions(source_, begun.map), TotalsFrom::kRows,
                                   rest.words.lost[kLostUnlisted] != 0);
        snapshot.one_moment = false;
        return snapshot;
    }

    // The snapshot of a picture; nullopt: there is no such picture.
    std::optional<Snapshot> of_picture(uint64_t number) {
        const Begun begun = begin();
        const std::optional<PictureCopy> picture = copy_picture(source_, begun.map, number);
        if (!picture) {
            return std::nullopt;
        }
        // Copied after the picture: whatever the picture names is there.
        const Rest rest = copy_rest(begun.map);
        Snapshot snapshot = finish(begun, rest, {}, TotalsFrom::kRows, false);
        InternedSets sets(source_, rest.map.interned, rest.words.interned_bytes);
        decode_picture(*picture, sets, begun.clock, snapshot);
        check_claims(snapshot);
        return snapshot;
    }

    std::vector<PeakPicture> peak_pictures() {
        const Begun begun = begin();
        return list_peaks(source_, begun.map, begun.clock, begun.words.allocators);
    }

    // of_one_moment can only answer with the buffer table: some buffers may be in no record.
    bool needs_rows() const { return needs_rows_; }

private:
    struct Begun {
        Identity identity;
        TickClock clock;
        HeaderWords words;
        SectionMap map;
    };

    // The copies made after the rows, in an order in which each copy covers whatever earlier ones refer to.
    struct Rest {
        ProgramsCopy programs;
        FailuresCopy failures;
        std::vector<std::byte> allocators;
        TotalsCopy totals;
        ExtremesCopy extremes;
        std::vector<std::byte> allocators_later;
        HeaderWords words;
        SectionMap map;
    };

    Begun begin() {
        FileHeader header{};
        read_header(source_, header);
        Begun begun{{}, TickClock(header), read_header_words(source_), read_directory(source_)};
        Identity& identity = begun.identity;
        identity.pid = header.pid;
        identity.uid = header.uid;
        identity.start_time_ticks = header.start_time_ticks;
        identity.start_time_ns = header.start_time_ns;
        identity.created_ns = header.created_ns;
        identity.pid_namespace = header.pid_namespace;
        identity.nonce = header.nonce;
        std::memcpy(identity.boot_id.data(), header.boot_id, sizeof header.boot_id);
        identity.command = checked_string(header.command);
        identity.library = checked_string(header.library);
        return begun;
    }

    Rest copy_rest(const SectionMap& first_map) {
        Rest rest;
        if (options_.programs) {
            rest.programs = copy_programs(source_, first_map);
        }
        HeaderWords words = read_header_words(source_);
        rest.map = read_directory(source_, &first_map);
        rest.failures = copy_failures(source_, rest.map, words.failures);
        rest.allocators = copy_allocators(source_, rest.map.allocators, words.allocators);
        rest.totals = copy_totals(source_, rest.map, words.allocators);
        rest.extremes = copy_extremes(source_, rest.map, words.allocators);
        rest.allocators_later = copy_allocators(source_, rest.map.allocators, words.allocators);
        rest.words = read_header_words(source_);
        rest.words.allocators = words.allocators;
        if (rest.words.sections != words.sections) {
            rest.map = read_directory(source_, &rest.map);
        }
        return rest;
    }

    Snapshot finish(const Begun& begun, const Rest& rest, const std::vector<uint64_t>& positions, TotalsFrom from,
                    bool may_be_unlisted) {
        Snapshot snapshot;
        snapshot.identity = begun.identity;
        snapshot.times_known = begun.clock.rate_known();
        snapshot.exited = rest.words.state == kStateExited;
        snapshot.lost = rest.words.lost;
        snapshot.devices = read_devices(source_, rest.map.devices, rest.words.devices);
        const uint64_t devices = snapshot.devices.size();
        InternedSets sets(source_, rest.map.interned, rest.words.interned_bytes);
        snapshot.allocators = decode_allocators(rest.allocators, rest.allocators_later, devices, sets, begun.clock);
        const uint64_t allocators = snapshot.allocators.size();
        check_buffers(rows_, allocators, devices);
        snapshot.unlisted_buffers = fill_totals(rest.totals, rows_, from, may_be_unlisted, snapshot.allocators);
        snapshot.failures = decode_failures(rest.failures, allocators, sets, begun.clock);
        if (options_.programs) {
            decode_programs(rest.programs, allocators, devices, sets, begun.clock, snapshot);
        }
        for (const uint64_t position : positions) {
            snapshot.events += position;
        }
        add_extremes(rest.extremes, begun.clock, snapshot.allocators);
        if (rest.words.late_ticks != 0) {
            snapshot.late_ns = begun.clock.to_ns(rest.words.late_ticks);
        }
        snapshot.features = rest.words.features;
        snapshot.stack_state = rest.words.stack_state;
        snapshot.stack_frames = rest.words.stack_frames;
        snapshot.pictures = rest.words.pictures;
        snapshot.steps = rest.words.steps;
        snapshot.positions = positions;
        if (options_.buffers) {
            add_places(source_, rest.map, from != TotalsFrom::kRows, sets, rows_, snapshot);
            snapshot.buffers = std::move(rows_);
        }
        check_claims(snapshot);
        return snapshot;
    }

    const CopySource& source_;
    const ReadOptions& options_;
    std::vector<Buffer> rows_;
    bool needs_rows_ = false;
};

Snapshot read_snapshot(const CopySource& source, const ReadOptions& options) {
    const auto deadline = SteadyClock::now() + std::chrono::microseconds(options.patience_us);
    bool with_rows = false;
    for (int i = 0; i < kMostTries; ++i) {
        Capture capture(source, options);
        if (std::optional<Snapshot> snapshot = capture.of_one_moment(with_rows)) {
            return *std::move(snapshot);
        }
        if (capture.needs_rows()) {
            with_rows = true;
            continue;
        }
        if (SteadyClock::now() >= deadline) {
            break;
        }
        if (i > 1) {
            std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
    }
    return Capture(source, options).of_busy_writer();
}

// The public functions' frame: whatever stops a read becomes its answer.
template <typename Value, typename Read>
std::variant<Value, ReadError> answer(Read&& read) {
    ReadError error;
    try {
        return read();
    } catch (const Stop& reason) {
        error = reason.error;
    } catch (const std::bad_alloc&) {
        error.message = "not enough memory to read the ledger";
        error.failure = ReadFailure::kIo;
    }
    return error;
}

}  // namespace

Reader Reader::from_fd(UniqueFd fd) {
    Reader reader;
    const int number = fd.get();
    reader.fd_ = std::move(fd);
    reader.source_ = [number](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
        return ::pread(number, to, bytes, static_cast<off_t>(offset));
    };
    return reader;
}

Reader Reader::from_source(ByteSource source) {
    Reader reader;
    reader.source_ = std::move(source);
    return reader;
}

std::variant<Snapshot, ReadError> Reader::read(const ReadOptions& options) {
    return answer<Snapshot>([this, &options] { return read_snapshot(CopySource(source_), options); });
}

std::variant<std::optional<Snapshot>, ReadError> Reader::read_picture(uint64_t number) {
    return answer<std::optional<Snapshot>>(
        [this, number] { return Capture(CopySource(source_), ReadOptions()).of_picture(number); });
}

std::variant<std::vector<PeakPicture>, ReadError> read_peaks(const ByteSource& source) {
    return answer<std::vector<PeakPicture>>(
        [&source] { return Capture(CopySource(source), ReadOptions()).peak_pictures(); });
}

std::optional<uint64_t> Reader::stamp() {
    const auto stamp = answer<std::optional<uint64_t>>([this]() -> std::optional<uint64_t> {
        const CopySource source(source_);
        for (int i = 0; i < 2; ++i) {
            if (map_) {
                if (const auto found = read_stamp(source, *map_, *reach_)) {
                    return found;
                }
            }
            FileHeader header{};
            read_header(source, header);
            map_ = std::make_shared<const SectionMap>(read_directory(source));
            reach_ = std::make_shared<StampReach>();
        }
        return std::nullopt;
    });
    const auto* found = std::get_if<std::optional<uint64_t>>(&stamp);
    return found == nullptr ? std::nullopt : *found;
}

std::variant<EventBatch, ReadError> Reader::read_events(EventCursor& cursor, const std::vector<uint64_t>* until) {
    return answer<EventBatch>([&] { return read_event_batch(CopySource(source_), cursor, until); });
}

std::variant<Sidecar, ReadError> read_sidecar(const ByteSource& source, uint64_t nonce) {
    return answer<Sidecar>([&source, nonce] { return read_sidecar_texts(CopySource(source), nonce); });
}

}  // namespace ttmem::ledger
