// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads a recording. The file is taken as hostile: whatever is in it, the answer is a value or an Error, in time and
// memory that are bounded by its size and the bounds of format.hpp. What is damaged is left out, and damages() says so.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "recording/programs.hpp"
#include "recording/records.hpp"
#include "recording/writer.hpp"

namespace ttmem::recording {

// The programs of a process, of which events name the numbers alone.
struct RecordedPrograms {
    std::vector<ledger::Program> definitions;
    std::map<EventPlace, uint32_t> loads;  // number of the definition
    // Where the state before a chunk of events is (Reader::read_programs): from `first`, an index into
    // RecordedProcess::events, up to the next one's. Empty: the recording has no programs of this process.
    struct StatePlace {
        size_t first = 0;
        ChunkPlace place;
    };
    std::vector<StatePlace> states;
};

struct RecordedProcess {
    uint32_t number = 0;  // within the file
    std::optional<ProcessFacts> facts;
    std::optional<ProcessEnd> end;  // absent: the recorder was cut off before it could say how the process ended
    ledger::Sidecar texts;
    std::vector<ChunkPlace> events;  // in the order of the file
    RecordedPrograms programs;
    std::map<uint64_t, ledger::Failure> refusals;  // by number; empty in recordings of before 1.2
};

// Memory that reading chunk after chunk uses again.
struct ReadBuffers {
    EventChunk chunk;
    std::string stored, raw;
};

// Not thread safe.
class Reader {
public:
    static Result<Reader> open(const std::string& path);
    static Result<Reader> from_fd(UniqueFd fd);  // of a plain file
    static Result<Reader> from_source(ledger::ByteSource source, uint64_t bytes);

    uint64_t created_ns() const { return header_.created_ns; }
    uint64_t bytes() const { return bytes_; }
    const std::vector<RecordedProcess>& processes() const { return processes_; }
    // Damaged: nullopt.
    std::optional<EventChunk> read(const ChunkPlace& place) const;
    // The same in `buffers`, until they are used again. Damaged: nullptr.
    const EventChunk* read(const ChunkPlace& place, ReadBuffers& buffers) const;
    std::optional<ProgramState> read_programs(const ChunkPlace& place) const;

    bool finished() const { return finished_; }  // it ends with an index: the recorder came to its end in order
    // The parts of the file that could not be used, for a person. Empty: all of it was.
    const std::vector<std::string>& damages() const { return damages_; }

private:
    bool copy(uint64_t offset, void* to, uint64_t count) const;
    std::optional<std::string> payload(const ChunkPlace& place) const;
    bool payload(const ChunkPlace& place, std::string& stored, std::string& raw) const;
    bool is_sound(const ChunkPlace& place) const;
    std::optional<std::vector<ChunkPlace>> read_index() const;
    std::vector<ChunkPlace> scan();
    uint64_t next_head(uint64_t from) const;
    void take(const ChunkPlace& place);
    bool take_payload(RecordedProcess& process, const ChunkPlace& place, const std::string& raw);
    bool take_programs(RecordedProcess& process, const ChunkPlace& place, const std::string& raw);
    void damage(std::string text);

    UniqueFd fd_;
    ledger::ByteSource source_;
    uint64_t bytes_ = 0;
    FileHeader header_{};
    std::vector<RecordedProcess> processes_;
    ProgramBudget budget_;
    bool finished_ = false;
    std::vector<std::string> damages_;
};

}  // namespace ttmem::recording
