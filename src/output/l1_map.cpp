// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "output/l1_report.hpp"

namespace ttmem::monitor {
namespace {

struct CellLook {
    const char* ascii;
    const char* utf8;
    const char* name;
};
constexpr std::array<CellLook, 10> kLooks = {{{".", "\u00b7", "free"},
                                              {"#", "\u2588", "buffers"},
                                              {"c", "\u2593", "circular buffers"},
                                              {"C", "\u2592", "of cached programs"},
                                              {"r", "\u25a4", "kernel-config ring"},
                                              {"f", "\u2591", "firmware"},
                                              {"s", "\u25aa", "L1_SMALL region"},
                                              {"t", "\u25ab", "trace region"},
                                              {"o", "\u2573", "other regions"},
                                              {"?", "?", "unexplained"}}};

MapCell cell_of(const api::Stretch& stretch) {
    if (stretch.type == api::StretchType::kRegion) {
        switch (stretch.region) {
            case api::RegionType::kFirmware:
                return MapCell::kFirmware;
            case api::RegionType::kConfigRing:
                return MapCell::kRing;
            default:
                return MapCell::kOther;
        }
    }
    if (stretch.type == api::StretchType::kUnexplained) {
        return MapCell::kUnexplained;
    }
    if (stretch.kind == api::MemoryKind::kL1Small && stretch.type == api::StretchType::kFree) {
        return MapCell::kSmall;
    }
    if (stretch.kind == api::MemoryKind::kTrace && stretch.type == api::StretchType::kFree) {
        return MapCell::kTrace;
    }
    return stretch.type == api::StretchType::kBuffer ? MapCell::kBuffer : MapCell::kFree;
}

}  // namespace

std::vector<MapCell> map_cells(const api::Layout& layout, const CircularEnds& ends, size_t cells) {
    cells = std::max<size_t>(cells, 1);
    std::vector<std::array<uint64_t, kLooks.size()>> bytes(cells);
    const auto end_of = [&](size_t cell) {
        return static_cast<uint64_t>(static_cast<unsigned __int128>(layout.physical_bytes) * (cell + 1) / cells);
    };
    size_t cell = 0;
    const auto fill = [&](uint64_t from, uint64_t to, MapCell with) {
        while (from < to && cell < cells) {
            const uint64_t until = std::min(to, end_of(cell));
            bytes[cell][static_cast<size_t>(with)] += until - from;
            from = until;
            cell += from == end_of(cell) ? 1 : 0;
        }
    };
    for (const api::Stretch& stretch : layout.stretches) {
        const MapCell with = cell_of(stretch);
        uint64_t from = stretch.address;
        if (with == MapCell::kFree && stretch.kind == api::MemoryKind::kL1) {
            const uint64_t current = std::clamp(ends.current, from, stretch.end());
            const uint64_t cached = std::clamp(ends.cached, current, stretch.end());
            fill(from, current, MapCell::kCircularBuffer);
            fill(current, cached, MapCell::kCachedBuffer);
            from = cached;
        }
        fill(from, stretch.end(), with);
    }
    std::vector<MapCell> shown;
    for (const auto& there : bytes) {
        size_t most = 0;
        for (size_t i = 1; i < there.size(); ++i) {
            if (there[i] > (most == 0 ? 0 : there[most])) {
                most = i;
            }
        }
        shown.push_back(static_cast<MapCell>(most));
    }
    return shown;
}

std::string cell_text(MapCell cell, bool utf8) {
    const CellLook& look = kLooks[static_cast<size_t>(cell)];
    return utf8 ? look.utf8 : look.ascii;
}

std::vector<std::string> legend(const std::vector<MapCell>& cells, bool utf8) {
    std::vector<std::string> looks;
    for (size_t i = 0; i < kLooks.size(); ++i) {
        const auto cell = static_cast<MapCell>(i);
        if (std::find(cells.begin(), cells.end(), cell) != cells.end()) {
            looks.push_back(cell_text(cell, utf8) + " " + kLooks[i].name);
        }
    }
    return looks;
}

std::string core_text(const api::CoreSet& cores) {
    std::string text;
    for (const api::CoreRange& range : cores) {
        text += (text.empty() ? "" : " ") + std::to_string(range.start.x) + "," + std::to_string(range.start.y);
        if (range.start != range.end) {
            text += "-" + std::to_string(range.end.x) + "," + std::to_string(range.end.y);
        }
    }
    return text;
}

}  // namespace ttmem::monitor
