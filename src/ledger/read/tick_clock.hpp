// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// From a ledger's ticks to ns since the Unix epoch. Inside the reader only.
#pragma once

#include <cstdint>

#include "ledger/format.hpp"

namespace ttmem::ledger {

// The reader's own readings of the writer's clock, from which a rate follows that the header does not give.
struct LocalClock {
    bool same_boot = false;  // else the ticks of here and there have nothing to do with each other
    bool has_ticks = false;  // this machine counts in kClockX86Tsc ticks
    uint64_t ticks = 0;
    uint64_t monotonic_ns = 0;
    uint64_t realtime_ns = 0;
};
LocalClock read_local_clock(const uint8_t (&boot_id)[16]);

class TickClock {
public:
    // `local` is asked only where the header leaves the rate open.
    explicit TickClock(const FileHeader& header);
    TickClock(const FileHeader& header, const LocalClock& local);

    // Saturates at 0 and the largest time. With an unknown rate: the moment at which the ledger was made.
    uint64_t to_ns(uint64_t ticks) const {
        const int64_t elapsed = static_cast<int64_t>(ticks - ticks_);
        const Wide half = Wide{1} << (kShift - 1);
        const Wide scaled = (static_cast<Wide>(elapsed) * static_cast<Wide>(scale_) + half) >> kShift;
        const Wide at = scaled + static_cast<Wide>(realtime_ns_);
        if (at < 0) {
            return 0;
        }
        constexpr Wide kLatest = ~uint64_t{0};
        return at > kLatest ? ~uint64_t{0} : static_cast<uint64_t>(at);
    }

    bool rate_known() const { return scale_ != 0; }

private:
    __extension__ typedef __int128 Wide;
    static constexpr int kShift = 48;  // a day is off by some nanoseconds at most

    void set_rate(double ns_per_tick);

    uint64_t ticks_ = 0;
    uint64_t realtime_ns_ = 0;
    uint64_t scale_ = 0;  // ns a tick, times 2^kShift
};

}  // namespace ttmem::ledger
