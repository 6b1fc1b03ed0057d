// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Peaks since a moment, any number of such moments at once. The ledger's writer keeps one recent peak for each
// (allocator, account); whenever a window opens or restarts, what the writer has so far goes into every open window
// and the writer begins again. So a window is the maximum of what it was given and of what the writer has now. With the
// GIL held.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "own.hpp"

namespace ttmem::python {

// The furthest that buffers came; each absent where there was none, or where it is not followed.
struct Extremes {
    std::optional<uint64_t> highest_end;
    std::optional<uint64_t> lowest_address;
    std::optional<uint64_t> least_largest_free;
    std::optional<uint64_t> least_headroom;
    void widen(const tt_alloc_own_extremes_t& by);
    void widen(const Extremes& by);
};

class PeakWindow {
public:
    // Begins now. The one of the whole process (`whole`) began with it.
    explicit PeakWindow(bool whole = false);
    ~PeakWindow();
    PeakWindow(const PeakWindow&) = delete;
    PeakWindow& operator=(const PeakWindow&) = delete;

    // The most bytes held at once on the device since the window began (or up to close()). nullopt: several allocators
    // held bytes there at overlapping times, so the peak of their sum is not known.
    std::optional<uint64_t> bytes(int32_t device, uint32_t account);

    // How far they came on the device in the same time, over all its allocators.
    Extremes extremes(int32_t device, uint32_t account);

    // Begins a new window, now; on one device alone when it is not negative.
    void restart(int32_t device);

    // Ends; bytes() then stays.
    void close();

private:
    using Place = std::pair<uint32_t, uint32_t>;  // allocator, account

    // Gives all open windows what the writer has, and restarts its peak.
    static void gather();
    void forget_another_process();

    std::map<Place, uint64_t> most_;
    std::map<Place, Extremes> furthest_;
    uint64_t generation_ = 0;
    bool open_ = true;
};

}  // namespace ttmem::python
