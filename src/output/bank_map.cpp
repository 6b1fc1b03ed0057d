// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/bank_map.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.hpp"
#include "output/l1_sections.hpp"
#include "output/text.hpp"

namespace ttmem::output {

namespace {

using analysis::BankMap;
using analysis::Why;
using monitor::Line;
using monitor::Lines;
using monitor::Style;

enum class Cell : uint8_t { kTaken, kFree, kHole, kWanted };
constexpr std::array<const char*, 4> kAscii = {"#", ".", "_", "="};
constexpr std::array<const char*, 4> kUtf8 = {"\u2588", "\u00b7", "\u2591", "\u2592"};

const char* glyph(Cell cell, bool utf8) {
    return (utf8 ? kUtf8 : kAscii)[static_cast<size_t>(cell)];
}

Style style_of(Cell cell, const Why& why) {
    switch (cell) {
        case Cell::kTaken:
            return why.kind == api::MemoryKind::kDram ? Style::kDram : Style::kL1;
        case Cell::kHole:
            return Style::kGood;
        case Cell::kWanted:
            return Style::kError;
        default:
            return Style::kDim;
    }
}

// A bank as equal cells, of which the last ones may have a byte more than the first.
class Scale {
public:
    Scale(const BankMap& bank, size_t cells) : bank_(bank), cells_(std::max<size_t>(std::min(cells, bank.bytes), 1)) {}

    size_t cells() const { return cells_; }
    uint64_t begin(size_t cell) const { return bank_.base_address + part(bank_.bytes, cell, cells_); }
    // The cell that has the address.
    size_t at(uint64_t address) const {
        size_t cell = std::min(part(cells_, address - bank_.base_address, bank_.bytes), cells_ - 1);
        cell += cell + 1 < cells_ && begin(cell + 1) <= address ? 1 : 0;
        return cell;
    }
    // Cells that so many bytes take, rounded up.
    size_t of(uint64_t bytes) const {
        const size_t whole = part(cells_, std::min(bytes, bank_.bytes), bank_.bytes);
        return std::clamp<size_t>(whole + (part(bank_.bytes, whole, cells_) < bytes ? 1 : 0), 1, cells_);
    }

private:
    // whole * numerator / denominator
    static uint64_t part(uint64_t whole, uint64_t numerator, uint64_t denominator) {
        return static_cast<uint64_t>(static_cast<unsigned __int128>(whole) * numerator / denominator);
    }
    const BankMap& bank_;
    size_t cells_;
};

// Where the largest hole is drawn: cells from `first` up to, without, `end`. At least one where there is a hole.
struct Stretch {
    size_t first = 0;
    size_t end = 0;
};

// The cells that are free for the greater part.
std::vector<uint64_t> free_bytes(const BankMap& bank, const Scale& scale) {
    std::vector<uint64_t> free(scale.cells(), 0);
    for (const api::FreeBlock& block : bank.free) {
        for (size_t cell = scale.at(block.address); cell < scale.cells() && scale.begin(cell) < block.end(); ++cell) {
            free[cell] += std::min(block.end(), scale.begin(cell + 1)) - std::max(block.address, scale.begin(cell));
        }
    }
    return free;
}

Stretch hole_cells(const BankMap& bank, const Scale& scale) {
    const api::FreeBlock* largest = nullptr;
    for (const api::FreeBlock& block : bank.free) {
        if (block.bytes > 0 && (largest == nullptr || block.bytes > largest->bytes)) {
            largest = &block;
        }
    }
    if (largest == nullptr) {
        return bank.top_down ? Stretch{scale.cells(), scale.cells()} : Stretch{};
    }
    Stretch drawn{scale.at(largest->address), scale.at(largest->end() - 1) + 1};
    const auto covers_most = [&](size_t cell) {
        const uint64_t begin = std::max(largest->address, scale.begin(cell));
        const uint64_t end = std::min(largest->end(), scale.begin(cell + 1));
        return (end - begin) * 2 >= scale.begin(cell + 1) - scale.begin(cell);
    };
    drawn.first += drawn.end - drawn.first > 1 && !covers_most(drawn.first) ? 1 : 0;
    drawn.end -= drawn.end - drawn.first > 1 && !covers_most(drawn.end - 1) ? 1 : 0;
    return drawn;
}

Line bank_line(const Why& why, const Scale& scale, const Stretch& hole, bool utf8) {
    const std::vector<uint64_t> free = free_bytes(*why.bank, scale);
    Line line("  [", Style::kFrame);
    Cell before = Cell::kTaken;
    std::string run;
    for (size_t i = 0; i < scale.cells(); ++i) {
        const bool most = free[i] * 2 >= scale.begin(i + 1) - scale.begin(i);
        const Cell cell = i >= hole.first && i < hole.end ? Cell::kHole : most ? Cell::kFree : Cell::kTaken;
        if (cell != before && !run.empty()) {
            line.add(run, style_of(before, why));
            run.clear();
        }
        before = cell;
        run += glyph(cell, utf8);
    }
    line.add(run, style_of(before, why));
    line.add("]", Style::kFrame);
    return line;
}

// Beginning where the hole does, or ending where it ends: as the allocator places.
Line wanted_line(const Why& why, const Scale& scale, const Stretch& hole, bool utf8) {
    const uint64_t bytes = why.wanted_bytes_per_bank.value_or(0);
    const bool beyond = bytes > why.bank->bytes;
    const size_t count = scale.of(bytes);
    const size_t first =
        why.bank->top_down ? hole.end - std::min(hole.end, count) : std::min(hole.first, scale.cells() - count);
    std::string drawn;
    for (size_t i = 0; i < count; ++i) {
        drawn += beyond && i + 1 == count ? ">" : glyph(Cell::kWanted, utf8);
    }
    const std::string label = monitor::human_bytes(why.wanted_bytes_per_bank) + " wanted";
    Line line("   ");
    const bool left = first > label.size();
    line.add(left ? std::string(first - label.size() - 1, ' ') + label + " " : std::string(first, ' '), Style::kDim);
    line.add(drawn, style_of(Cell::kWanted, why));
    if (!left && first + count + label.size() < scale.cells()) {
        line.add(" " + label, Style::kDim);
    }
    return line;
}

}  // namespace

void add_bank_map(Lines& lines, const Why& why, size_t width, bool utf8) {
    if (!why.bank || why.bank->bytes == 0) {
        return;
    }
    const BankMap& bank = *why.bank;
    const Scale scale(bank, width - 4);
    const Stretch hole = hole_cells(bank, scale);
    std::vector<std::string> legend = {
        "A bank, " + hex_text(bank.base_address) + " to " + hex_text(bank.base_address + bank.bytes) + ":",
        std::string(glyph(Cell::kTaken, utf8)) + " taken", std::string(glyph(Cell::kFree, utf8)) + " free"};
    if (hole.first < hole.end) {
        legend.push_back(std::string(glyph(Cell::kHole, utf8)) + " largest hole");
    }
    legend.push_back(std::string(glyph(Cell::kWanted, utf8)) + " wanted");
    lines.emplace_back("");
    monitor::l1::fill(lines, legend, "  ", width, 2, Style::kPlain);
    lines.push_back(bank_line(why, scale, hole, utf8));
    lines.push_back(wanted_line(why, scale, hole, utf8));
}

}  // namespace ttmem::output
