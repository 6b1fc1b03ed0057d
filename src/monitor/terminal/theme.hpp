// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How styles look on a terminal: colours by how many it has and by its ground, and attributes where it has none. Pure
// but for look_of_environment.
#pragma once

#include <cstdint>

#include "output/style.hpp"

namespace ttmem::monitor {

enum class Colours : uint8_t { kNone, k8, k256, kTrue };

struct Look {
    Colours colours = Colours::kNone;
    bool light = false;  // dark letters on a light ground
    bool ascii = false;  // draw with ASCII alone
};

struct Appearance {
    int foreground = -1;  // -1 the terminal's own; number of the colour, with kTrue 0xRRGGBB
    int background = -1;
    bool bold = false;
    bool dim = false;
    bool reverse = false;
    bool operator==(const Appearance&) const = default;
};

Appearance appearance(Style style, const Look& look);

// NO_COLOR (no-color.org), COLORFGBG for the background, and the locale's character set. `colours`: the terminal's
// ability.
Look look_of_environment(Colours colours);

}  // namespace ttmem::monitor
