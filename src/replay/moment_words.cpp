// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay/moment_words.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/saturate.hpp"

namespace ttmem::replay {
namespace {

template <typename Value>
std::optional<Value> number(std::string_view text) {
    Value value{};
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && at == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<MomentWord> parse_moment(const std::string& text) {
    using Of = MomentWord::Of;
    const std::string_view all = text;
    for (const auto& [word, of] :
         {std::pair<std::string_view, Of>{"peak", Of::kPeak}, {"begin", Of::kBegin}, {"end", Of::kEnd}}) {
        if (all == word) {
            return MomentWord{of, 0, 0};
        }
    }
    if (constexpr std::string_view kStep = "step:"; all.starts_with(kStep)) {
        const std::optional<uint64_t> step = number<uint64_t>(all.substr(kStep.size()));
        return step && *step != 0 ? std::optional(MomentWord{Of::kStep, *step, 0}) : std::nullopt;
    }
    if (all.starts_with('@')) {
        const std::optional<uint64_t> ns = number<uint64_t>(all.substr(1));
        return ns ? std::optional(MomentWord{Of::kEpoch, *ns, 0}) : std::nullopt;
    }
    if (all.ends_with('%')) {
        const std::optional<double> share = number<double>(all.substr(0, all.size() - 1));
        return share && *share >= 0 && *share <= 100 ? std::optional(MomentWord{Of::kShare, 0, *share / 100})
                                                     : std::nullopt;
    }
    const std::optional<double> seconds = number<double>(all);
    if (!seconds || !std::isfinite(*seconds) || *seconds < 0 || *seconds > 1e9) {
        return std::nullopt;
    }
    return MomentWord{Of::kBeginning, static_cast<uint64_t>(std::llround(*seconds * 1e9)), 0};
}

Result<const Note*> moment_note(const Timeline& timeline, const MomentWord& word) {
    if (word.of == MomentWord::Of::kPeak) {
        const Note* const peak = timeline.highest_peak();
        return peak != nullptr ? Result<const Note*>(peak) : Error{"nothing is allocated in this recording", 0};
    }
    const auto step = std::find_if(timeline.notes.begin(), timeline.notes.end(), [&](const Note& note) {
        return note.kind == NoteKind::kStep && note.number == word.number;
    });
    if (step == timeline.notes.end()) {
        return Error{
            "no step " + std::to_string(word.number) + " is in this recording (a program marks them with ttmem.step())",
            0};
    }
    return &*step;
}

Result<uint64_t> moment_ns(const Timeline& timeline, const MomentWord& word) {
    switch (word.of) {
        case MomentWord::Of::kBeginning:
            return saturating_sum(timeline.first_ns, word.number);
        case MomentWord::Of::kEpoch:
            return word.number;
        case MomentWord::Of::kShare:
            return timeline.first_ns +
                   static_cast<uint64_t>(word.share * static_cast<double>(timeline.last_ns - timeline.first_ns));
        case MomentWord::Of::kBegin:
            return timeline.first_ns;
        case MomentWord::Of::kEnd:
            return timeline.last_ns;
        case MomentWord::Of::kStep:
        case MomentWord::Of::kPeak:
            break;
    }
    const Result<const Note*> note = moment_note(timeline, word);
    return note ? Result<uint64_t>(note.value()->time_ns) : note.error();
}

Result<uint64_t> moment_ns(const recording::Reader& reader, const std::string& words) {
    const std::optional<MomentWord> word = parse_moment(words);
    if (!word) {
        return Error{"'" + words + "' is no moment; moments are " + kMomentForms, 0};
    }
    return moment_ns(make_timeline(reader), *word);
}

}  // namespace ttmem::replay
