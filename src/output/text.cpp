// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

#include "model/device_names.hpp"

namespace ttmem::monitor {
namespace {

constexpr uint64_t kMebi = 1024 * 1024;
constexpr uint64_t kGibi = 1024 * kMebi;

bool in(char32_t code, char32_t first, char32_t last) {
    return code >= first && code <= last;
}

// Control characters, and marks that turn the direction of text: a process name must not rewrite the screen.
bool is_control(char32_t code) {
    return code < 0x20 || in(code, 0x7f, 0x9f) || in(code, 0x200e, 0x200f) || in(code, 0x2028, 0x202e) ||
           in(code, 0x2066, 0x2069);
}

}  // namespace

bool Character::safe() const {
    return good && !is_control(code);
}

Character next_character(std::string_view text) {
    return Character{first_utf8_character(text)};
}

void append_utf8(std::string& text, char32_t code) {
    const auto byte = [&](char32_t value) { text += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xc0 | code >> 6);
        byte(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        byte(0xe0 | code >> 12);
        byte(0x80 | (code >> 6 & 0x3f));
        byte(0x80 | (code & 0x3f));
    } else {
        byte(0xf0 | code >> 18);
        byte(0x80 | (code >> 12 & 0x3f));
        byte(0x80 | (code >> 6 & 0x3f));
        byte(0x80 | (code & 0x3f));
    }
}

std::string utf8(char32_t code) {
    std::string text;
    append_utf8(text, code);
    return text;
}

size_t width_of(char32_t code) {
    if (in(code, 0x300, 0x36f) || in(code, 0x200b, 0x200d) || in(code, 0xfe00, 0xfe0f) || in(code, 0x20d0, 0x20ff)) {
        return 0;
    }
    const bool wide = in(code, 0x1100, 0x115f) || in(code, 0x2e80, 0x303e) || in(code, 0x3041, 0xa4cf) ||
                      in(code, 0xac00, 0xd7a3) || in(code, 0xf900, 0xfaff) || in(code, 0xfe30, 0xfe6f) ||
                      in(code, 0xff00, 0xff60) || in(code, 0xffe0, 0xffe6) || in(code, 0x1f300, 0x1faff) ||
                      in(code, 0x20000, 0x3fffd);
    return wide ? 2 : 1;
}

std::string shifted(std::string_view text, size_t by) {
    std::string_view rest = text;
    size_t gone = 0;
    while (!rest.empty() && gone < by) {
        const Character character = next_character(rest);
        gone += width_of(character.code);
        rest.remove_prefix(character.bytes);
    }
    return std::string(gone > by ? gone - by : 0, ' ') + std::string(rest);
}

std::string short_bytes(const api::Bytes& bytes) {
    std::string text = human_bytes(bytes);
    if (bytes) {
        const size_t blank = text.find(' ');
        text.erase(blank, 1);
        text.resize(blank + 1);
    }
    return text;
}

std::string human_bytes(const api::Bytes& bytes) {
    if (!bytes) {
        return kUnknown;
    }
    if (*bytes < 1024) {
        return std::to_string(*bytes) + " B";
    }
    constexpr std::array<const char*, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = static_cast<double>(*bytes) / 1024;
    size_t unit = 0;
    // 1023.95 would be shown as 1024.0.
    while (value >= 1023.95 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %s", value, kUnits[unit]);
    return text;
}

std::string exact_bytes(const api::Bytes& bytes) {
    if (!bytes) {
        return kUnknown;
    }
    return *bytes < 1024 ? std::to_string(*bytes) : std::to_string(*bytes) + " (" + human_bytes(bytes) + ")";
}

std::string percent(const api::Bytes& part, const api::Bytes& whole) {
    if (!part || !whole || *whole == 0) {
        return kUnknown;
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.1f%%", 100.0 * static_cast<double>(*part) / static_cast<double>(*whole));
    return text;
}

std::string bar(const api::Bytes& part, const api::Bytes& whole, size_t width) {
    if (!part || !whole || *whole == 0) {
        return "";
    }
    const size_t cells = std::max<size_t>(width, 3) - 2;
    const double share = static_cast<double>(*part) / static_cast<double>(*whole);
    size_t full = share >= 1 ? cells : static_cast<size_t>(share * static_cast<double>(cells) + 0.5);
    if (*part > 0) {
        full = std::max<size_t>(full, 1);
    }
    if (*part < *whole && cells > 1) {
        full = std::min(full, cells - 1);
    }
    return "[" + std::string(full, '#') + std::string(cells - full, '-') + "]";
}

std::string local_time(uint64_t time_ns) {
    const auto seconds = static_cast<time_t>(time_ns / 1'000'000'000);
    tm parts{};
    localtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    return text;
}

std::string ranges(std::vector<int> numbers) {
    return numbers.empty() ? kUnknown : api::number_ranges(std::move(numbers));
}

std::string printable(std::string_view text) {
    std::string clean;
    while (!text.empty()) {
        const Character character = next_character(text);
        if (character.safe()) {
            clean += text.substr(0, character.bytes);
        } else {
            clean += '?';
        }
        text.remove_prefix(character.bytes);
    }
    return clean;
}

size_t columns(std::string_view text) {
    size_t count = 0;
    while (!text.empty()) {
        const Character character = next_character(text);
        count += character.good ? width_of(character.code) : 1;
        text.remove_prefix(character.bytes);
    }
    return count;
}

std::string cut(std::string_view text, size_t width) {
    if (columns(text) <= width) {
        return std::string(text);
    }
    if (width == 0) {
        return "";
    }
    size_t used = 0;
    size_t bytes = 0;
    while (bytes < text.size()) {
        const Character character = next_character(text.substr(bytes));
        const size_t wide = character.good ? width_of(character.code) : 1;
        if (used + wide > width - 1) {
            break;
        }
        used += wide;
        bytes += character.bytes;
    }
    return std::string(text.substr(0, bytes)) + "~";
}

std::string cut_front(std::string_view text, size_t width) {
    const size_t wide = columns(text);
    if (wide <= width) {
        return std::string(text);
    }
    if (width == 0) {
        return "";
    }
    return "~" + shifted(text, wide - width + 1);
}

std::string fit_left(std::string_view text, size_t width) {
    std::string fitted = cut(text, width);
    const size_t used = columns(fitted);
    return fitted.append(width > used ? width - used : 0, ' ');
}

std::string fit_right(std::string_view text, size_t width) {
    const size_t used = columns(text);
    return std::string(width > used ? width - used : 0, ' ') + std::string(text);
}

std::string_view short_path(std::string_view path) {
    const size_t file = path.rfind('/');
    const size_t folder = file == std::string_view::npos || file == 0 ? file : path.rfind('/', file - 1);
    return folder == std::string_view::npos ? path : path.substr(folder + 1);
}

std::string fit_command(std::string_view command, size_t width) {
    if (columns(command) <= width) {
        return std::string(command);
    }
    const size_t end = std::min(command.find(' '), command.size());
    const size_t slash = command.substr(0, end).rfind('/');
    std::string shorter(command.substr(slash == std::string_view::npos ? 0 : slash + 1));
    if (columns(shorter) <= width) {
        return shorter;
    }
    for (size_t at = shorter.find(" /"); at != std::string::npos; at = shorter.find(" /", at + 1)) {
        const size_t last = std::min(shorter.find(' ', at + 1), shorter.size());
        const size_t folder = shorter.rfind('/', last - 1);
        if (folder + 1 < last) {
            shorter.erase(at + 1, folder - at);
        }
    }
    return shorter;
}

std::string architecture(const api::Device& device) {
    if (device.arch == "wormhole_b0") {
        return "Wormhole";
    }
    if (device.arch.empty()) {
        return "Device";
    }
    std::string name = printable(device.arch);
    name[0] = static_cast<char>(name[0] >= 'a' && name[0] <= 'z' ? name[0] - 'a' + 'A' : name[0]);
    return name;
}

std::string device_name(const api::Model& model, const api::Device& device) {
    if (!device.id) {
        return device.kmd_index ? "Card " + std::to_string(*device.kmd_index) : std::string("Device ") + kUnknown;
    }
    const auto same = std::count_if(model.devices.begin(), model.devices.end(),
                                    [&](const api::Device& other) { return other.id == device.id; });
    const api::DeviceIndex index(&device - model.devices.data());
    return "Device " + (same > 1 ? printable(api::DeviceNames(model).label(index)) : std::to_string(*device.id));
}

std::string device_title(const api::Model& model, const api::Device& device) {
    std::string title = device_name(model, device);
    title += ": " + (device.arch.empty() ? "unknown architecture" : architecture(device));
    const api::Bytes dram = device.memory[api::MemoryKind::kDram].physical_bytes;
    const api::Bytes l1 = device.memory[api::MemoryKind::kL1].physical_bytes;
    if (dram || l1) {
        title += " (" + (dram ? std::to_string(*dram / kGibi) + "GB" : kUnknown) + " DRAM, " +
                 (l1 ? std::to_string(*l1 / kMebi) + "MB" : kUnknown) + " L1)";
    }
    return title;
}

}  // namespace ttmem::monitor
