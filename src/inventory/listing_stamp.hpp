// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether a directory is as it was when it was listed, so that it need not be listed again. A directory's change time
// moves when something is made, removed or renamed in it, or when its owner or mode is changed.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>

namespace ttmem::inventory {

struct ListingStamp {
    dev_t device = 0;
    ino_t inode = 0;
    int64_t changed_ns = 0;
    bool operator==(const ListingStamp&) const = default;
};

ListingStamp listing_stamp(const struct stat& status);

// For a listing that begins now: the stamp that the directory keeps as long as the listing holds. nullopt where that
// cannot be relied on: on file systems other than tmpfs (a network's may be updated late), and when it was changed just
// now (a second change in the same tick of the kernel's clock would not show).
std::optional<ListingStamp> stamp_before_listing(int directory);

}  // namespace ttmem::inventory
