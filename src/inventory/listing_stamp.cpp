// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/listing_stamp.hpp"

#include <sys/vfs.h>

#include "base/clock.hpp"

namespace ttmem::inventory {
namespace {

constexpr long kTmpfsMagic = 0x01021994;     // linux/magic.h
constexpr int64_t kSettledNs = 200'000'000;  // many ticks, which are 1 to 10 ms

}  // namespace

ListingStamp listing_stamp(const struct stat& status) {
    return {status.st_dev, status.st_ino, int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec};
}

std::optional<ListingStamp> stamp_before_listing(int directory) {
    struct statfs system {};
    struct stat status {};
    if (fstatfs(directory, &system) != 0 || system.f_type != kTmpfsMagic || fstat(directory, &status) != 0) {
        return std::nullopt;
    }
    const ListingStamp stamp = listing_stamp(status);
    const int64_t age_ns = static_cast<int64_t>(clock_ns(CLOCK_REALTIME)) - stamp.changed_ns;
    return age_ns >= kSettledNs ? std::optional(stamp) : std::nullopt;
}

}  // namespace ttmem::inventory
