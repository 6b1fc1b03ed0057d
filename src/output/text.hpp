// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Values as text for people, and text fitted to columns. Pure; no locale is asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "model/model.hpp"

namespace ttmem::monitor {

inline constexpr const char* kUnknown = "-";

// "512 B", "1.5 KiB", "31.9 GiB"; "-" when absent. Rounded to one decimal.
std::string human_bytes(const api::Bytes& bytes);

// "2113536 (2.0 MiB)"; small ones without the second figure; "-" when absent.
std::string exact_bytes(const api::Bytes& bytes);

// "512B", "1.5K", "31.9G": as human_bytes in at most seven columns, for tables.
std::string short_bytes(const api::Bytes& bytes);

// "3.8%"; "-" when either is absent or the whole is 0.
std::string percent(const api::Bytes& part, const api::Bytes& whole);

// "[####------]", `width` columns in all (at least 3); empty when either is absent or the whole is 0. Any use at all
// shows, and only a full one fills the bar.
std::string bar(const api::Bytes& part, const api::Bytes& whole, size_t width);

// "2026-11-23 05:33:48" in local time.
std::string local_time(uint64_t time_ns);

// "0-7,9", in ascending order; "-" for an empty list.
std::string ranges(std::vector<int> numbers);

// The text made safe for a terminal: control characters and broken UTF-8 become "?".
std::string printable(std::string_view text);

// The first character of a text that is not empty (base/text.hpp).
struct Character : Utf8Character {
    bool safe() const;  // good, and neither steers a terminal nor turns the direction of the text after it
};
Character next_character(std::string_view text);

void append_utf8(std::string& text, char32_t code);
std::string utf8(char32_t code);

// Without its first `by` columns; a wide character that is cut in two leaves a blank.
std::string shifted(std::string_view text, size_t by);

// Columns that a character takes: East Asian wide ones two, combining ones none.
size_t width_of(char32_t code);

// Columns that printable UTF-8 takes on a terminal (East Asian wide ones two, combining ones none).
size_t columns(std::string_view text);

// Cut to `width` columns (the last one then is "~"), or filled with blanks on the right.
std::string fit_left(std::string_view text, size_t width);
// Filled on the left; a number is never cut.
std::string fit_right(std::string_view text, size_t width);
// Cut only.
std::string cut(std::string_view text, size_t width);

// The text cut at its beginning ("~" stands for it): the end of a name says more.
std::string cut_front(std::string_view text, size_t width);

// The end of a path: the file and its folder.
std::string_view short_path(std::string_view path);

// A command line for `width` columns: where it is too long, programs and files go without their folders ("python
// train.py
// --steps 3"), the program first, then the others.
std::string fit_command(std::string_view command, size_t width);

// "Wormhole", "Blackhole"; "Device" with an unknown architecture.
std::string architecture(const api::Device& device);

// "Device 0", "Card 0"; "Device 0 (01:00.0)" where another device of the model has the same number. `device` is one of
// model.devices.
std::string device_name(const api::Model& model, const api::Device& device);

// "Device 0: Blackhole (31GB DRAM, 306MB L1)", whole GiB and MiB of its physical memory. A card
// that no process has opened has no device id: "Card 0: Blackhole", by its number at the driver.
// `device` is one of model.devices.
std::string device_title(const api::Model& model, const api::Device& device);

}  // namespace ttmem::monitor
