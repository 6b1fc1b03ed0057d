// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How often an allocator is asked for its largest free block while its peak rises. tt-metal's answer walks over all of
// its blocks (a nanosecond each in 0.81.1): asked at each of 100,000 rises, with 100,000 live buffers, that would take
// longer than all allocations together. So an allocator of many buffers is asked at one rise of several. Pure.
#pragma once

#include <atomic>
#include <cstdint>

namespace ttmem::tt_metal {

// Of one allocator and buffer type. Threads that use it at once may ask once more or once less; it says nothing else.
class PeakPace {
public:
    // As many live buffers make the answer cost about a third of an allocation. With fewer, every rise is asked about.
    static constexpr uint64_t kBuffersARise = 512;

    // The peak rose. True: ask now.
    bool rises() noexcept {
        if (take_turn()) {
            return true;
        }
        set(passed_over_, 1);
        return false;
    }

    // Memory is about to be freed, so the peak ends here. True: ask now about rises that were passed over.
    bool ends() noexcept { return is_passed_over() && take_turn(); }

    // The allocator was asked, and has so many live buffers of the type.
    void asked(uint64_t live_buffers) noexcept {
        const uint64_t rises = live_buffers / kBuffersARise;
        set(turns_left_, rises < UINT32_MAX ? static_cast<uint32_t>(rises) : UINT32_MAX);
        set(passed_over_, 0);
    }

    bool is_passed_over() noexcept { return get(passed_over_) != 0; }

private:
    static uint32_t get(uint32_t& word) noexcept {
        return std::atomic_ref<uint32_t>(word).load(std::memory_order_relaxed);
    }
    static void set(uint32_t& word, uint32_t value) noexcept {
        std::atomic_ref<uint32_t>(word).store(value, std::memory_order_relaxed);
    }

    bool take_turn() noexcept {
        const uint32_t left = get(turns_left_);
        if (left > 0) {
            set(turns_left_, left - 1);
        }
        return left == 0;
    }

    uint32_t turns_left_ = 0;   // until it is asked again
    uint32_t passed_over_ = 0;  // a peak rose since it was asked last
};

}  // namespace ttmem::tt_metal
