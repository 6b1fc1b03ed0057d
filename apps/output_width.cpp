// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output_width.hpp"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace ttmem {

void add_width_option(CLI::App& app, std::optional<size_t>& width) {
    app.add_option("--width", width,
                   "Columns to print in, from " + std::to_string(kLeastWidth) + " to " + std::to_string(kMostWidth) +
                       " (default: the terminal's; into a pipe or file\nwhat COLUMNS says, else " +
                       std::to_string(kUsualWidth) + ")")
        ->type_name("N")
        ->check(CLI::Range(kLeastWidth, kMostWidth).description(""));
}

size_t width_of_output(const std::optional<size_t>& given) {
    if (given) {
        return std::clamp(*given, kLeastWidth, kMostWidth);
    }
    winsize size{};
    if (isatty(STDOUT_FILENO) != 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return std::clamp<size_t>(size.ws_col, kLeastWidth, kMostWidth);
    }
    size_t width = 0;
    const char* text = std::getenv("COLUMNS");
    const char* const end = text == nullptr ? nullptr : text + std::strlen(text);
    if (text == nullptr || std::from_chars(text, end, width).ptr != end || width == 0) {
        return kUsualWidth;
    }
    return std::clamp(width, kLeastWidth, kMostWidth);
}

bool output_is_utf8() {
    std::setlocale(LC_CTYPE, "");
    return std::string_view(nl_langinfo(CODESET)) == "UTF-8";
}

}  // namespace ttmem
