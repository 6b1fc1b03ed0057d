// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How a stand-in's arguments and result travel, as data, for the tests: derived from its type by the rules of the
// x86-64 psABI 3.2.3 for what the hooks meet (integers, pointers, classes of at most 16 bytes that travel as bytes,
// classes that are returned by a hidden address, and arguments that travel by the address of a copy).
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tt_metal/release/stand_ins.hpp"

namespace ttmem::tt_metal::testing {

struct Passing {
    // "none", "bool", "integer", "pointer", "bytes"; of results "hidden": written where an address leads that is passed
    // first; of arguments "copy": the address of a copy.
    std::string_view how;
    size_t bytes;
    std::string_view type;  // our name for it
};

// "ttmem::tt_metal::Buffer*", as the compiler writes it.
template <typename T>
constexpr std::string_view type_name() {
    constexpr std::string_view text =
        __PRETTY_FUNCTION__;  // "... type_name() [with T = Buffer*; std::string_view = ...]"
    constexpr size_t begin = text.find("T = ") + 4;
    return text.substr(begin, text.find_first_of(";]", begin) - begin);
}

template <typename T>
constexpr Passing passing() {
    if constexpr (std::is_void_v<T>) {
        return {"none", 0, type_name<T>()};
    } else if constexpr (std::is_same_v<T, bool>) {
        return {"bool", 1, type_name<T>()};
    } else if constexpr (std::is_integral_v<T>) {
        return {"integer", sizeof(T), type_name<T>()};
    } else if constexpr (std::is_pointer_v<T>) {
        return {"pointer", sizeof(T), type_name<T>()};
    } else {
        return {kTravelsAsBytes<T> && sizeof(T) <= 16 ? "bytes" : "hidden", sizeof(T), type_name<T>()};
    }
}

struct Row {
    std::string_view stand_in;
    const char* name;  // mangled
    std::string_view kind;
    int since, until;  // releases that export it: 66 is 0.66.0
    Passing result;
    std::vector<Passing> arguments;  // `this` too
};

template <typename T>
constexpr Passing argument() {
    const Passing found = passing<T>();
    return found.how == "hidden" ? Passing{"copy", sizeof(void*), found.type} : found;
}

template <typename StandInType>
struct SignatureOf;
template <typename Result, typename... Arguments>
struct SignatureOf<Result(Arguments...)> {
    static Row row(std::string_view stand_in, const char* name, std::string_view kind, int since, int until) {
        return {stand_in, name, kind, since, until, passing<Result>(), {argument<Arguments>()...}};
    }
};

inline const std::vector<Row>& all_rows() {
#define TTMEM_ROW(often, kind, since, until, stand_in, original, name, ...) \
    SignatureOf<decltype(stand_in)>::row(#stand_in, name, #kind, since, until),
    static const std::vector<Row> rows{TTMEM_HOOKED_FUNCTIONS(TTMEM_ROW)};
#undef TTMEM_ROW
    return rows;
}

}  // namespace ttmem::tt_metal::testing
