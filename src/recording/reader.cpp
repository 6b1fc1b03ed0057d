// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recording/reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "recording/compress.hpp"

namespace ttmem::recording {

namespace {

constexpr size_t kMostDamages = 20;  // more are of one kind

uint64_t padded(uint64_t bytes) {
    return (bytes + 7) / 8 * 8;
}

}  // namespace

Result<Reader> Reader::open(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status {};
    if (!fd.valid() || fstat(fd.get(), &status) != 0) {
        return Error{"cannot open " + path + ": " + std::strerror(errno), errno};
    }
    if (!S_ISREG(status.st_mode)) {
        return Error{path + " is no file"};
    }
    Result<Reader> reader = from_fd(std::move(fd));
    return reader ? std::move(reader) : Error{path + ": " + reader.error().message};
}

Result<Reader> Reader::from_fd(UniqueFd fd) {
    struct stat status {};
    if (fstat(fd.get(), &status) != 0) {
        return Error{std::strerror(errno), errno};
    }
    const int number = fd.get();
    Result<Reader> reader = from_source(
        [number](uint64_t offset, void* to, uint64_t count) -> int64_t {
            return ::pread(number, to, count, static_cast<off_t>(offset));
        },
        static_cast<uint64_t>(status.st_size));
    if (reader) {
        reader.value().fd_ = std::move(fd);
    }
    return reader;
}

Result<Reader> Reader::from_source(ledger::ByteSource source, uint64_t bytes) {
    Reader reader;
    reader.source_ = std::move(source);
    reader.bytes_ = bytes;
    if (!reader.copy(0, &reader.header_, sizeof reader.header_) || reader.header_.magic != kFileMagic) {
        return Error{"this is no recording of ttmem"};
    }
    if (reader.header_.major != kMajor) {
        return Error{"this recording has format version " + std::to_string(reader.header_.major) +
                     ", and this program reads version " + std::to_string(kMajor)};
    }
    if (reader.header_.header_bytes < sizeof(FileHeader) || reader.header_.header_bytes > 65536) {
        return Error{"the recording's header is damaged"};
    }
    std::optional<std::vector<ChunkPlace>> places = reader.read_index();
    reader.finished_ = places.has_value();
    if (!places) {
        places = reader.scan();
    }
    uint64_t sequence = 0;
    for (const ChunkPlace& place : *places) {
        if (place.head.sequence > sequence) {
            reader.damage(std::to_string(place.head.sequence - sequence) + " chunks are missing before byte " +
                          std::to_string(place.offset));
        }
        sequence = place.head.sequence + 1;
        reader.take(place);
    }
    return Result<Reader>(std::move(reader));
}

bool Reader::copy(uint64_t offset, void* to, uint64_t count) const {
    char* at = static_cast<char*>(to);
    while (count > 0) {
        const int64_t got = source_(offset, at, count);
        if (got <= 0) {
            return false;
        }
        at += got;
        offset += static_cast<uint64_t>(got);
        count -= static_cast<uint64_t>(got);
    }
    return true;
}

// A head that can be used, and whose payload lies in the file.
bool Reader::is_sound(const ChunkPlace& place) const {
    const ChunkHead& head = place.head;
    return head.magic == kChunkMagic && head.raw_bytes <= kMostRawBytes &&
           head.stored_bytes <= kMostRawBytes + (kMostRawBytes >> 7) && place.offset % 8 == 0 &&
           place.offset <= bytes_ && padded(head.stored_bytes) + sizeof head <= bytes_ - place.offset &&
           head.process < kMostProcesses;
}

// Into `raw`, by way of `stored`. False: damaged.
bool Reader::payload(const ChunkPlace& place, std::string& stored, std::string& raw) const {
    if (!is_sound(place)) {
        return false;
    }
    stored.resize(place.head.stored_bytes);
    return copy(place.offset + sizeof(ChunkHead), stored.data(), stored.size()) &&
           decompress(stored, place.head.raw_bytes, raw);
}

std::optional<std::string> Reader::payload(const ChunkPlace& place) const {
    std::string stored, raw;
    return payload(place, stored, raw) ? std::optional(std::move(raw)) : std::nullopt;
}

const EventChunk* Reader::read(const ChunkPlace& place, ReadBuffers& buffers) const {
    EventChunk& chunk = buffers.chunk;
    if (!payload(place, buffers.stored, buffers.raw) || !unpack_events(buffers.raw, chunk)) {
        return nullptr;
    }
    chunk.after_gap = (place.head.flags & kChunkAfterGap) != 0;
    chunk.approximate = (place.head.flags & kChunkApproximate) != 0;
    chunk.after_dropped = (place.head.flags & kChunkAfterDropped) != 0;
    return &chunk;
}

std::optional<EventChunk> Reader::read(const ChunkPlace& place) const {
    ReadBuffers buffers;
    return read(place, buffers) != nullptr ? std::optional(std::move(buffers.chunk)) : std::nullopt;
}

std::optional<ProgramState> Reader::read_programs(const ChunkPlace& place) const {
    const std::optional<std::string> raw = payload(place);
    ProgramBudget budget;
    std::optional<ProgramChunk> chunk = raw ? unpack_programs(*raw, budget) : std::nullopt;
    return chunk ? std::optional(std::move(chunk->state)) : std::nullopt;
}

std::optional<std::vector<ChunkPlace>> Reader::read_index() const {
    Footer footer{};
    ChunkPlace index;
    if (bytes_ < sizeof footer || !copy(bytes_ - sizeof footer, &footer, sizeof footer) ||
        footer.magic != kFooterMagic || footer.check != check_of(&footer, offsetof(Footer, check))) {
        return std::nullopt;
    }
    index.offset = footer.index_offset;
    if (footer.index_offset > bytes_ || !copy(index.offset, &index.head, sizeof index.head) ||
        index.head.check != check_of(&index.head, offsetof(ChunkHead, check)) || index.head.kind != kChunkIndex) {
        return std::nullopt;
    }
    const std::optional<std::string> raw = payload(index);
    if (!raw) {
        return std::nullopt;
    }
    Unpacker from(*raw);
    std::vector<ChunkPlace> places(std::min(from.count(10), kMostChunks));
    for_each_index_column([&from, &places](const auto& member) {
        from.column(places, [&member](ChunkPlace& place, uint64_t value) { member(place, &value); });
    });
    const bool whole = from.ok() && std::all_of(places.begin(), places.end(), [this](ChunkPlace& place) {
                           place.head.magic = kChunkMagic;
                           return is_sound(place);
                       });
    return whole ? std::optional(std::move(places)) : std::nullopt;
}

// From head to head. Where something else stands the next head is looked for.
std::vector<ChunkPlace> Reader::scan() {
    std::vector<ChunkPlace> places;
    uint64_t at = padded(header_.header_bytes);
    while (at < bytes_ && places.size() < kMostChunks) {
        ChunkPlace place;
        place.offset = at;
        const bool fits = sizeof(ChunkHead) <= bytes_ - at && copy(at, &place.head, sizeof place.head);
        if (fits && place.head.check == check_of(&place.head, offsetof(ChunkHead, check)) && is_sound(place)) {
            places.push_back(place);
            at += sizeof(ChunkHead) + padded(place.head.stored_bytes);
            continue;
        }
        const uint64_t next = next_head(at + 8);
        if (next < bytes_) {
            damage("bytes " + std::to_string(at) + " to " + std::to_string(next) + " hold no whole chunk");
        } else if (fits || bytes_ - at > sizeof(Footer)) {
            damage("the file is cut off in the chunk that begins at byte " + std::to_string(at));
        }
        at = next;
    }
    return places;
}

// Where the next whole head stands; the file's end: nowhere.
uint64_t Reader::next_head(uint64_t from) const {
    std::vector<char> block(uint64_t{64} << 10);
    for (uint64_t at = from; at < bytes_; at += block.size()) {
        const uint64_t count = std::min<uint64_t>(block.size(), bytes_ - at);
        if (!copy(at, block.data(), count)) {
            break;
        }
        for (uint64_t i = 0; i + sizeof(kChunkMagic) <= count; i += 8) {
            ChunkPlace place;
            place.offset = at + i;
            if (std::memcmp(block.data() + i, &kChunkMagic, sizeof kChunkMagic) == 0 &&
                sizeof(ChunkHead) <= bytes_ - place.offset && copy(place.offset, &place.head, sizeof place.head) &&
                place.head.check == check_of(&place.head, offsetof(ChunkHead, check)) && is_sound(place)) {
                return place.offset;
            }
        }
    }
    return bytes_;
}

// A chunk of a kind that this program does not know is skipped: it is of a newer minor version.
void Reader::take(const ChunkPlace& place) {
    const uint32_t number = place.head.process;
    const uint16_t kind = place.head.kind;
    if (kind < kChunkProcess || kind > kChunkPrograms || kind == kChunkIndex) {
        return;
    }
    // Numbers are given one after another; beyond a lost chunk there may be a process without facts.
    while (processes_.size() <= number) {
        processes_.emplace_back().number = static_cast<uint32_t>(processes_.size()) - 1;
    }
    RecordedProcess& process = processes_[number];
    if (kind == kChunkEvents) {
        process.events.push_back(place);
        return;
    }
    const std::optional<std::string> raw = payload(place);
    if (!raw || !take_payload(process, place, *raw)) {
        damage("the chunk at byte " + std::to_string(place.offset) + " is damaged");
    }
}

// False: it is damaged.
bool Reader::take_payload(RecordedProcess& process, const ChunkPlace& place, const std::string& raw) {
    switch (place.head.kind) {
        case kChunkProcess: {
            std::optional<ProcessFacts> facts = unpack_process(raw);
            const bool good = facts.has_value();
            process.facts = good ? std::move(facts) : process.facts;
            return good;
        }
        case kChunkEnd: {
            std::optional<ProcessEnd> end = unpack_end(raw);
            const bool good = end.has_value();
            process.end = good ? std::move(end) : process.end;
            return good;
        }
        case kChunkPrograms:
            return take_programs(process, place, raw);
        case kChunkDefinitions: {
            const std::optional<std::vector<ledger::Program>> more = unpack_definitions(raw, budget_);
            std::vector<ledger::Program>& all = process.programs.definitions;
            if (more) {
                all.insert(all.end(), more->begin(), more->end());
            }
            return more.has_value();
        }
        case kChunkRefusals: {
            const std::optional<std::vector<ledger::Failure>> refusals = unpack_refusals(raw, budget_);
            for (size_t i = 0; refusals && i < refusals->size(); ++i) {
                process.refusals[(*refusals)[i].number] = (*refusals)[i];
            }
            return refusals.has_value();
        }
        default:
            return unpack_texts(raw, process.texts);
    }
}

bool Reader::take_programs(RecordedProcess& process, const ChunkPlace& place, const std::string& raw) {
    std::optional<ProgramChunk> chunk = unpack_programs(raw, budget_);
    if (!chunk) {
        return false;
    }
    RecordedPrograms& to = process.programs;
    for (const ProgramLoad& load : chunk->loads) {
        to.loads[load.event] = load.definition;
    }
    to.states.push_back({process.events.size(), place});
    return true;
}

void Reader::damage(std::string text) {
    if (damages_.size() < kMostDamages) {
        damages_.push_back(std::move(text));
    }
}

}  // namespace ttmem::recording
