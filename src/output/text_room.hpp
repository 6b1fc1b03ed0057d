// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Long texts in pieces: room to write into, handed on whenever a piece is full, so that a text of any length takes the
// memory of one piece. One thread at a time.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace ttmem::output {

// Takes a piece of a text, valid during the call. False: no more is wanted (the reader is gone).
using TextSink = std::function<bool(std::string_view)>;

class TextRoom {
public:
    static constexpr size_t kPiece = size_t{1} << 18;
    static constexpr size_t kMostNumber = 20;  // characters of a 64-bit number

    explicit TextRoom(TextSink sink) : sink_(std::move(sink)), bytes_(kPiece) {}
    TextRoom(const TextRoom&) = delete;
    TextRoom& operator=(const TextRoom&) = delete;
    ~TextRoom() { flush(); }

    void put(std::string_view text) {
        if (text.size() > kPiece) {  // a piece of its own
            good_ = flush() && sink_(text);
            return;
        }
        make_room(text.size());
        std::memcpy(bytes_.data() + used_, text.data(), text.size());
        used_ += text.size();
    }
    void put(uint64_t number) {
        make_room(kMostNumber);
        char* const begin = bytes_.data() + used_;
        used_ += static_cast<size_t>(std::to_chars(begin, begin + kMostNumber, number).ptr - begin);
    }
    // Hands on the bytes in the room. False: the sink took no more, now or before.
    bool flush() {
        if (used_ > 0 && good_) {
            good_ = sink_({bytes_.data(), used_});
        }
        used_ = 0;
        return good_;
    }
    bool good() const { return good_; }

private:
    void make_room(size_t bytes) {
        if (bytes_.size() - used_ < bytes) {
            flush();
        }
    }

    TextSink sink_;
    std::vector<char> bytes_;
    size_t used_ = 0;
    bool good_ = true;
};

}  // namespace ttmem::output
