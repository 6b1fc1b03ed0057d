// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "history/store.hpp"

namespace ttmem::history {

bool ClockCheck::is_near(int64_t a, int64_t b) {
    const auto slack = static_cast<int64_t>(kSlackNs);
    return a - b <= slack && b - a <= slack;
}

bool ClockCheck::takes(uint64_t wall_ns, uint64_t steady_ns) {
    const auto offset = static_cast<int64_t>(wall_ns - steady_ns);
    if (!known_) {
        const bool backwards = wall_ns + kSlackNs < last_in_file_ns_;
        const bool far = last_in_file_ns_ != 0 && wall_ns > last_in_file_ns_ + kFirstSlackNs;
        known_ = true;
        since_ns_ = steady_ns;
        offset_ns_ = offset;
        if (backwards || far) {
            trust_after_ns_ = kTrustedNs;  // a server that stood still for days, or a clock that is wrong
        }
        return true;
    }
    if (is_near(offset, offset_ns_)) {
        offset_ns_ = offset;  // slewed, not set
        doubts_ = false;
        return true;
    }
    if (!doubts_ || !is_near(offset, doubted_ns_)) {
        doubts_ = true;
        doubted_ns_ = offset;
        doubted_since_ns_ = steady_ns;
        return false;
    }
    if (steady_ns - doubted_since_ns_ < kConfirmedNs) {
        return false;
    }
    doubts_ = false;
    offset_ns_ = offset;
    since_ns_ = steady_ns;
    trust_after_ns_ = kTrustedNs;
    return true;
}

}  // namespace ttmem::history
