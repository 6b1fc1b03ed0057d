// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "ledger/write/picture_room.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

// The bytes of a picture as one stream of chunks. For the thread that takes the picture.
class PictureStream {
public:
    PictureStream(PictureRoom& room, const PictureRecord& picture) noexcept
        : blocks_(room), begin_(picture.first_block * kPictureBlock), room_(picture.room) {}

    uint64_t used() const noexcept { return used_; }
    uint64_t left() const noexcept { return used_ < room_ ? room_ - used_ : 0; }

    // Begins a chunk; end_chunk() says how many records it got.
    void begin_chunk(uint32_t kind, uint32_t stride) noexcept {
        chunk_ = {kind, stride, 0, 0, {}};
        chunk_at_ = used_;
        used_ += sizeof chunk_;
    }
    // Whether the chunk that is open has room for so many records more.
    bool has_room(uint64_t records) const noexcept { return used_ + records * chunk_.stride <= room_; }
    // Its bytes, in parts; the caller looked for room.
    void add(const void* from, uint64_t bytes) noexcept {
        store(used_, from, bytes);
        used_ += bytes;
    }
    void end_chunk(uint32_t count, uint32_t total) noexcept {
        chunk_.count = count;
        chunk_.total = total;
        store(chunk_at_, &chunk_, sizeof chunk_);
        used_ = std::min(whole_picture_blocks(used_), room_);
        TTMEM_TEST_POINT("picture chunk written");
    }
    void store(uint64_t offset, const void* from, uint64_t bytes) noexcept {
        blocks_.store(begin_ + offset, from, bytes);
    }
    void load(uint64_t offset, void* to, uint64_t bytes) const noexcept { blocks_.load(begin_ + offset, to, bytes); }

private:
    const PictureRoom& blocks_;
    const uint64_t begin_;
    const uint64_t room_;
    uint64_t used_ = 0;
    PictureChunk chunk_{};
    uint64_t chunk_at_ = 0;
};

}  // namespace ttmem::ledger
