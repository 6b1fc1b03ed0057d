// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Writes a recording, chunk by chunk. What has been written is good whatever happens to the writer afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "recording/encode.hpp"
#include "recording/event_columns.hpp"
#include "recording/format.hpp"
#include "recording/moment.hpp"

namespace ttmem::recording {

// Where a chunk stands.
struct ChunkPlace {
    uint64_t offset = 0;  // of its head
    ChunkHead head{};
};

// The columns of the index, for both directions: `each` gets functions that give a field of a place, or set it where a
// value is given.
template <typename Each>
void for_each_index_column(const Each& each) {
    const auto field = [&each](auto member) {
        each([member](auto& place, const uint64_t* value) -> uint64_t {
            auto& at = member(place);
            using At = std::remove_reference_t<decltype(at)>;
            if constexpr (!std::is_const_v<At>) {
                at = value == nullptr ? at : static_cast<At>(*value);
            }
            return at;
        });
    };
    field([](auto& place) -> auto& { return place.offset; });
    field([](auto& place) -> auto& { return place.head.kind; });
    field([](auto& place) -> auto& { return place.head.flags; });
    field([](auto& place) -> auto& { return place.head.process; });
    field([](auto& place) -> auto& { return place.head.count; });
    field([](auto& place) -> auto& { return place.head.stored_bytes; });
    field([](auto& place) -> auto& { return place.head.raw_bytes; });
    field([](auto& place) -> auto& { return place.head.first_ns; });
    field([](auto& place) -> auto& { return place.head.last_ns; });
    field([](auto& place) -> auto& { return place.head.sequence; });
}

// Not thread safe.
class Writer {
public:
    // Makes the file with mode 0600. Error: it exists already (a symbolic link too), or cannot be made.
    // `most_bytes`: where the file would grow beyond that, the oldest chunks of events are taken out of it, so that the
    // latest half remains: it is copied to a file beside it, which takes its name. 0: no bound. Names and devices always
    // stay, and may alone be more.
    static Result<Writer> create(const std::string& path, uint64_t most_bytes = 0);

    // A file in memory, without a name, that goes with its last descriptor.
    static Result<Writer> create_in_memory();

    // Appends a chunk. False: it could not be written, and nothing more will be (error()).
    bool append(ChunkKind kind, uint32_t process, std::string_view payload, uint32_t count, uint64_t first_ns,
                uint64_t last_ns, uint16_t flags = 0);

    // The index and the footer. The file is complete without them, but slower to open.
    bool finish();

    const std::optional<Error>& error() const { return error_; }
    UniqueFd take_file() { return std::move(fd_); }  // nothing more can be written
    uint64_t bytes() const { return offset_; }

private:
    explicit Writer(UniqueFd fd) : fd_(std::move(fd)) {}
    bool put(const void* bytes, size_t count);
    bool put_header();
    void keep_the_latest();
    bool copy_kept(UniqueFd& from, const std::vector<ChunkPlace>& places, uint64_t most_event_bytes);

    UniqueFd fd_;
    std::string path_;
    uint64_t most_bytes_ = 0;
    uint64_t shrink_at_ = 0;  // the size at which the next chunks are taken out; 0 never
    uint64_t offset_ = 0;
    uint64_t sequence_ = 0;
    std::vector<ChunkPlace> places_;
    std::optional<Error> error_;
};

// The chunk of events that a process is writing: a checkpoint, then the events as they come.
class OpenChunk {
public:
    // `moment`: the live buffers as the chunk begins.
    void begin(const Moment& moment, const std::vector<uint64_t>& positions, uint16_t flags, uint64_t missed);
    void add(const Event& event) { events_.add(event); }

    bool begun() const { return begun_; }
    uint64_t events() const { return events_.count(); }
    uint64_t began_ns() const { return began_ns_; }
    void set_began_ns(uint64_t time_ns) { began_ns_ = time_ns; }

    // Appends it to the file; begin() is due then. A chunk without events is written if `even_empty`.
    bool write(Writer& writer, uint32_t process, bool even_empty);

private:
    Packer packer_;
    EventColumns events_;
    uint64_t began_ns_ = 0;
    uint16_t flags_ = 0;
    bool begun_ = false;
};

}  // namespace ttmem::recording
