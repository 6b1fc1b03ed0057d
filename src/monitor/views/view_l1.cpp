// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// View 5: the cores of a device as a grid, each with the share of its L1 bank that buffers and circular buffers take;
// beside it what lies in the chosen core from address 0 up. DRAM banks likewise.
#include <algorithm>
#include <string>

#include "analysis/holder_name.hpp"
#include "analysis/l1_analysis.hpp"
#include "monitor/scene.hpp"
#include "monitor/views/l1_cells.hpp"
#include "monitor/views/widgets.hpp"
#include "output/circular_buffer_name.hpp"
#include "output/origin.hpp"
#include "output/region_name.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

// A row of the list: a stretch, or a part of one that circular buffers take.
struct Piece {
    uint64_t address = 0;
    uint64_t bytes = 0;
    std::string what;
    Style style = Style::kPlain;
    char32_t glyph = U'\u2588';
    char letter = '#';
};

std::string hex(uint64_t value) {
    return hex_text(value, 6);
}

Piece hole(uint64_t address, uint64_t bytes, const char* what = "free") {
    return {address, bytes, what, Style::kFrame, U'\u00b7', '.'};
}

Style region_style(api::RegionType type) {
    return type == api::RegionType::kConfigRing ? Style::kRing
           : type == api::RegionType::kDispatch ? Style::kKernel
                                                : Style::kDim;
}

// "buffer 12, layers.3.wq, ttnn.matmul (model.py:42), 1x32x64 bfloat16 tile": as much as is known. Its process is named
// where several have buffers.
std::string buffer_name(const api::Model& model, const api::Stretch& stretch, bool one_process) {
    const bool main = stretch.kind == api::MemoryKind::kDram || stretch.kind == api::MemoryKind::kL1;
    std::string text = (main ? "" : std::string(to_string(stretch.kind)) + " ") + "buffer";
    if (stretch.buffer && *stretch.buffer < model.buffers.size()) {
        const api::Buffer& buffer = model.buffers[*stretch.buffer];
        text += " " + std::to_string(buffer.id);
        const std::optional<int> pid = model.processes[buffer.process].pid;
        text += !one_process && pid ? " of process " + std::to_string(*pid) : "";
        text += buffer.kernel_binaries ? ", kernels of a program" : "";
        const std::string origin = output::origin_text(model, buffer);
        text += (origin.empty() ? "" : ", ") + origin;
        if (buffer.tensor && *buffer.tensor < model.tensors.size()) {
            inventory::BufferFacts facts;
            facts.tensor = &model.tensors[*buffer.tensor];
            text += ", " + inventory::tensor_text(facts);
        }
    }
    return printable(text) + (stretch.more_buffers > 0 ? " and " + std::to_string(stretch.more_buffers) + " more" : "");
}

Piece piece_of(const api::Model& model, const api::Stretch& stretch, bool one_process) {
    Piece piece{stretch.address, stretch.bytes, "", Style::kPlain, U'\u2588', '#'};
    switch (stretch.type) {
        case api::StretchType::kRegion:
            piece.what = output::region_name(stretch.region);
            piece.style = region_style(stretch.region);
            piece.glyph = U'\u2592';
            piece.letter = stretch.region == api::RegionType::kConfigRing ? 'R' : 's';
            break;
        case api::StretchType::kBuffer:
            piece.what = buffer_name(model, stretch, one_process);
            piece.style = stretch.kind == api::MemoryKind::kDram ? Style::kDram : Style::kL1;
            piece.letter = 'B';
            break;
        case api::StretchType::kFree:
            return hole(stretch.address, stretch.bytes,
                        stretch.kind == api::MemoryKind::kL1Small ? "free (l1_small)" : "free");
        case api::StretchType::kUnexplained:
            piece.what = "not known";
            piece.style = Style::kWarning;
            piece.letter = '?';
            piece.glyph = U'\u2591';
            break;
    }
    return piece;
}

const api::CoreGauge* gauge_of(const api::Device& device, const api::Core& core) {
    if (!device.l1) {
        return nullptr;
    }
    const auto& cores = device.l1->gauge.cores;
    const auto found =
        std::find_if(cores.begin(), cores.end(), [&](const api::CoreGauge& gauge) { return gauge.core == core; });
    return found == cores.end() ? nullptr : &*found;
}

