// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How a text names one chip among several, and which chip a word on a command line names.
//
// tt-metal numbers the chips that a process sees from 0. With TT_VISIBLE_DEVICES (one process a chip) every process
// calls its chip 0, so a number alone may stand for several chips. A chip's short id is unique: its PCI address
// without a leading zero domain ("01:00.0"), else the beginning of its unique id ("0x2618f44e"), as long as it takes
// for no other chip of the list to have the same.
//
// Pure functions over plain values; safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/model.hpp"

namespace ttmem::api {

// The names and numbers of a chip. Absent or empty where unknown.
struct ChipIdentity {
    std::optional<int> id;         // tt-metal's number
    std::optional<int> kmd_index;  // the driver's, of a card that no process has opened
    std::string pci;
    std::optional<uint64_t> unique_id;
};

class DeviceNames {
public:
    DeviceNames() = default;
    explicit DeviceNames(std::vector<ChipIdentity> chips);
    explicit DeviceNames(const Model& model);

    size_t size() const { return chips_.size(); }

    // "01:00.0", "0x2618f44e"; empty when the chip has neither.
    const std::string& short_id(DeviceIndex chip) const { return short_ids_[chip]; }

    // True when another chip of the list has the same number.
    bool is_ambiguous(DeviceIndex chip) const { return ambiguous_[chip]; }

    // tt-metal's number, with the short id after it where another chip has the same number: "0", "0 (01:00.0)".
    // `unknown` without a number. A chip without a short id is then named by its index: "0 (index:2)".
    std::string label(DeviceIndex chip, std::string_view unknown = "-") const;

    // Columns that the widest label takes: 1 of "0".
    size_t widest() const;

    // Several chips: "0-7,9" where each number is one chip's, "0 (01:00.0),0 (41:00.0)" where chips share a number;
    // `unknown` for an empty list.
    std::string labels(const std::vector<DeviceIndex>& chips, std::string_view unknown = "-") const;
    // The chips that a process uses. The process must be of the model that these names are of.
    std::string labels(const Process& process, std::string_view unknown = "-") const;

    // The chip that a word names:
    //   3                    tt-metal's number; an error when several chips have it
    //   index:2              the place in the list
    //   pci:41:00.0, 41:00.0 the PCI address, with or without its domain
    //   0x2618f44            the beginning of a unique id
    // The error lists what would name one.
    Result<DeviceIndex> choose(std::string_view word) const;

private:
    std::string list_of(const std::vector<DeviceIndex>& chips) const;

    std::vector<ChipIdentity> chips_;
    std::vector<std::string> short_ids_;
    std::vector<bool> ambiguous_;
};

// Whether labels() names the chip that label() calls `label`. A number alone, from a time when no other chip had it,
// names every chip of that number.
bool names_chip(std::string_view labels, std::string_view label);

// "0-7,9", from numbers in any order; "" from none.
std::string number_ranges(std::vector<int> numbers);

// Empty when the word has one of the forms above, else what is wrong with it.
std::string device_word_complaint(const std::string& word);

}  // namespace ttmem::api
