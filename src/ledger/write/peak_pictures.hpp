// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Pictures of peaks: an allocation that raises a peak far enough makes a picture due, and the first free in that
// (allocator, account) takes it before its buffer goes. What an allocation and a free pay for this is a compare each,
// in a cache line that they have anyway.
#pragma once

#include <atomic>
#include <cstdint>

#include "ledger/write/picture_room.hpp"
#include "ledger/write/picture_writer.hpp"
#include "ledger/write/tables.hpp"
#include "ledger/write/totals.hpp"

namespace ttmem::ledger {

// Pictures of peaks may take a fiftieth of the time: each adds so much for every buffer record that it looks at (about
// fifty times what the look costs, docs/ledger-format.md) to a debt that time pays off. A larger debt than
// `most_peak_debt_ns` waits for the next rise of the peak. Tests change both.
extern uint64_t peak_debt_per_record_ns;
extern uint64_t most_peak_debt_ns;
// A peak gets a picture when it is so much above the last one that has: this and a hundredth.
inline constexpr uint64_t kLeastPeakRise = uint64_t{1} << 20;

// Safe from any thread; one at a time takes a picture. Each (allocator, account) whose peak was frozen has two records,
// which it uses in turn.
class PeakPictures {
public:
    PeakPictures(Tables& tables, const Totals& totals, PictureRoom& room, PictureWriter& writer) noexcept
        : header_(tables.header), allocators_(tables.allocators), totals_(totals), room_(room), writer_(writer) {}
    PeakPictures(const PeakPictures&) = delete;
    PeakPictures& operator=(const PeakPictures&) = delete;

    // After an allocation that raised the peak.
    void note_peak(uint32_t allocator, uint32_t account) noexcept;
    // Takes the picture that is due (TotalLine::picture_due), before a buffer goes. The shard that the word was read
    // under is not locked any more.
    void freeze(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;
    // The record of an allocator is given to one of other devices. The lock of the sections is held.
    void forget(uint32_t allocator) noexcept;

    // Keeps pictures from being taken. False: one is.
    bool try_pause() noexcept { return busy_.exchange(1, std::memory_order_acquire) == 0; }
    void resume() noexcept { busy_.store(0, std::memory_order_release); }

private:
    static constexpr uint32_t kKeys = PictureRoom::kPeakRecords / 2;
    struct Key {
        uint32_t line = kNone;  // allocator x kAccounts + account
        uint64_t pictures = 0;  // begun
    };

    uint32_t key_of(uint32_t allocator, uint32_t account) const noexcept;
    void freeze_due(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;
    uint32_t place(uint64_t wanted_blocks, uint32_t record, uint32_t& first) noexcept;

    LedgerHeader& header_;
    AllocatorTable& allocators_;
    const Totals& totals_;
    PictureRoom& room_;
    PictureWriter& writer_;
    std::atomic<uint32_t> busy_{0};  // 1: a thread takes a picture
    Key keys_[kKeys] = {};           // changed by that thread, with the lock of the room
    uint64_t debt_until_ns_ = 0;     // CLOCK_MONOTONIC at which the time that pictures took is paid off; that thread's
};

}  // namespace ttmem::ledger
