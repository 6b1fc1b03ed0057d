// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Dialogues that are open above a view. Clicks below them do nothing.
#include <algorithm>
#include <string>

#include "analysis/usage.hpp"
#include "model/device_names.hpp"
#include "monitor/scene.hpp"
#include "monitor/views/widgets.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

std::string where(const KeyRow& row) {
    const std::string views = row.views;
    if (views.empty()) {
        return "";
    }
    std::string text = views.size() == 1 ? " (view " : " (views ";
    for (size_t i = 0; i < views.size(); ++i) {
        text += (i == 0 ? "" : " ") + std::string(1, views[i]);
    }
    return text + ")";
}

void draw_help(const Scene& scene, const Canvas& screen, Frame& frame) {
    std::vector<KeyRow> keys = key_table();
    std::erase_if(keys, [&](const KeyRow& row) { return row.replay && !scene.state->replay; });
    const Canvas inside = draw_box(screen, keys.size() + 4, 92, "Keys");
    const size_t page = inside.height() - 2;
    const size_t first = std::min(scene.state->choice, keys.size() - std::min(keys.size(), page));
    for (size_t i = first; i < std::min(keys.size(), first + page); ++i) {
        inside.put(i - first, 0, fit_right(keys[i].name, 9), Style::kKey);
        inside.put_cut(i - first, 11, keys[i].text + where(keys[i]), inside.width() - 12);
    }
    inside.put_cut(page + 1, 0, "Up and Down scroll, Esc closes. The mouse chooses views, rows and columns.",
                   inside.width(), Style::kDim);
    end_text(inside.rows(0, page), first, page, keys.size(), frame);
}

void draw_choice(const Canvas& inside, const std::vector<std::string>& rows, size_t selected, Frame& frame) {
    const size_t page = inside.height();
    const size_t first = first_row(selected, rows.size(), page);
    for (size_t i = first; i < std::min(rows.size(), first + page); ++i) {
        const Canvas line = inside.part(i - first, 0, 1, inside.width() - (rows.size() > page ? 2 : 0));
        line.put_cut(0, 0, rows[i], line.width());
        if (i == selected) {
            line.restyle_row(0, Style::kSelected);
        }
        frame.hits.push_back({line.top(), line.left(), line.left() + line.width(), Hit::What::kRow, i});
    }
    end_list(inside, first, page, rows.size(), selected, frame);
}

}  // namespace

void draw_overlay(const Scene& scene, const Canvas& screen, Frame& frame) {
    const State& state = *scene.state;
    frame.hits.clear();
    switch (state.mode) {
        case Mode::kHelp:
            draw_help(scene, screen, frame);
            break;
        case Mode::kDeviceChoice: {
            std::vector<std::string> rows = {"all devices"};
            const api::DeviceNames names(*scene.model);
            for (const api::DeviceIndex device : analysis::shown_devices(*scene.model)) {
                const std::string& id = names.short_id(device);
                rows.push_back(device_title(*scene.model, scene.model->devices[device]));
                // A chip's own id stands at the end of every row, also where the number is enough: it names the card.
                rows.back() += id.empty() || names.is_ambiguous(device) ? "" : "  " + printable(id);
            }
            draw_choice(draw_box(screen, rows.size() + 2, 72, "Device (Enter takes it)"), rows,
                        std::min(state.choice, rows.size() - 1), frame);
            break;
        }
        case Mode::kSignalChoice: {
            std::vector<std::string> rows;
            for (const Signal& signal : offered_signals()) {
                rows.push_back(fit_right(std::to_string(signal.number), 3) + " " + fit_left(signal.name, 6) +
                               signal.text);
            }
            const std::string title = "Signal to " + std::to_string(state.target.pid);
            draw_choice(draw_box(screen, rows.size() + 2, 44, title), rows, std::min(state.choice, rows.size() - 1),
                        frame);
            break;
        }
        case Mode::kConfirm: {
            const Signal& signal = offered_signals()[std::min(state.choice, offered_signals().size() - 1)];
            const Canvas inside = draw_box(screen, 5, 74, "Send a signal");
            inside.put(0, 0, std::string("SIG") + signal.name + " to process " + std::to_string(state.target.pid) + "?",
                       Style::kTitle);
            inside.put_cut(1, 0, state.target_name, inside.width());
            inside.put(2, 0, "y sends it, any other key does not", Style::kDim);
            break;
        }
        default:
            break;
    }
}

}  // namespace ttmem::monitor
