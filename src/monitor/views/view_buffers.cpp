// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// View 4: live buffers of a process, of a device, or all; as a list, or in groups.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "model/device_names.hpp"
#include "monitor/data/buffer_list.hpp"
#include "monitor/scene.hpp"
#include "monitor/views/widgets.hpp"
#include "output/conflict_text.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

constexpr std::array<std::string_view, kBufferGroups> kGroupWords = {"",         "size",   "operation", "line",
                                                                     "function", "module", "scope",     "tensor"};
constexpr std::array<const char*, kBufferGroups> kGroupHeadings = {"",         "BYTES OF EACH", "OPERATION", "LINE",
                                                                   "FUNCTION", "MODULE",        "SCOPE",     "TENSOR"};

struct Column {
    size_t number;  // in buffer_columns()
    size_t width;   // 0: the rest
    bool right;
};

// Every screen shows the identity of a buffer and its origin; wider ones show more of its figures.
std::vector<Column> columns_for(size_t width, size_t device) {
    std::vector<Column> all = {{0, 11, true}, {1, 12, true}, {2, width >= 100 ? 12u : 6u, false}};
    if (width >= 100) {
        all.insert(all.end(), {{3, std::max<size_t>(device, 5), false}, {4, 8, true}});
    }
    if (width >= 160) {
        all.insert(all.end(), {{5, 11, true}, {6, 11, true}});
    }
    if (width >= 180) {
        all.push_back({10, 11, true});
    }
    if (width >= 100) {
        all.push_back({7, 5, true});
    }
    if (width >= 200) {
        all.push_back({8, 11, false});
    }
    size_t taken = 0;
    for (const Column& column : all) {
        taken += column.width + 1;
    }
    const size_t rest = width - std::min(width, taken);
    all.push_back({11, rest * 2 / 5, false});
    all.push_back({9, rest / 3, false});
    all.push_back({12, 0, false});
    return all;
}

// A region's or operation's name for so much room: its end, unless one has moved sideways to see all of it.
std::string name_for(const Scene& scene, const std::string& name, size_t room) {
    const size_t shift = scene.state->own().shift;
    return shift > 0 ? shifted(printable(name), shift) : cut_front(printable(name), room);
}

Style kind_style(api::BufferKind kind) {
    switch (kind) {
        case api::BufferKind::kDram:
            return Style::kDram;
        case api::BufferKind::kL1:
        case api::BufferKind::kL1Small:
            return Style::kL1;
        case api::BufferKind::kTrace:
            return Style::kKernel;
        default:
            return Style::kDim;
    }
}

std::string cell_text(const Scene& scene, const api::DeviceNames& names, const inventory::BufferRow& row, size_t i,
                      size_t column) {
    const api::Model& model = *scene.model;
    switch (column) {
        case 0:
            return human_bytes(row.allocated_bytes);
        case 1:
            return hex_text(row.address);
        case 2:
            return std::string(to_string(row.kind));
        case 3:
            return printable(names.labels(scene.buffers->devices(i), kUnknown));
        case 4:
            return row.process < model.processes.size() && model.processes[row.process].pid
                       ? std::to_string(*model.processes[row.process].pid)
                       : kUnknown;
        case 5:
            return human_bytes(row.bytes_per_bank);
        case 6:
            return human_bytes(row.requested_bytes);
        case 7:
            return age_text(model.time_ns, row.allocated_at_ns);
        case 10:
            return human_bytes(row.lockstep_waste_bytes);
        case 8:
            return row.layout.empty() ? kUnknown : std::string(row.layout);
        default: {
            const RowText which = column == 9 ? RowText::kOrigin : column == 11 ? RowText::kTensor : RowText::kLine;
            const std::string_view text = scene.buffers->text(i, which);
            return text.empty() ? kUnknown : std::string(text);
        }
    }
}

void draw_title(const Scene& scene, const Canvas& canvas) {
    const State& state = *scene.state;
    const BufferRows& rows = *scene.buffers;
    std::string text = std::to_string(rows.size()) + (rows.size() == 1 ? " buffer" : " buffers") + ", " +
                       human_bytes(rows.bytes()) + " on each of their devices";
    if (state.buffers_of) {
        text += "   of process " + std::to_string(state.buffers_of->pid);
    }
    if (state.groups != BufferGroups::kNone) {
        text += "   by " + std::string(kGroupWords[static_cast<size_t>(state.groups)]);
        if (state.open_group) {
            text += ", one group (Esc: all groups)";
        }
    }
    uint64_t unlisted = 0;
    for (const api::Process& process : scene.model->processes) {
        unlisted += api::counts(process.state) ? process.unlisted_buffers : 0;
    }
    size_t at = canvas.put_cut(0, 0, text, canvas.width(), Style::kTitle);
    if (const std::string conflicts = conflict_summary(*scene.model); !conflicts.empty()) {
        at = canvas.put(0, at, "   " + conflicts, Style::kError);
    }
    if (unlisted > 0) {
        canvas.put(0, at, "   " + std::to_string(unlisted) + " more found no room in the lists", Style::kWarning);
    }
}

