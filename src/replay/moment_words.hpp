// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A moment of a recording, as a person writes it on a command line or after T in the monitor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "recording/reader.hpp"
#include "replay/timeline.hpp"

namespace ttmem::replay {

struct MomentWord {
    enum class Of : uint8_t {
        kBeginning,  // "12.5": seconds after the recording's first event
        kEpoch,      // "@1700000000000000000": ns since 1970
        kShare,      // "40%": of the recording's time
        kStep,       // "step:140": as the program began that step (ttmem.step)
        kPeak,       // "peak": of the most bytes that an allocator held
        kBegin,      // "begin"
        kEnd         // "end"
    };
    Of of = Of::kBeginning;
    uint64_t number = 0;  // ns, or the step
    double share = 0;     // 0 to 1
};

// Pure. nullopt: it is none.
std::optional<MomentWord> parse_moment(const std::string& text);

// The forms that there are, for messages: "12.5 (seconds after the first event), 40%, ...".
inline constexpr const char* kMomentForms =
    "12.5 (seconds after the first event), 40%, @NS (since 1970), step:N, peak, begin or end";

// The time of a moment, in ns since 1970. Error: the words are none, or name no moment of this recording.
Result<uint64_t> moment_ns(const Timeline& timeline, const MomentWord& word);
Result<uint64_t> moment_ns(const recording::Reader& reader, const std::string& words);

// The note that is meant by a step or the peak. Error: the recording has none.
Result<const Note*> moment_note(const Timeline& timeline, const MomentWord& word);

}  // namespace ttmem::replay
