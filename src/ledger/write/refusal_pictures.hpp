// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Pictures of refusals: what lived when a request was turned down.
#pragma once

#include <atomic>
#include <cstdint>

#include "ledger/write/picture_room.hpp"
#include "ledger/write/picture_writer.hpp"
#include "ledger/write/tables.hpp"

namespace ttmem::ledger {

// Between two pictures of refusals at least; tests change it.
extern uint64_t least_picture_pause_ns;

// A picture that is being taken; `record` is null when there is none to finish: it is shared, or there is no room.
struct OpenPicture {
    uint64_t number = kUnknown64;
    PictureRecord* record = nullptr;
};

// Safe from any thread; one at a time takes a picture.
class RefusalPictures {
public:
    RefusalPictures(Tables& tables, PictureRoom& room, PictureWriter& writer) noexcept
        : header_(tables.header), shards_(tables.shards), room_(room), writer_(writer) {}
    RefusalPictures(const RefusalPictures&) = delete;
    RefusalPictures& operator=(const RefusalPictures&) = delete;

    // Freezes what lives now, unless that was done within the last 100 ms: that picture is then shared.
    OpenPicture begin(const ThreadSlot& slot, uint64_t ticks, uint16_t allocator, uint8_t account) noexcept;
    // Makes it a picture that readers see. `failure`: the number of the refusal.
    void finish(const ThreadSlot& slot, const OpenPicture& open, uint64_t failure) noexcept;

    // The number of the picture of refusal number `refusal` among those that got one of their own.
    static constexpr uint64_t number_of(uint64_t refusal) noexcept {
        return refusal / PictureRoom::kRefusalRecords * PictureRoom::kRecords + refusal % PictureRoom::kRefusalRecords;
    }

    // Keeps pictures from being taken. False: one is.
    bool try_pause() noexcept { return busy_.exchange(1, std::memory_order_acquire) == 0; }
    void resume() noexcept { busy_.store(0, std::memory_order_release); }

private:
    uint32_t place(uint64_t wanted_blocks, uint32_t record, uint32_t& first) noexcept;

    LedgerHeader& header_;
    Shards& shards_;
    PictureRoom& room_;
    PictureWriter& writer_;
    std::atomic<uint32_t> busy_{0};             // 1: a thread takes a picture; what has no atomic is that thread's
    std::atomic<uint64_t> latest_{kUnknown64};  // number of the latest, from its beginning on
    std::atomic<uint64_t> latest_ns_{0};        // CLOCK_MONOTONIC_COARSE then
    uint64_t begun_ = 0;                        // pictures
    uint32_t kept_first_ = 0;                   // blocks of the latest whole one, which the next must leave alone
    uint32_t kept_blocks_ = 0;
};

}  // namespace ttmem::ledger