// The circular buffers that the program launched last has on the core, by address; none when it is not known.
std::vector<const api::CircularBuffer*> circular_buffers(const api::Model& model, const api::CoreGauge& gauge) {
    std::vector<const api::CircularBuffer*> found;
    if (gauge.current_program && *gauge.current_program < model.programs.size()) {
        for (const api::CircularBuffer& buffer : model.programs[*gauge.current_program].circular_buffers) {
            const bool here = std::any_of(buffer.cores.begin(), buffer.cores.end(),
                                          [&](const api::CoreRange& range) { return range.contains(gauge.core); });
            if (buffer.own() && here) {
                found.push_back(&buffer);
            }
        }
    }
    std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->address < b->address; });
    return found;
}

// Circular buffers lie in memory that is free for the allocator.
void add_free(const api::Model& model, const api::Stretch& stretch, const api::CoreGauge* gauge,
              std::vector<Piece>& pieces) {
    uint64_t at = stretch.address;
    if (gauge != nullptr) {
        const std::string program = gauge->current_program && *gauge->current_program < model.programs.size()
                                        ? printable(inventory::program_label(model.programs[*gauge->current_program]))
                                        : "";
        for (const api::CircularBuffer* buffer : circular_buffers(model, *gauge)) {
            const uint64_t begin = std::max(at, buffer->address);
            const uint64_t end = std::min(stretch.end(), buffer->end());
            if (begin >= end) {
                continue;
            }
            if (begin > at) {
                pieces.push_back(hole(at, begin - at));
            }
            pieces.push_back({begin, end - begin, output::circular_buffer_name(*buffer) + " of " + program,
                              Style::kCircularBuffer, U'\u2588', 'C'});
            at = end;
        }
        const uint64_t cached = std::min(stretch.end(), gauge->cached_end.value_or(0));
        if (cached > at) {
            pieces.push_back(
                {at, cached - at, "free now, CBs of cached programs", Style::kCircularBuffer, U'\u2591', 'c'});
            at = cached;
        }
    }
    if (at < stretch.end()) {
        pieces.push_back(hole(at, stretch.end() - at));
    }
}

// Whether all buffers of the layout are one process's.
bool of_one_process(const api::Model& model, const api::Layout& layout) {
    std::optional<api::ProcessIndex> process;
    for (const api::Stretch& stretch : layout.stretches) {
        if (stretch.buffer && *stretch.buffer < model.buffers.size()) {
            const api::ProcessIndex owner = model.buffers[*stretch.buffer].process;
            if (process.value_or(owner) != owner) {
                return false;
            }
            process = owner;
        }
    }
    return true;
}

std::vector<Piece> pieces_of(const api::Model& model, const api::Layout& layout, const api::CoreGauge* gauge) {
    std::vector<Piece> pieces;
    const bool one_process = of_one_process(model, layout);
    for (const api::Stretch& stretch : layout.stretches) {
        if (stretch.type == api::StretchType::kFree && stretch.kind == api::MemoryKind::kL1) {
            add_free(model, stretch, gauge, pieces);
        } else {
            pieces.push_back(piece_of(model, stretch, one_process));
        }
    }
    return pieces;
}

// The whole core or bank over one line, its first and last address below; a cell shows what takes most of it.
void draw_strip(const Canvas& canvas, const std::vector<Piece>& pieces, uint64_t physical) {
    const size_t width = canvas.width();
    if (physical == 0) {
        return;
    }
    canvas.put(1, 0, "0", Style::kDim);
    canvas.put_right(1, 1, hex(physical), width - 1, Style::kDim);
    size_t piece = 0;
    for (size_t column = 0; column < width; ++column) {
        const uint64_t from = physical / width * column;
        const uint64_t to = column + 1 == width ? physical : physical / width * (column + 1);
        while (piece < pieces.size() && pieces[piece].address + pieces[piece].bytes <= from) {
            ++piece;
        }
        const Piece* best = nullptr;
        uint64_t most = 0;
        for (size_t i = piece; i < pieces.size() && pieces[i].address < to; ++i) {
            const uint64_t begin = std::max(from, pieces[i].address);
            const uint64_t end = std::min(to, pieces[i].address + pieces[i].bytes);
            if (end > begin && end - begin > most) {
                most = end - begin;
                best = &pieces[i];
            }
        }
        if (best != nullptr) {
            canvas.put_glyph(0, column, canvas.ascii() ? static_cast<char32_t>(best->letter) : best->glyph,
                             best->style);
        }
    }
}

