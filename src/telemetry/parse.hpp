// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Text of the driver's files to values, with the bounds of plausible values. Pure functions.
//
// The bounds exist because real cards and drivers have answered with junk: 3211313 mV and 3342387 A where the firmware
// had moved its tags (tt-kmd issue 213), 4294967295 RPM on a board without fans (tt-kmd pull request 282), all ones
// while a link is down.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/reading.hpp"

namespace ttmem::telemetry {

// The value, or why there is none (kUnknown: says "nothing"; kImplausible: says nonsense).
template <typename T>
struct Parsed {
    State state = State::kImplausible;
    std::optional<T> value;
};

// Smallest and largest raw value that is believed, and the unit of a raw value.
struct Scale {
    double unit;
    std::int64_t lowest;
    std::int64_t highest;
};

inline constexpr Scale kMilliCelsius{1e-3, -40'000, 150'000};
inline constexpr Scale kMilliCelsiusLimit{1e-3, 1'000, 150'000};  // a limit of nothing is no limit
// No card that answers takes less than a watt: a driver that reports milliwatts here is not believed.
inline constexpr Scale kMicroWatts{1e-6, 1'000'000, 1'000'000'000};
inline constexpr Scale kMicroWattsLimit{1e-6, 1, 1'000'000'000};
inline constexpr Scale kMilliVolts{1e-3, 0, 2'000};
inline constexpr Scale kMilliVoltsLimit{1e-3, 1, 2'000};
inline constexpr Scale kMilliAmperes{1e-3, 0, 1'000'000};
inline constexpr Scale kMilliAmperesLimit{1e-3, 1, 1'000'000};
inline constexpr Scale kRpm{1, 0, 20'000};
inline constexpr Scale kMegahertz{1, 0, 5'000};

// A decimal number, scaled. Text that is no number, or a number outside the bounds, is implausible.
Parsed<double> parse_scaled(std::string_view text, const Scale& scale);
// A 32-bit counter. 4294967295 is the answer of a dead link, and implausible.
Parsed<std::uint64_t> parse_counter(std::string_view text);
// A 32-bit counter that may legitimately stand at 4294967295: the caller decides.
std::optional<std::uint32_t> parse_u32(std::string_view text);
// tt_asic_id, tt_serial: 16 hexadecimal digits; all zeros and all ones are implausible.
Parsed<std::uint64_t> parse_id(std::string_view text);
// "19.6.0.0" or "7.2.0". All zeros or all ones (255.255.255.255, 255.15.4095) are implausible.
Parsed<std::string> parse_firmware_version(std::string_view text);
// "n150". "unknown" is the driver's word for a board that it does not know.
Parsed<std::string> parse_card_type(std::string_view text);
// "16.0 GT/s PCIe" in GT/s. "Unknown" is the kernel's word for a link that does not answer.
Parsed<double> parse_link_speed(std::string_view text);
// Lanes. 0 is unknown; a width that PCIe does not have (63: all ones) is implausible.
Parsed<double> parse_link_width(std::string_view text);

struct PidList {
    std::vector<int> pids;     // each once, ascending, without 0
    std::uint64_t hidden = 0;  // lines that said 0: a descriptor of a process outside the reader's pid namespace
};
// A decimal pid a line, a line for each open descriptor.
Parsed<PidList> parse_pids(std::string_view text);

// "2.10.0", "2.7.0-rc1": the first three numbers.
std::optional<std::array<int, 3>> parse_driver_version(std::string_view text);

// Without white space at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace ttmem::telemetry
