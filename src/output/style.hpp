// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The meaning of a piece of text on the screen. The theme (theme.hpp) decides its colour on this terminal.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ttmem::monitor {

enum class Style : uint8_t {
    kPlain,
    kTitle,
    kHeading,
    kDram,
    kL1,
    kDim,
    kWarning,
    kError,
    kGood,
    kSelected,
    kKey,          // a key in a list of keys
    kTab,          // the view that is shown, among its names
    kFrame,        // borders and axes
    kTemperature,  // series of charts; DRAM and L1 have theirs above
    kClock,
    kPower,
    kCircularBuffer,
    kKernel,
    kRing,
    kHeat0,  // how full: nothing, then seven steps up to full
    kHeat1,
    kHeat2,
    kHeat3,
    kHeat4,
    kHeat5,
    kHeat6,
    kHeat7,
};
inline constexpr size_t kStyles = static_cast<size_t>(Style::kHeat7) + 1;

// The step of a share of 0 to 1. Any use at all is more than nothing, and only full is full.
Style heat(double share);

}  // namespace ttmem::monitor
