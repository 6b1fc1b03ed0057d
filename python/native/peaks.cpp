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

}  // namespace

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
            const uint64_t most = library->restart_peak(allocator.allocator, account);
            for (PeakWindow* window : open_windows()) {
                window->forget_another_process();
                uint64_t& known = window->most_[{allocator.allocator, account}];
                known = std::max(known, most);
            }
        }
    }
}

// In a forked child the figures begin anew.
void PeakWindow::forget_another_process() {
    const Loaded* library = loaded();
    const uint64_t generation = library != nullptr ? library->generation() : 0;
    if (generation != generation_) {
        if (generation_ != 0) {
            most_.clear();
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

void PeakWindow::restart(int32_t device) {
    gather();
    if (device < 0) {
        most_.clear();
        return;
    }
    for (const tt_alloc_own_allocator& allocator : own_allocators(device)) {
        for (const uint32_t account : kOwnAccounts) {
            most_.erase({allocator.allocator, account});
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
