// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay/saved_moment.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "inventory/ledger_bytes.hpp"
#include "inventory/process_state.hpp"
#include "inventory/saved_picture.hpp"
#include "ledger/read/reader.hpp"
#include "recording/writer.hpp"

namespace ttmem::replay {
namespace {

using recording::Event;

// The contents of the moment.
struct Then {
    ledger::Snapshot snapshot;
    ledger::Sidecar texts;
    uint64_t time_ns = 0;
    std::optional<ledger::Failure> refusal = std::nullopt;  // of the moment
    // How its process ended, if the moment is its last one; absent: unknown.
    std::optional<recording::Ending> ending = recording::Ending::kFollowed;
};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : " ") + word;
    }
    return text;
}

recording::ProcessFacts facts_of(const Then& then) {
    recording::ProcessFacts facts;
    facts.pid = then.snapshot.identity.pid;
    facts.start_time_ns = then.snapshot.identity.start_time_ns;
    facts.followed_from_ns = then.time_ns;
    facts.name = then.snapshot.identity.command;
    facts.command = joined(then.texts.command_line);
    facts.library = then.snapshot.identity.library;
    facts.devices = then.snapshot.devices;
    facts.allocators = then.snapshot.allocators;
    return facts;
}

// The moment's only event: its refusal, or one that changes and shows nothing.
Event event_of(const Then& then) {
    Event event;
    event.time_ns = then.time_ns;
    event.type = ledger::kEventPicture;
    if (then.refusal) {
        event.type = then.refusal->type == ledger::kFailureOutOfMemory ? ledger::kEventFail
                     : then.refusal->type == ledger::kFailureClash     ? ledger::kEventClash
                                                                       : ledger::kEventRefused;
        event.id = then.refusal->number;
        event.bytes = then.refusal->requested_bytes;
        event.requested_bytes = event.bytes;
        event.thread = then.refusal->thread;
        event.allocator = then.refusal->allocator.value_or(recording::kNone);
        event.account = then.refusal->account;
        event.context = then.refusal->context;
        event.tensor = then.refusal->tensor;
    }
    return event;
}

std::string definitions_of(const ledger::Snapshot& snapshot) {
    std::vector<std::string> definitions;
    for (const ledger::Program& program : snapshot.programs) {
        definitions.push_back(recording::pack(program));
    }
    return recording::pack_definitions(definitions);
}

std::string programs_of(const ledger::Snapshot& snapshot) {
    recording::ProgramState state;
    for (const ledger::Program& program : snapshot.programs) {
        state.loaded.push_back({static_cast<uint32_t>(state.loaded.size()), program.last_launch});
    }
    state.rings = snapshot.config_rings;
    state.regions = snapshot.regions;
    return recording::pack({}, state);
}

std::string refusals_of(const ledger::Snapshot& snapshot) {
    std::vector<std::string> all;
    for (const ledger::Failure& failure : snapshot.failures) {
        all.push_back(recording::pack(failure));
    }
    return recording::pack_refusals(all);
}

Result<recording::Reader> recording_of(const Then& then) {
    Result<recording::Writer> writer = recording::Writer::create_in_memory();
    if (!writer) {
        return writer.error();
    }
    const auto append = [&](recording::ChunkKind kind, const std::string& payload) {
        writer.value().append(kind, 0, payload, 0, then.time_ns, then.time_ns);
    };
    append(recording::kChunkProcess, recording::pack(facts_of(then)));
    recording::TextsDone done;
    append(recording::kChunkTexts, recording::pack_more(then.texts, done));
    append(recording::kChunkRefusals, refusals_of(then.snapshot));
    append(recording::kChunkDefinitions, definitions_of(then.snapshot));
    append(recording::kChunkPrograms, programs_of(then.snapshot));
    std::vector<recording::Held> held;
    for (const ledger::Buffer& buffer : then.snapshot.buffers) {
        held.push_back(recording::held_of(buffer));
    }
    recording::Moment moment;
    moment.reset(held);
    recording::OpenChunk chunk;
    const bool exact = then.snapshot.one_moment && then.snapshot.unlisted_buffers == 0;
    chunk.begin(moment, {}, exact ? 0 : recording::kChunkApproximate, 0);
    chunk.add(event_of(then));
    chunk.write(writer.value(), 0, true);
    if (then.ending) {
        recording::ProcessEnd end;
        end.ending = *then.ending;
        end.time_ns = then.time_ns;
        append(recording::kChunkEnd, recording::pack(end));
    }
    if (!writer.value().finish()) {
        return *writer.value().error();
    }
    return recording::Reader::from_fd(writer.value().take_file());
}

ledger::Sidecar texts_of(const ledger::ByteSource& source, uint64_t nonce) {
    if (source != nullptr) {
        auto read = ledger::read_sidecar(source, nonce);
        if (auto* const texts = std::get_if<ledger::Sidecar>(&read)) {
            return std::move(*texts);
        }
    }
    return {};
}

