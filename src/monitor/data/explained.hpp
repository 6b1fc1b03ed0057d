// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The lines of view 7: the explanation of one refusal or peak, as `ttmem why` prints it (output/why_text.hpp), or of the
// fullest device where nothing was refused.
//
// An explanation needs every list and, of an ended process, its picture. It is therefore made only when something that
// it rests on is another one than before: the refusal or peak that is chosen, the state of its process (of peaks, of all
// processes), what that holds, the number of events that it has written, or the width. While a program allocates, making rests longer than it works.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inventory/picture_model.hpp"
#include "model/model.hpp"
#include "monitor/state.hpp"
#include "output/lines.hpp"

namespace ttmem::monitor {

// The refusals of the chosen device, or of all: indexes into Model::failures, the latest first.
std::vector<size_t> shown_refusals(const api::Model& model, const State& state);

// Which of them State::refusal is; 0, the latest, where none is chosen or the chosen one is gone.
size_t chosen_refusal(const api::Model& model, const State& state, const std::vector<size_t>& refusals);

// Which of the peaks is shown; 0 where none is chosen or the chosen one is gone.
size_t chosen_peak(const std::vector<PeakKey>& peaks, const State& state);

// For the layout. No lines: nothing was explained yet.
struct ExplainedPage {
    Lines lines;
    size_t place = 0;            // of the refusal or peak among `count`, 0: the latest, or of the latest process
    size_t count = 0;            // 0: nothing was refused, or no peak is known
    bool of_peaks = false;       // the lines are of a peak
    std::vector<PeakKey> peaks;  // that are known; empty while refusals are shown
};

class Explained {
public:
    static constexpr uint64_t kRestAfterWork = 4;

    // Of a line on a screen of that size: two are the scroll mark's.
    static size_t columns_of(const Size& screen) { return screen.width - std::min<size_t>(screen.width, 2); }

    struct Source {
        // As Inventory::events_of(), of the model's processes.
        std::function<std::optional<uint64_t>(api::ProcessIndex process)> events_of;
        // Gives a model with its buffers, programs and failures. Called only when a new explanation has to be made.
        std::function<std::shared_ptr<const api::Model>()> read;
        // Of a recording: explains a refusal of the model from the moment of that refusal. Empty: the model is of now.
        std::function<std::optional<inventory::Explanation>(const api::Model& model, size_t refusal)> of_past = {};
    };

    struct Look {
        size_t width = 80;  // columns of a line
        bool utf8 = false;
    };

    // `model`: with its failures. `now_ns`: of a clock that never goes back.
    void update(const api::Model& model, const State& state, const Look& look, uint64_t now_ns, const Source& source);
    void clear();

    const ExplainedPage& page() const { return page_; }
    uint64_t made() const { return made_; }  // how many explanations, ever

private:
    void explain_peaks(const State& state, const Look& look, const Source& source);

    ExplainedPage page_;
    std::string asked_;  // what was chosen, when the page was made
    std::string of_;     // what it was made of
    uint64_t not_before_ns_ = 0;
    uint64_t made_ = 0;
};

}  // namespace ttmem::monitor