void draw_list(const Canvas& canvas, const std::vector<Piece>& pieces, size_t position, Frame& frame) {
    canvas.put(0, 0, "  ADDRESS        SIZE WHAT", Style::kHeading);
    canvas.restyle_row(0, Style::kHeading);
    const size_t page = canvas.height() - 1;
    const size_t first = std::min(position, pieces.size() - std::min(pieces.size(), page));
    for (size_t i = first; i < std::min(pieces.size(), first + page); ++i) {
        const Piece& piece = pieces[i];
        const Canvas line = canvas.part(1 + i - first, 0, 1, canvas.width() - (pieces.size() > page ? 2 : 0));
        line.put_glyph(0, 0, line.ascii() ? static_cast<char32_t>(piece.letter) : piece.glyph, piece.style);
        line.put(0, 1, fit_right(hex(piece.address), 10));
        line.put(0, 11, fit_right(human_bytes(piece.bytes), 11));
        line.put_cut(0, 23, piece.what, line.width() - std::min<size_t>(line.width(), 23), piece.style);
    }
    end_text(canvas.rows(1, page), first, page, pieces.size(), frame);
}

void draw_cores(const Scene& scene, const Canvas& canvas, const std::vector<L1Cell>& cells, size_t selected,
                Frame& frame) {
    for (size_t i = 0; i < cells.size(); ++i) {
        const L1Cell& cell = cells[i];
        const size_t row = cell.core.y + 1;
        const size_t column = 3 + 3u * cell.core.x;
        const std::string text =
            !cell.in_bank ? " --"
            : !cell.share ? "  ?"
            : cell.clash  ? " !!"
                          : fit_right(std::to_string(static_cast<int>(std::min(99.0, 100 * *cell.share + 0.5))), 3);
        const Style style = !cell.in_bank ? Style::kFrame : cell.clash ? Style::kError : heat(cell.share.value_or(0));
        canvas.put(row, column, text, i == selected && !scene.state->on_banks ? Style::kSelected : style);
        frame.hits.push_back(
            {canvas.top() + row, canvas.left() + column, canvas.left() + column + 3, Hit::What::kRow, i});
    }
}

void draw_axes(const Canvas& canvas, const std::vector<L1Cell>& cells) {
    std::vector<bool> rows(canvas.height(), false);
    std::vector<bool> columns_(canvas.width(), false);
    for (const L1Cell& cell : cells) {
        if (cell.core.y + 1u < rows.size() && !rows[cell.core.y + 1u]) {
            rows[cell.core.y + 1u] = true;
            canvas.put_right(cell.core.y + 1u, 0, std::to_string(cell.core.y), 2, Style::kFrame);
        }
        if (3u + 3u * cell.core.x < columns_.size() && !columns_[3u + 3u * cell.core.x]) {
            columns_[3u + 3u * cell.core.x] = true;
            canvas.put_right(0, 3u + 3u * cell.core.x, std::to_string(cell.core.x), 3, Style::kFrame);
        }
    }
}

std::string core_name(const api::Core& core) {
    return "core (" + std::to_string(core.x) + "," + std::to_string(core.y) + ")";
}

// Bytes from the start of the banks to `end`, where circular buffers end; 0 where there are none.
uint64_t circular_bytes(const api::Device& device, const api::Bytes& end) {
    const uint64_t base = device.l1 ? device.l1->gauge.base_address.value_or(0) : 0;
    return std::max(end.value_or(base), base) - base;
}

// The first part, and of the others as many as fit.
std::string fitting(const std::vector<std::string>& parts, size_t width) {
    std::string text;
    for (const std::string& part : parts) {
        if (!text.empty() && columns(text + part) > width) {
            break;
        }
        text += part;
    }
    return text;
}

// Draws the figures of the chosen core or bank, above the list.
void draw_figures(const Canvas& canvas, const api::Layout& layout, const std::string& name, const api::Device& device,
                  const api::CoreGauge* gauge) {
    const size_t width = canvas.width();
    const size_t at = canvas.put_cut(0, 0, name, width, Style::kTitle);
    const size_t rest = width - std::min(width, at);
    canvas.put_cut(0, at,
                   fitting({"  " + human_bytes(layout.physical_bytes),
                            ", memory regions " + human_bytes(layout.sums.region_bytes)},
                           rest),
                   rest, Style::kPlain);
    const uint64_t free = layout.sums.free_bytes;
    const std::string buffers = "buffers " + human_bytes(layout.sums.buffer_bytes);
    if (gauge == nullptr) {
        canvas.put_cut(1, 0, buffers + ", free " + human_bytes(free), width, Style::kPlain);
        return;
    }
    const uint64_t cached = std::min(circular_bytes(device, gauge->cached_end), free);
    const uint64_t now = std::min(circular_bytes(device, gauge->current_end), free);
    canvas.put_cut(1, 0,
                   fitting({buffers + ", CBs " + human_bytes(cached) + ", free " + human_bytes(free - cached),
                            "; CBs now " + human_bytes(now)},
                           width),
                   width, Style::kPlain);
    const api::Bytes& least = device.circular_buffers.least_headroom_bytes_per_core;
    const std::string so_far = least ? ", least so far " + human_bytes(*least) : "";
    if (gauge->headroom_bytes > 0) {
        const std::string headroom = human_bytes(static_cast<uint64_t>(gauge->headroom_bytes));
        canvas.put_cut(2, 0, fitting({"headroom " + headroom + " between CBs and buffers", so_far}, width), width,
                       Style::kDim);
    } else {
        const std::string missing = human_bytes(static_cast<uint64_t>(-gauge->headroom_bytes));
        canvas.put_cut(2, 0, fitting({"no headroom: " + missing + " missing", so_far}, width), width, Style::kError);
    }
}

