// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "model/device_names.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <set>
#include <utility>

namespace ttmem::api {
namespace {

constexpr std::string_view kIndexPrefix = "index:";
constexpr std::string_view kPciPrefix = "pci:";
constexpr std::string_view kZeroDomain = "0000:";
constexpr size_t kLeastDigits = 8;  // of a unique id, so that a short id is long enough to be remembered as one

std::string lower(std::string_view text) {
    std::string all(text);
    for (char& letter : all) {
        letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    }
    return all;
}

std::string hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

std::string_view without_domain(std::string_view pci) {
    return pci.starts_with(kZeroDomain) ? pci.substr(kZeroDomain.size()) : pci;
}

// The whole of a text as a decimal number.
template <typename T>
std::optional<T> whole_number(std::string_view text) {
    T value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional<T>(value) : std::nullopt;
}

bool is_hex(std::string_view text) {
    return text.size() > 2 && text.starts_with("0x") &&
           text.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

bool is_pci(std::string_view text) {
    return text.find(':') != std::string_view::npos &&
           text.find_first_not_of("0123456789abcdef:.") == std::string_view::npos;
}

// Digits after "0x" by which all of these ids differ.
size_t digits_to_tell_apart(const std::set<std::string>& ids) {
    size_t digits = kLeastDigits;
    for (auto id = ids.begin(); id != ids.end() && std::next(id) != ids.end(); ++id) {
        const std::string& next = *std::next(id);
        size_t same = 0;
        while (same < id->size() && same < next.size() && (*id)[same] == next[same]) {
            ++same;
        }
        digits = std::max(digits, same + 1 - 2);
    }
    return digits;
}

}  // namespace

std::string number_ranges(std::vector<int> numbers) {
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    std::string text;
    for (size_t i = 0; i < numbers.size();) {
        size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) {
            ++last;
        }
        text += (text.empty() ? "" : ",") + std::to_string(numbers[i]);
        if (last > i) {
            text += "-" + std::to_string(numbers[last]);
        }
        i = last + 1;
    }
    return text;
}

DeviceNames::DeviceNames(std::vector<ChipIdentity> chips) : chips_(std::move(chips)) {
    std::set<std::string> unique_ids;
    std::map<int, size_t> numbers;
    std::map<std::string, size_t> addresses;
    for (const ChipIdentity& chip : chips_) {
        if (chip.unique_id) {
            unique_ids.insert(hex(*chip.unique_id));
        }
        if (chip.id) {
            ++numbers[*chip.id];
        }
        ++addresses[chip.pci];
    }
    const size_t digits = digits_to_tell_apart(unique_ids);
    for (const ChipIdentity& chip : chips_) {
        // A remote chip may be reported with the address of the card that leads to it.
        short_ids_.push_back(!chip.pci.empty() && addresses[chip.pci] == 1 ? std::string(without_domain(chip.pci))
                             : chip.unique_id                              ? hex(*chip.unique_id).substr(0, 2 + digits)
                                                                           : std::string());
        ambiguous_.push_back(chip.id && numbers[*chip.id] > 1);
    }
}

DeviceNames::DeviceNames(const Model& model)
    : DeviceNames([&model] {
          std::vector<ChipIdentity> chips;
          for (const Device& device : model.devices) {
              chips.push_back(
                  {device.id, device.kmd_index, device.remote ? "" : device.pci.value_or(""), device.unique_id});
          }
          return chips;
      }()) {}

std::string DeviceNames::label(DeviceIndex chip, std::string_view unknown) const {
    if (!chips_[chip].id) {
        return std::string(unknown);
    }
    const std::string number = std::to_string(*chips_[chip].id);
    if (!ambiguous_[chip]) {
        return number;
    }
    return number + " (" + (short_ids_[chip].empty() ? "index:" + std::to_string(chip) : short_ids_[chip]) + ")";
}

size_t DeviceNames::widest() const {
    size_t most = 1;
    for (DeviceIndex chip{0}; chip < chips_.size(); ++chip) {
        most = std::max(most, label(chip).size());
    }
    return most;
}

std::string DeviceNames::labels(const std::vector<DeviceIndex>& chips, std::string_view unknown) const {
    std::vector<int> numbers;
    std::vector<std::string> words;
    for (const DeviceIndex chip : chips) {
        if (ambiguous_[chip]) {
            words.push_back(label(chip));
        } else if (chips_[chip].id) {
            numbers.push_back(*chips_[chip].id);
        }
    }
    std::string text = number_ranges(std::move(numbers));
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ",") + word;
    }
    return text.empty() ? std::string(unknown) : text;
}

