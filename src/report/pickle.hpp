// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Writes Python's pickle format, protocol 2, of dictionaries, lists, texts and numbers alone: what torch's viewer of
// memory snapshots (JavaScript) can read. Nothing is ever read from a pickle.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ttmem::report {

class Pickle {
public:
    // A part of one, to be put into another.
    Pickle() = default;
    static Pickle whole() {
        Pickle begun;
        begun.bytes_ = "\x80\x02";
        return begun;
    }
    Pickle& part(const Pickle& other) {
        bytes_ += other.bytes_;
        return *this;
    }

    Pickle& none() { return put('N'); }
    Pickle& boolean(bool value) { return put(value ? '\x88' : '\x89'); }
    Pickle& number(uint64_t value) {
        if (value <= INT32_MAX) {
            return put('J').little(value, 4);
        }
        return put('\x8a').put('\x09').little(value, 8).put('\0');  // signed: a zero byte in front
    }
    Pickle& text(std::string_view value) {
        put('X').little(value.size(), 4);
        bytes_.append(value);
        return *this;
    }
    Pickle& begin_dictionary() { return put('}').put('('); }
    Pickle& end_dictionary() { return put('u'); }
    Pickle& begin_list() { return put(']').put('('); }
    Pickle& end_list() { return put('e'); }
    Pickle& begin_tuple() { return put('('); }
    Pickle& end_tuple() { return put('t'); }

    // keep() stores the value written last under a number, unique in the pickle; again() writes it in five bytes.
    Pickle& keep(uint32_t number) { return put('r').little(number, 4); }
    Pickle& again(uint32_t kept) { return put('j').little(kept, 4); }

    std::string take() { return put('.').bytes_; }

private:
    Pickle& put(char byte) {
        bytes_.push_back(byte);
        return *this;
    }
    Pickle& little(uint64_t value, int count) {
        for (int i = 0; i < count; ++i) {
            bytes_.push_back(static_cast<char>(value >> (8 * i)));
        }
        return *this;
    }

    std::string bytes_;
};

}  // namespace ttmem::report
