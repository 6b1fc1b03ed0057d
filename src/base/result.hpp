// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The answer of something that may fail, outside the application's process (readers, tools, server).
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace ttmem {

// An error, described for a person: names the thing and, where there is one, the remedy.
struct Error {
    std::string message;
    int errno_value = 0;  // 0 when no system call failed
};

// Either a value or an Error. Access to the absent one is a programming error (throws std::bad_variant_access).
template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const { return held_.index() == 0; }
    explicit operator bool() const { return ok(); }
    T& value() { return std::get<0>(held_); }
    const T& value() const { return std::get<0>(held_); }
    const Error& error() const { return std::get<1>(held_); }

private:
    std::variant<T, Error> held_;
};

}  // namespace ttmem