std::optional<Then> then_of_picture(const inventory::LedgerBytes& bytes, uint64_t number) {
    auto read = ledger::Reader::from_source(bytes.ledger).read_picture(number);
    auto* const shown = std::get_if<std::optional<ledger::Snapshot>>(&read);
    if (shown == nullptr || !*shown || !(*shown)->picture) {
        return std::nullopt;
    }
    Then then{std::move(**shown), {}, 0};
    then.texts = texts_of(bytes.texts, then.snapshot.identity.nonce);
    then.time_ns = then.snapshot.picture->time_ns;
    then.snapshot.unlisted_buffers = then.snapshot.picture->buffers -
                                     std::min<uint64_t>(then.snapshot.picture->buffers, then.snapshot.buffers.size());
    return then;
}

// As the ledger is now, or as its process left it.
Result<Then> then_of_present(const ledger::ByteSource& source, const ledger::ByteSource& texts, uint64_t time_ns,
                             bool halted) {
    ledger::ReadOptions options;
    options.buffers = true;
    options.programs = true;
    options.writer_halted = halted;
    auto read = ledger::Reader::from_source(source).read(options);
    auto* const now = std::get_if<ledger::Snapshot>(&read);
    if (now == nullptr) {
        return Error{std::get<ledger::ReadError>(read).message, 0};
    }
    Then then{std::move(*now), {}, time_ns};
    then.texts = texts_of(texts, then.snapshot.identity.nonce);
    return then;
}

std::optional<Then> then_of_refusal(const inventory::SavedPicture& saved) {
    const std::optional<uint64_t> number = inventory::picture_number(saved.bytes, saved.failure);
    std::optional<Then> then = number ? then_of_picture(saved.bytes, *number) : std::nullopt;
    if (then) {
        for (const ledger::Failure& failure : then->snapshot.failures) {
            then->refusal = failure.number == saved.failure ? std::optional(failure) : then->refusal;
        }
    }
    return then;
}

// The moment of the picture. A peak that was still held has none: then the moment at which it was saved.
std::optional<Then> then_of_peak(const inventory::SavedPicture& saved) {
    api::Model none;
    none.processes.emplace_back();
    const std::optional<inventory::FoundPeak> peak = inventory::peak_of(saved.bytes, none, 0, true, saved.peak);
    if (!peak) {
        return std::nullopt;
    }
    if (peak->picture) {
        return then_of_picture(saved.bytes, *peak->picture);
    }
    Result<Then> then = then_of_present(saved.bytes.ledger, saved.bytes.texts, saved.saved_ns, true);
    if (then && !api::counts(saved.state)) {
        then.value().ending =
            saved.state == api::ProcessState::kDied ? recording::Ending::kDied : recording::Ending::kExited;
    }
    return then ? std::optional(std::move(then.value())) : std::nullopt;
}

Result<recording::Reader> recording_of_picture(const std::string& path) {
    const Result<inventory::SavedPicture> saved = inventory::open_saved(path);
    if (!saved) {
        return saved.error();
    }
    const std::optional<Then> then = saved.value().peak ? then_of_peak(saved.value()) : then_of_refusal(saved.value());
    return then ? recording_of(*then) : Result<recording::Reader>(Error{path + " is damaged", 0});
}

ledger::ByteSource source_of(const UniqueFd& fd) {
    return [number = fd.get()](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
        return pread(number, to, bytes, static_cast<off_t>(offset));
    };
}

UniqueFd open_file(const std::string& path) {
    return UniqueFd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

Result<recording::Reader> recording_of_ledger(const std::string& path, const UniqueFd& fd) {
    const UniqueFd texts = open_file(path + ".detail");
    Result<Then> then =
        then_of_present(source_of(fd), texts.valid() ? source_of(texts) : nullptr, clock_ns(CLOCK_REALTIME), false);
    if (then && then.value().snapshot.exited) {
        then.value().ending = recording::Ending::kExited;
    } else if (then && !inventory::query_write_lock(fd.get()).held) {
        then.value().ending = std::nullopt;  // it died, or this is a copy
    }
    return then ? recording_of(then.value()) : Result<recording::Reader>(Error{path + ": " + then.error().message, 0});
}

}  // namespace

std::optional<Result<recording::Reader>> recording_of_saved(const std::string& path) {
    const UniqueFd fd = open_file(path);
    struct stat status {};
    std::array<char, 8> magic{};
    if (!fd.valid() || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        pread(fd.get(), magic.data(), magic.size(), 0) != static_cast<ssize_t>(magic.size())) {
        return std::nullopt;
    }
    const std::string_view begin(magic.data(), magic.size());
    if (begin == inventory::kSavedMagic) {
        return recording_of_picture(path);
    }
    return begin == inventory::kLedgerMagic ? std::optional(recording_of_ledger(path, fd)) : std::nullopt;
}

Result<recording::Reader> open_recording(const std::string& path) {
    std::optional<Result<recording::Reader>> saved = recording_of_saved(path);
    return saved ? std::move(*saved) : recording::Reader::open(path);
}

}  // namespace ttmem::replay
