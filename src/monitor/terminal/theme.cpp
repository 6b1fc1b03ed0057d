// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/terminal/theme.hpp"

#include <langinfo.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace ttmem::monitor {
namespace {

// A colour at three depths, for a dark and for a light background.
struct Shade {
    int of_8;
    int dark_256;
    int light_256;
    int dark_rgb;
    int light_rgb;
};

constexpr Shade kGreen{2, 78, 28, 0x5fd787, 0x008700};
constexpr Shade kCyan{6, 80, 30, 0x5fd7d7, 0x008787};
constexpr Shade kYellow{3, 221, 130, 0xffd75f, 0xaf5f00};
constexpr Shade kRed{1, 203, 160, 0xff5f5f, 0xd70000};
constexpr Shade kBlue{4, 111, 26, 0x87afff, 0x005fd7};
constexpr Shade kMagenta{5, 177, 127, 0xd787ff, 0xaf00af};
constexpr Shade kOrange{3, 215, 166, 0xffaf5f, 0xd75f00};
constexpr Shade kGrey{-1, 245, 242, 0x8a8a8a, 0x6c6c6c};

// Cold to hot.
constexpr std::array<Shade, 8> kHeat = {{
    {-1, 239, 252, 0x4e4e4e, 0xd0d0d0},
    {4, 25, 153, 0x005faf, 0xafd7ff},
    {4, 31, 116, 0x0087af, 0x87d7d7},
    {6, 36, 79, 0x00af87, 0x5fd7af},
    {2, 70, 113, 0x5faf00, 0x87d75f},
    {3, 178, 178, 0xd7af00, 0xd7af00},
    {3, 208, 208, 0xff8700, 0xff8700},
    {1, 196, 196, 0xff0000, 0xff0000},
}};

int pick(const Shade& shade, const Look& look) {
    switch (look.colours) {
        case Colours::kNone:
            return -1;
        case Colours::k8:
            return shade.of_8;
        case Colours::k256:
            return look.light ? shade.light_256 : shade.dark_256;
        case Colours::kTrue:
            return look.light ? shade.light_rgb : shade.dark_rgb;
    }
    return -1;
}

Appearance coloured(const Shade& shade, const Look& look) {
    Appearance how;
    how.foreground = pick(shade, look);
    return how;
}

}  // namespace

Style heat(double share) {
    if (!(share > 0)) {
        return Style::kHeat0;
    }
    const int step = share >= 1 ? 7 : 1 + static_cast<int>(share * 6);
    return static_cast<Style>(static_cast<int>(Style::kHeat0) + step);
}

Appearance appearance(Style style, const Look& look) {
    Appearance how;
    switch (style) {
        case Style::kPlain:
            break;
        case Style::kTitle:
            how.bold = true;
            break;
        case Style::kHeading:
        case Style::kSelected:
            how.reverse = true;
            break;
        case Style::kTab:
            how.reverse = how.bold = true;
            break;
        case Style::kKey:
            how = coloured(kCyan, look);
            how.bold = true;
            break;
        case Style::kDim:
        case Style::kFrame:
            how = coloured(kGrey, look);
            how.dim = how.foreground < 0;
            break;
        case Style::kDram:
        case Style::kGood:
            how = coloured(kGreen, look);
            break;
        case Style::kL1:
            how = coloured(kCyan, look);
            break;
        case Style::kWarning:
            how = coloured(kYellow, look);
            how.bold = look.colours == Colours::kNone;
            break;
        case Style::kError:
            how = coloured(kRed, look);
            how.bold = true;
            break;
        case Style::kTemperature:
            how = coloured(kRed, look);
            break;
        case Style::kClock:
            how = coloured(kBlue, look);
            break;
        case Style::kPower:
            how = coloured(kYellow, look);
            break;
        case Style::kCircularBuffer:
            how = coloured(kOrange, look);
            break;
        case Style::kKernel:
            how = coloured(kMagenta, look);
            break;
        case Style::kRing:
            how = coloured(kBlue, look);
            break;
        default:
            how = coloured(kHeat[static_cast<size_t>(style) - static_cast<size_t>(Style::kHeat0)], look);
            break;
    }
    return how;
}

Look look_of_environment(Colours colours) {
    Look look;
    const char* no_colour = std::getenv("NO_COLOR");
    look.colours = no_colour != nullptr && *no_colour != '\0' ? Colours::kNone : colours;
    // rxvt's and others': "foreground;background", or three of them with the background last.
    const char* ground = std::getenv("COLORFGBG");
    if (const char* last = ground == nullptr ? nullptr : std::strrchr(ground, ';')) {
        const std::string_view background = last + 1;
        look.light = background == "7" || background == "15";
    }
    look.ascii = std::string_view(nl_langinfo(CODESET)) != "UTF-8";
    return look;
}

}  // namespace ttmem::monitor
