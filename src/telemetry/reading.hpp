// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A measured value and how far it may be trusted. An unknown value is never a zero.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace ttmem::telemetry {

enum class State : std::uint8_t {
    kUnknown,      // not published: the driver is too old, the firmware has no such sensor, or nothing was read yet
    kKnown,        // read, and within what a card can be
    kStale,        // known once; the last attempts failed or are still waiting, so the value is old (see its age)
    kInReset,      // the chip is between a reset and its re-initialisation, and the driver answers ENODATA
    kImplausible,  // the file has a value that no card can have (all ones, 3 MV, 65535 degrees)
    kGone,         // the device has left the machine, or its driver was unloaded
};

// A word for people and for JSON: "known", "in_reset", ...
std::string_view to_string(State state);

// `value` is set exactly when `state` is kKnown or kStale.
template <typename T>
struct Reading {
    State state = State::kUnknown;
    std::optional<T> value;
    std::uint64_t read_at_ns = 0;  // CLOCK_MONOTONIC when `value` was read; means nothing without a value

    bool known() const { return state == State::kKnown; }
    // How old the value is at `now_ns`; nothing when there is no value.
    std::optional<std::uint64_t> age_ns(std::uint64_t now_ns) const {
        if (!value) {
            return std::nullopt;
        }
        return now_ns > read_at_ns ? now_ns - read_at_ns : 0;
    }
    void set(T new_value, std::uint64_t at_ns) {
        state = State::kKnown;
        value = std::move(new_value);
        read_at_ns = at_ns;
    }
    // Takes the value away and says why there is none.
    void clear(State why) {
        state = why;
        value.reset();
    }
    // Keeps a value that there was; without one the answer is "unknown".
    void keep_as_stale() { state = value ? State::kStale : State::kUnknown; }
};

}  // namespace ttmem::telemetry
