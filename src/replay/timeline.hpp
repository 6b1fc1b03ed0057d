// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The course of a recording: how long it is, the moments worth a look, and the bytes held over time. Made in one pass
// over the events; takes memory in the number of moments worth a look (kMostNotes) and of chunks, not of events.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/kinds.hpp"
#include "recording/reader.hpp"
#include "recording/replay.hpp"

namespace ttmem::replay {

enum class NoteKind : uint8_t {
    kBegin,  // the process's first recorded event
    kEnd,    // its last one
    kOpen,   // a device or mesh was opened
    kClose,
    kPeak,  // an allocator held the most of a kind of memory that it ever did in the recording
    kRefusal,
    kStep,  // the program began a step (ttmem.step)
    kGap    // events before it were lost
};
std::string_view to_string(NoteKind kind);  // "peak"; a word of JSON

// A moment worth a look: after its event, which is the last one of `place`.
struct Note {
    uint64_t time_ns = 0;
    size_t process = 0;  // index into Reader::processes()
    recording::MomentPlace place;
    NoteKind kind = NoteKind::kBegin;
    uint64_t number = 0;  // of a step; of a peak its bytes; of a gap the events lost
    std::optional<api::MemoryKind> kind_of_memory = std::nullopt;  // of a peak
    recording::Event event;                                        // of a refusal, an opening and a closing
};
inline constexpr size_t kMostNotes = 100'000;

// An account's peak rose in a chunk.
struct PeakRise {
    size_t chunk = 0;
    uint32_t allocator = 0;
    uint8_t account = 0;
    uint64_t bytes = 0;  // the most up to the end of that chunk
};

// The most bytes that an allocator held of DRAM or L1 in each of kBuckets equal parts of the recording's time.
struct Course {
    size_t process = 0;
    uint32_t allocator = 0;
    api::MemoryKind kind = api::MemoryKind::kDram;
    std::vector<uint64_t> bytes;
};
inline constexpr size_t kBuckets = 1800;
inline constexpr size_t kMostCourses = 4096;

struct Timeline {
    uint64_t first_ns = 0;  // both 0: no process has an event
    uint64_t last_ns = 0;
    uint64_t events = 0;
    std::vector<Note> notes;                           // by time
    uint64_t notes_left_out = 0;                       // beyond kMostNotes
    std::vector<std::vector<PeakRise>> rises;          // by process, then in the order of chunks
    std::vector<std::vector<uint64_t>> events_before;  // by process and chunk: its events in the chunks before
    std::vector<Course> courses;

    // Index of the part of time that a moment is in, and its end.
    size_t bucket_of(uint64_t time_ns) const;
    uint64_t bucket_end_ns(size_t bucket) const;
    // The peak of the most bytes; nullptr without any.
    const Note* highest_peak() const;
};

Timeline make_timeline(const recording::Reader& reader);

}  // namespace ttmem::replay
