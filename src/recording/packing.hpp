// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Numbers, texts and columns of numbers as bytes, and back. The reading side believes nothing: what does not fit makes
// ok() false, and everything read from then on is 0.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace ttmem::recording {

// Zigzag encoding: small differences of either sign become small unsigned numbers.
constexpr uint64_t zigzag(uint64_t difference) {
    return difference << 1 ^ (static_cast<int64_t>(difference) < 0 ? ~uint64_t{0} : 0);
}
constexpr uint64_t unzigzag(uint64_t value) {
    return value >> 1 ^ ((value & 1) != 0 ? ~uint64_t{0} : 0);
}

class Packer {
public:
    // LEB128: seven bits a byte, the lowest first.
    void number(uint64_t value) {
        while (value >= 0x80) {
            bytes_.push_back(static_cast<char>(value | 0x80));
            value >>= 7;
        }
        bytes_.push_back(static_cast<char>(value));
    }
    void text(std::string_view value) {
        number(value.size());
        bytes_.append(value);
    }
    // A field of many records: each value as its difference to the last record's.
    template <typename Records, typename Field>
    void column(const Records& records, const Field& field) {
        uint64_t before = 0;
        for (const auto& record : records) {
            const uint64_t value = field(record);
            number(zigzag(value - before));
            before = value;
        }
    }
    // Bytes that another one packed.
    void raw(std::string_view bytes) { bytes_.append(bytes); }
    const std::string& bytes() const { return bytes_; }
    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

class Unpacker {
public:
    explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}

    uint64_t number() {
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (at_ == bytes_.size()) {
                break;
            }
            const auto byte = static_cast<unsigned char>(bytes_[at_++]);
            value |= uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) {
                return value;
            }
        }
        fail();
        return 0;
    }
    // At most `most`, else the whole is not ok.
    uint64_t number_up_to(uint64_t most) {
        const uint64_t value = number();
        if (value > most) {
            fail();
            return 0;
        }
        return value;
    }
    // Reads the number of records that take at least `least` bytes each; fails when the bytes left cannot hold so many.
    uint64_t count(uint64_t least = 1) {
        const uint64_t value = number();
        if (value > (bytes_.size() - at_) / least) {
            fail();
            return 0;
        }
        return value;
    }
    std::string_view text() {
        const uint64_t size = count();
        const std::string_view value = bytes_.substr(at_, size);
        at_ += size;
        return value;
    }
    template <typename Records, typename Store>
    void column(Records& records, const Store& store) {
        uint64_t value = 0;
        for (auto& record : records) {
            value += unzigzag(number());
            store(record, value);
        }
    }
    // The bytes that are not read yet.
    std::string_view rest() const { return bytes_.substr(at_); }
    bool ok() const { return ok_; }
    bool at_end() const { return at_ == bytes_.size(); }

private:
    void fail() {
        ok_ = false;
        at_ = bytes_.size();
    }

    std::string_view bytes_;
    size_t at_ = 0;
    bool ok_ = true;
};

}  // namespace ttmem::recording