void draw_groups(const Scene& scene, const Canvas& canvas, Frame& frame) {
    const std::vector<BufferGroup>& groups = scene.buffers->groups();
    canvas.put(
        0, 0, std::string("    COUNT       TOTAL   SHARE  ") + kGroupHeadings[static_cast<size_t>(scene.state->groups)],
        Style::kHeading);
    canvas.restyle_row(0, Style::kHeading);
    const size_t page = canvas.height() - 1;
    const size_t selected = std::min(scene.state->own().position, groups.empty() ? 0 : groups.size() - 1);
    const size_t first = first_row(selected, groups.size(), page);
    for (size_t i = first; i < std::min(groups.size(), first + page); ++i) {
        const Canvas line = canvas.part(1 + i - first, 0, 1, canvas.width() - 2);
        line.put_right(0, 0, std::to_string(groups[i].count), 9);
        line.put_right(0, 9, human_bytes(groups[i].bytes), 12);
        line.put_right(0, 21, percent(groups[i].bytes, scene.buffers->bytes()), 8);
        line.put_cut(0, 31, name_for(scene, groups[i].name, line.width() - 31), line.width() - 31);
        if (i == selected) {
            line.restyle_row(0, Style::kSelected);
        }
        frame.hits.push_back({line.top(), line.left(), line.left() + line.width(), Hit::What::kRow, i});
    }
    end_list(canvas.rows(1, page), first, page, groups.size(), selected, frame);
}

void draw_heading(const Scene& scene, const Canvas& canvas, const std::vector<Column>& shown, Frame& frame) {
    const ViewChoices& own = scene.state->own();
    size_t at = 0;
    for (const Column& column : shown) {
        const ColumnName& name = buffer_columns()[column.number];
        const std::string mark = own.sort != column.number ? "" : own.reverse != name.large_first ? "v" : "^";
        const size_t width = column.width == 0 ? canvas.width() - std::min(at, canvas.width()) : column.width;
        if (column.right) {
            canvas.put_right(0, at, name.name + mark, width, Style::kHeading);
        } else {
            canvas.put_cut(0, at, name.name + mark, width, Style::kHeading);
        }
        frame.hits.push_back(
            {canvas.top(), canvas.left() + at, canvas.left() + at + width, Hit::What::kSort, column.number});
        at += width + 1;
    }
    canvas.restyle_row(0, Style::kHeading);
}

void draw_rows(const Scene& scene, const Canvas& canvas, Frame& frame) {
    const BufferRows& rows = *scene.buffers;
    const api::DeviceNames names(*scene.model);
    const std::vector<Column> shown = columns_for(canvas.width(), std::min(names.widest(), kMostDeviceWidth));
    draw_heading(scene, canvas.rows(0, 1), shown, frame);
    const size_t page = canvas.height() - 1;
    const size_t selected = std::min(scene.state->own().position, rows.size() == 0 ? 0 : rows.size() - 1);
    const size_t first = first_row(selected, rows.size(), page);
    const Canvas list = canvas.part(1, 0, page, canvas.width() - (rows.size() > page ? 2 : 0));
    for (size_t i = first; i < std::min(rows.size(), first + page); ++i) {
        const Canvas line = list.rows(i - first, 1);
        const inventory::BufferRow row = rows.at(i);
        size_t at = 0;
        for (const Column& column : shown) {
            const std::string text = cell_text(scene, names, row, i, column.number);
            const Style style = column.number == 2 ? kind_style(row.kind) : Style::kPlain;
            if (column.number == 9 || column.number >= 11) {
                const size_t rest = line.width() - std::min(at, line.width());
                const size_t room = column.width == 0 ? rest : std::min(rest, column.width);
                // A tensor's name and shape stand at its beginning, a place's line at its end.
                line.put_cut(0, at,
                             column.number == 11 ? shifted(printable(text), scene.state->own().shift)
                                                 : name_for(scene, text, room),
                             room);
            } else if (column.right) {
                line.put_right(0, at, text, column.width, style);
            } else {
                line.put_cut(0, at, text, column.width, style);
            }
            at += column.width + 1;
        }
        if (i == selected) {
            line.restyle_row(0, Style::kSelected);
        }
        frame.hits.push_back({line.top(), line.left(), line.left() + line.width(), Hit::What::kRow, i});
    }
    if (rows.size() == 0) {
        list.put(0, 2, "no live buffer" + std::string(scene.state->own().filter.empty() ? "" : " matches"),
                 Style::kDim);
    }
    end_list(canvas.rows(1, page), first, page, rows.size(), selected, frame);
}

}  // namespace

const std::vector<ColumnName>& buffer_columns() {
    static const std::vector<ColumnName> kColumns = {
        {"BYTES", true},    {"ADDRESS", false},  {"KIND", false}, {"DEV", false},    {"PID", false},
        {"PER BANK", true}, {"REQUESTED", true}, {"AGE", true},   {"LAYOUT", false}, {"OPERATION", false},
        {"WASTE", true},    {"TENSOR", false},   {"LINE", false}};
    return kColumns;
}

void draw_buffers(const Scene& scene, const Canvas& canvas, Frame& frame) {
    if (scene.state->open_buffer) {
        draw_open_buffer(scene, canvas, frame);
        return;
    }
    draw_title(scene, canvas.rows(0, 1));
    const Canvas list = canvas.rows(1, canvas.height() - 1);
    if (scene.state->groups != BufferGroups::kNone && !scene.state->open_group) {
        draw_groups(scene, list, frame);
    } else {
        draw_rows(scene, list, frame);
    }
}

}  // namespace ttmem::monitor
