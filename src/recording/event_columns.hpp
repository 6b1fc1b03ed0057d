// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The events of a chunk as columns (docs/recording-format.md, Events), encoded as they come. A few events are kept until
// they fill the processor's nearest cache, and are then encoded column by column: a list of a whole chunk would be read
// from memory once a column. Not thread safe.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "recording/packing.hpp"
#include "recording/records.hpp"

namespace ttmem::recording {

class EventColumns {
public:
    void add(const Event& event) {
        pending_.push_back(event);
        if (pending_.size() == kMostPending) {
            encode_pending();
        }
    }
    // The columns in the order of the format. The events stay.
    void pack_into(Packer& to);
    void clear();

    uint64_t count() const { return encoded_ + pending_.size(); }
    // Times of the first and the last event that were added; 0 without events.
    uint64_t first_ns() const { return encoded_ != 0 || pending_.empty() ? first_ns_ : pending_.front().time_ns; }
    uint64_t last_ns() const { return pending_.empty() ? last_ns_ : pending_.back().time_ns; }

private:
    static constexpr size_t kMostPending = 256;
    static constexpr size_t kOfAll = 9;
    static constexpr size_t kOfOthers = 5;  // fields of events that are no free

    // Bytes of LEB128 numbers.
    struct Column {
        std::vector<char> room;  // larger than its contents
        size_t used = 0;
        uint64_t before = 0;  // the last value
        std::string_view view() const { return {room.data(), used}; }
    };
    template <typename Values>
    static void append(Column& to, const Values& values);
    void encode_pending();

    std::vector<Event> pending_;
    std::array<Column, kOfAll> all_;
    Column numbers_;
    std::array<Column, kOfOthers> others_;
    std::vector<uint64_t> next_numbers_;  // by shard
    uint64_t encoded_ = 0;
    uint64_t first_ns_ = 0;  // of the first encoded event
    uint64_t last_ns_ = 0;
};

// Reads the columns of `count` events. Overwrites `to`, whose memory is used again. False: no encoder made these bytes,
// and what is in `to` means nothing.
bool unpack_event_columns(std::string_view bytes, uint64_t count, std::vector<Event>& to);

}  // namespace ttmem::recording
