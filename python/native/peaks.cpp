// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "peaks.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace ttmem::python {
namespace {

std::vector<PeakWindow*>& open_windows() {
    static std::vector<PeakWindow*> windows;
    return windows;
}

// The time in which the allocator can have held bytes.
std::pair<uint64_t, uint64_t> lifetime(const tt_alloc_own_allocator& allocator) {
    const uint64_t forever = std::numeric_limits<uint64_t>::max();
    return {allocator.opened_ticks, allocator.open != 0 ? forever : allocator.closed_ticks};
}

Extremes own_extremes(const Loaded& library, uint32_t allocator, uint32_t account) {
    Extremes found;
    if (library.extremes != nullptr) {
        tt_alloc_own_extremes_t now;
        library.extremes(allocator, account, &now);
        found.widen(now);
    }
    return found;
}

void keep(std::optional<uint64_t>& best, const std::optional<uint64_t>& other, bool larger) {
    if (other && (!best || (larger ? *other > *best : *other < *best))) {
        best = other;
    }
}

std::optional<uint64_t> known(uint64_t value) {
    return value == UINT64_MAX ? std::nullopt : std::optional(value);
}

}  // namespace

void Extremes::widen(const Extremes& by) {
    keep(highest_end, by.highest_end, true);
    keep(lowest_address, by.lowest_address, false);
    keep(least_largest_free, by.least_largest_free, false);
    keep(least_headroom, by.least_headroom, false);
}

void Extremes::widen(const tt_alloc_own_extremes_t& by) {
    widen(Extremes{known(by.highest_end), known(by.lowest_address), known(by.least_largest_free),
                   known(by.least_headroom)});
}

PeakWindow::PeakWindow(bool whole) {
    if (!whole) {
        gather();
    }
    const Loaded* library = loaded();
    generation_ = library != nullptr ? library->generation() : 0;
    open_windows().push_back(this);
}

PeakWindow::~PeakWindow() {
    std::erase(open_windows(), this);
}

void PeakWindow::gather() {
    const Loaded* library = loaded();
    if (library == nullptr || library->generation() == 0) {
        return;
    }
    for (const tt_alloc_own_allocator& allocator : own_allocators(-1)) {
        for (const uint32_t account : kOwnAccounts) {
            tt_alloc_own_totals_t totals;
            library->totals(allocator.allocator, account, &totals);
            if (totals.recent_peak_bytes == 0) {
                continue;
            }
            const Extremes furthest = own_extremes(*library, allocator.allocator, account);
            const uint64_t most = library->restart_peak(allocator.allocator, account);
            for (PeakWindow* window : open_windows()) {
                window->forget_another_process();
                uint64_t& known = window->most_[{allocator.allocator, account}];
                known = std::max(known, most);
                window->furthest_[{allocator.allocator, account}].widen(furthest);
            }
        }
    }
}

// In a forked child the figures begin again.
void PeakWindow::forget_another_process() {
    const Loaded* library = loaded();
    const uint64_t generation = library != nullptr ? library->generation() : 0;
    if (generation != generation_) {
        if (generation_ != 0) {
            most_.clear();
            furthest_.clear();
        }
        generation_ = generation;
    }
}

std::optional<uint64_t> PeakWindow::bytes(int32_t device, uint32_t account) {
    const Loaded& library = own_library();
    if (open_) {
        forget_another_process();
    }
    uint64_t most = 0;
    std::vector<std::pair<uint64_t, uint64_t>> lifetimes;
    for (const tt_alloc_own_allocator& allocator : own_allocators(device)) {
        const auto known = most_.find({allocator.allocator, account});
        uint64_t here = known != most_.end() ? known->second : 0;
        if (open_) {
            tt_alloc_own_totals_t totals;
            library.totals(allocator.allocator, account, &totals);
            here = std::max(here, totals.recent_peak_bytes);
        }
        if (here == 0) {
            continue;
        }
        if (allocator.single_device_rows != 0) {
            return std::nullopt;
        }
        most = std::max(most, here);
        lifetimes.push_back(lifetime(allocator));
    }
    std::sort(lifetimes.begin(), lifetimes.end());
    for (size_t i = 1; i < lifetimes.size(); ++i) {
        if (lifetimes[i].first < lifetimes[i - 1].second) {
            return std::nullopt;
        }
    }
    return most;
}

Extremes PeakWindow::extremes(int32_t device, uint32_t account) {
    const Loaded& library = own_library();
    if (open_) {
        forget_another_process();
    }
    Extremes all;
    for (const tt_alloc_own_allocator& allocator : own_allocators(device)) {
        if (const auto known = furthest_.find({allocator.allocator, account}); known != furthest_.end()) {
            all.widen(known->second);
        }
        if (open_) {
            all.widen(own_extremes(library, allocator.allocator, account));
        }
    }
    return all;
}

void PeakWindow::restart(int32_t device) {
    gather();
    if (device < 0) {
        most_.clear();
        furthest_.clear();
        return;
    }
    for (const tt_alloc_own_allocator& allocator : own_allocators(device)) {
        for (const uint32_t account : kOwnAccounts) {
            most_.erase({allocator.allocator, account});
            furthest_.erase({allocator.allocator, account});
        }
    }
}

void PeakWindow::close() {
    if (open_) {
        gather();
        open_ = false;
        std::erase(open_windows(), this);
    }
}

}  // namespace ttmem::python