// Draws what the marks in the grid mean, and what counts there.
void draw_legend(const Canvas& canvas, const std::vector<L1Cell>& cells) {
    const auto any = [&](auto is) { return std::any_of(cells.begin(), cells.end(), is); };
    std::string marks;
    marks += any([](const L1Cell& cell) { return cell.in_bank && cell.clash; }) ? "!! clash " : "";
    marks += any([](const L1Cell& cell) { return !cell.in_bank; }) ? "-- not for buffers " : "";
    marks += any([](const L1Cell& cell) { return cell.in_bank && !cell.share; }) ? "? not known" : "";
    canvas.put_cut(0, 0, "buffers + circular buffers", canvas.width(), Style::kDim);
    canvas.put_cut(1, 0, marks, canvas.width(), Style::kDim);
}

// Draws how much of each DRAM bank is taken, `across` banks in a row.
void draw_banks(const State& state, const Canvas& canvas, const std::optional<api::Layout>& dram, uint32_t banks,
                size_t across) {
    canvas.put_cut(0, 0, "DRAM: % of a bank taken", canvas.width(), Style::kHeading);
    if (!dram) {
        canvas.put(1, 3, "not known", Style::kDim);
        return;
    }
    const uint64_t bank = dram->sums.buffer_bytes + dram->sums.free_bytes;
    const double share = bank == 0 ? 0 : static_cast<double>(dram->sums.buffer_bytes) / static_cast<double>(bank);
    for (size_t i = 0; i < banks && 1 + i / across < canvas.height(); ++i) {
        canvas.put(1 + i / across, 3 + 3 * (i % across),
                   fit_right(std::to_string(static_cast<int>(std::min(99.0, 100 * share + 0.5))), 3),
                   state.on_banks && i == std::min<size_t>(state.bank, banks - 1) ? Style::kSelected : heat(share));
    }
}

// Draws the program that cannot be launched now, in the last rows.
void draw_clash(const api::Model& model, const Canvas& canvas, const api::ClashAhead& ahead) {
    const std::string program =
        ahead.program < model.programs.size() ? inventory::program_label(model.programs[ahead.program]) : "a program";
    canvas.put_cut(0, 0, "CANNOT BE LAUNCHED NOW:", canvas.width(), Style::kError);
    canvas.put_cut(1, 0, printable(program), canvas.width(), Style::kError);
    canvas.put_cut(2, 0, human_bytes(ahead.missing_bytes) + " missing", canvas.width(), Style::kError);
}

// The left side: L1 of the cores, the DRAM banks, and a clash ahead.
void draw_grids(const Scene& scene, const Canvas& canvas, const std::vector<L1Cell>& cells, size_t selected,
                const api::Device& device, const std::optional<api::Layout>& dram, Frame& frame) {
    constexpr size_t kLegend = 2;
    constexpr size_t kClash = 3;
    size_t deep = 0;
    for (const L1Cell& cell : cells) {
        deep = std::max<size_t>(deep, cell.core.y + 1u);
    }
    const uint32_t banks = device.memory[api::MemoryKind::kDram].banks.value_or(0);
    const size_t across = std::max<size_t>(1, (canvas.width() - 3) / 3);
    const size_t bank_rows = 1 + std::max<size_t>(1, (banks + across - 1) / across);
    canvas.put_cut(0, 0, "L1: % of a core's bank taken", canvas.width(), Style::kHeading);
    const size_t grid = std::min(deep + 1, canvas.height() - 7);
    const Canvas cores = canvas.rows(1, grid);
    draw_axes(cores, cells);
    draw_cores(scene, cores, cells, selected, frame);
    size_t row = 1 + grid;
    if (!cells.empty() && row + kLegend + 1 + bank_rows + kClash <= canvas.height()) {
        draw_legend(canvas.rows(row, kLegend), cells);
        row += kLegend;
    }
    ++row;
    draw_banks(*scene.state, canvas.rows(row, std::min(bank_rows, canvas.height() - row)), dram, banks, across);
    row += bank_rows;
    if (device.l1 && !device.l1->gauge.ahead.empty() && row + kClash <= canvas.height()) {
        draw_clash(*scene.model, canvas.rows(canvas.height() - kClash, kClash), device.l1->gauge.ahead[0]);
    }
}

}  // namespace