std::string DeviceNames::labels(const Process& process, std::string_view unknown) const {
    std::vector<DeviceIndex> chips;
    for (const ProcessDevice& use : process.devices) {
        chips.push_back(use.device);
    }
    return labels(chips, unknown);
}

std::string DeviceNames::list_of(const std::vector<DeviceIndex>& chips) const {
    std::string text;
    for (const DeviceIndex chip : chips) {
        text += (text.empty() ? "index:" : ", index:") + std::to_string(chip);
        std::string more = chips_[chip].id          ? "device " + std::to_string(*chips_[chip].id)
                           : chips_[chip].kmd_index ? "card " + std::to_string(*chips_[chip].kmd_index)
                                                    : std::string();
        if (!chips_[chip].pci.empty()) {
            more += (more.empty() ? "pci:" : ", pci:") + std::string(without_domain(chips_[chip].pci));
        }
        if (chips_[chip].unique_id) {
            more += (more.empty() ? "" : ", ") + hex(*chips_[chip].unique_id);
        }
        text += more.empty() ? "" : " (" + more + ")";
    }
    return text;
}

Result<DeviceIndex> DeviceNames::choose(std::string_view word_as_given) const {
    const std::string word = lower(word_as_given);
    std::vector<DeviceIndex> all;
    std::vector<DeviceIndex> found;
    for (DeviceIndex chip{0}; chip < chips_.size(); ++chip) {
        const ChipIdentity& known = chips_[chip];
        const std::string_view pci =
            word.starts_with(kPciPrefix) ? std::string_view(word).substr(kPciPrefix.size()) : std::string_view(word);
        const bool named = word.starts_with(kIndexPrefix)
                               ? whole_number<size_t>(std::string_view(word).substr(kIndexPrefix.size())) == chip
                           : is_hex(word) ? known.unique_id && hex(*known.unique_id).starts_with(word)
                           : is_pci(pci) ? !known.pci.empty() && without_domain(lower(known.pci)) == without_domain(pci)
                                         : known.id && known.id == whole_number<int>(word);
        all.push_back(chip);
        if (named) {
            found.push_back(chip);
        }
    }
    if (found.size() == 1) {
        return found[0];
    }
    const std::string given(word_as_given);
    if (found.size() > 1) {
        return Error{"several devices are '" + given + "', name one of " + list_of(found)};
    }
    if (all.empty()) {
        return Error{"there is no device '" + given + "' (no tracked process has opened one)"};
    }
    return Error{"there is no device '" + given + "' (there are " + list_of(all) + ")"};
}

bool names_chip(std::string_view labels, std::string_view label) {
    const std::optional<int> number = whole_number<int>(label.substr(0, label.find(' ')));
    while (!labels.empty()) {
        const size_t comma = std::min(labels.find(','), labels.size());
        const std::string_view word = labels.substr(0, comma);
        labels.remove_prefix(std::min(comma + 1, labels.size()));
        if (word == label) {
            return true;
        }
        const size_t dash = std::min(word.find('-'), word.size());
        const std::optional<int> first = whole_number<int>(word.substr(0, dash));
        const std::optional<int> last = dash < word.size() ? whole_number<int>(word.substr(dash + 1)) : first;
        if (number && first && last && *first <= *number && *number <= *last) {
            return true;
        }
    }
    return false;
}

std::string device_word_complaint(const std::string& word_as_given) {
    const std::string word = lower(word_as_given);
    const bool good =
        word.starts_with(kIndexPrefix) ? whole_number<size_t>(word.substr(kIndexPrefix.size())).has_value()
        : word.starts_with(kPciPrefix) ? is_pci(word.substr(kPciPrefix.size()))
                                       : is_hex(word) || is_pci(word) || whole_number<int>(word).value_or(-1) >= 0;
    return good ? ""
                : "a device is tt-metal's number, index:N, a PCI address (pci:01:00.0) or the beginning of a unique id "
                  "(0x2618f44), not '" +
                      word_as_given + "'";
}

}  // namespace ttmem::api
