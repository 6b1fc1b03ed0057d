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
    std::optional<ledger::Failure> refusal;  // of the moment
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

Result<recording::Reader> recording_of_picture(const std::string& path) {
    const Result<inventory::SavedPicture> saved = inventory::open_saved(path);
    if (!saved) {
        return saved.error();
    }
    if (saved.value().peak) {
        return Error{path + " has a peak, which has no moment of its own; 'ttmem why " + path + "' shows it", 0};
    }
    const inventory::LedgerBytes& bytes = saved.value().bytes;
    const std::optional<uint64_t> number = inventory::picture_number(bytes, saved.value().failure);
    if (number) {
        auto read = ledger::Reader::from_source(bytes.ledger).read_picture(*number);
        auto* const shown = std::get_if<std::optional<ledger::Snapshot>>(&read);
        if (shown != nullptr && *shown && (*shown)->picture) {
            Then then{std::move(**shown), {}, 0, std::nullopt};
            then.texts = texts_of(bytes.texts, then.snapshot.identity.nonce);
            then.time_ns = then.snapshot.picture->time_ns;
            then.snapshot.unlisted_buffers =
                then.snapshot.picture->buffers -
                std::min<uint64_t>(then.snapshot.picture->buffers, then.snapshot.buffers.size());
            for (const ledger::Failure& failure : then.snapshot.failures) {
                then.refusal = failure.number == saved.value().failure ? std::optional(failure) : then.refusal;
            }
            return recording_of(then);
        }
    }
    return Error{path + " is damaged", 0};
}

ledger::ByteSource source_of(const UniqueFd& fd) {
    return [number = fd.get()](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
        return pread(number, to, bytes, static_cast<off_t>(offset));
    };
}

UniqueFd open_file(const std::string& path) {
    return UniqueFd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

// As it is now, or as its process left it.
Result<recording::Reader> recording_of_ledger(const std::string& path, const UniqueFd& fd) {
    ledger::ReadOptions options;
    options.buffers = true;
    options.programs = true;
    auto read = ledger::Reader::from_source(source_of(fd)).read(options);
    auto* const now = std::get_if<ledger::Snapshot>(&read);
    if (now == nullptr) {
        return Error{path + ": " + std::get<ledger::ReadError>(read).message, 0};
    }
    const UniqueFd texts = open_file(path + ".detail");
    Then then{std::move(*now), {}, clock_ns(CLOCK_REALTIME), std::nullopt};
    then.texts = texts_of(texts.valid() ? source_of(texts) : nullptr, then.snapshot.identity.nonce);
    return recording_of(then);
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

}  // namespace ttmem::replay