std::vector<L1Cell> l1_cells(inventory::L1Analysis& l1) {
    const api::Model& model = l1.model();
    const api::DeviceIndex device = l1.device();
    std::vector<L1Cell> cells;
    const std::optional<api::Layout>& common = l1.l1();
    for (const auto& [core, no_bank] : l1.cores()) {
        L1Cell cell;
        cell.core = core;
        cell.in_bank = !no_bank;
        if (common && common->sums.buffer_bytes + common->sums.free_bytes > 0) {
            const api::CoreGauge* const gauge = gauge_of(model.devices[device], core);
            // The circular buffers of every cached program: each takes them when it runs again.
            const uint64_t circular = gauge == nullptr ? 0 : circular_bytes(model.devices[device], gauge->cached_end);
            const uint64_t taken = common->sums.buffer_bytes + circular;
            cell.clash = gauge != nullptr && gauge->headroom_bytes < 0;
            cell.share =
                static_cast<double>(taken) / static_cast<double>(common->sums.buffer_bytes + common->sums.free_bytes);
        }
        cells.push_back(cell);
    }
    return cells;
}

void draw_l1_map(const Scene& scene, const Canvas& canvas, Frame& frame) {
    const api::Model& model = *scene.model;
    const State& state = *scene.state;
    const std::vector<api::DeviceIndex> devices = chosen_devices(model, state);
    const std::optional<api::DeviceIndex> mapped = mapped_device(model, state);
    if (!mapped) {
        canvas.put(0, 0, "No device is in use by a tracked process.", Style::kTitle);
        return;
    }
    const api::DeviceIndex place = *mapped;
    const api::Device& device = model.devices[place];
    size_t at = canvas.put(0, 0, device_title(model, device), Style::kTitle);
    if (devices.size() > 1) {
        canvas.put(0, at, "  (d chooses another of " + std::to_string(devices.size()) + ")", Style::kDim);
    }
    inventory::L1Analysis l1(model, place);
    const std::vector<L1Cell> cells = l1_cells(l1);
    const std::optional<api::Layout>& dram = l1.dram();
    if (cells.empty() && !dram) {
        canvas.put(2, 2, "Its layout is not known: its process reports no banks and regions.", Style::kDim);
        return;
    }
    const size_t selected = std::min(state.core, cells.empty() ? 0 : cells.size() - 1);
    // The twelve banks of a Wormhole in one row, where the list beside them has room all the same.
    size_t wide = canvas.width() < 100 ? 8 : 12;
    for (const L1Cell& cell : cells) {
        wide = std::max<size_t>(wide, cell.core.x + 1u);
    }
    const size_t left = std::min<size_t>(3 + 3 * wide + 2, canvas.width() / 2 + 6);
    draw_grids(scene, canvas.part(1, 0, canvas.height() - 1, left - 1), cells, selected, device, dram, frame);

    const Canvas right = canvas.part(1, left, canvas.height() - 1, canvas.width() - left);
    std::optional<api::Layout> layout;
    const api::CoreGauge* gauge = nullptr;
    std::string name;
    if (state.on_banks) {
        layout = dram;
        const size_t banks = device.memory[api::MemoryKind::kDram].banks.value_or(0);
        name = "DRAM bank " + std::to_string(banks == 0 ? 0 : std::min(state.bank, banks - 1)) + " (all are alike)";
    } else if (!cells.empty()) {
        layout = l1.l1_of(cells[selected].core);
        gauge = gauge_of(device, cells[selected].core);
        name = core_name(cells[selected].core);
    }
    if (!layout) {
        right.put(0, 0, "not known", Style::kDim);
        return;
    }
    const std::vector<Piece> pieces = pieces_of(model, *layout, gauge);
    draw_figures(right.rows(0, 3), *layout, name, device, gauge);
    draw_strip(right.rows(3, 2), pieces, layout->physical_bytes);
    draw_list(right.rows(5, right.height() - 5), pieces, state.own().position, frame);
}

}  // namespace ttmem::monitor
