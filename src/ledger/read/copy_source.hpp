// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How the reader gets at bytes of a ledger, and how its parts give up. Inside the reader only: a part that finds the
// file wrong throws Stop, and the public functions turn it into their ReadError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "ledger/read/reader.hpp"

namespace ttmem::ledger {

// The end of a read. Thrown by the reader's parts, caught by Reader and read_sidecar, never seen outside.
struct Stop {
    ReadError error;
};

[[noreturn]] void stop(ReadFailure failure, std::string message, int errno_value = 0);
[[noreturn]] void stop_corrupt(std::string message);

// Copies from a ByteSource. Each copy is ordered after the one before it: the reader's consistency checks rely on that.
class CopySource {
public:
    explicit CopySource(const ByteSource& source) : source_(source) {}

    // Up to `bytes`; less only at the end of the file. Stops with kIo when the source refuses.
    uint64_t copy_some(uint64_t offset, void* to, uint64_t bytes) const;

    // All of `bytes`, or stops with kCorrupt: the file ends before what it said it holds.
    void copy(uint64_t offset, void* to, uint64_t bytes) const;

    template <typename Word>
    Word word(uint64_t offset) const {
        Word value{};
        copy(offset, &value, sizeof value);
        return value;
    }

private:
    const ByteSource& source_;
};

// Copies a record of the format out of raw bytes. The format's words are atomics with the bytes of plain integers
// (asserted there), so a copy of the bytes is a copy of the record.
template <typename Record>
void load_record(Record& to, const std::byte* from) {
    std::memcpy(static_cast<void*>(&to), from, sizeof(Record));
}

inline uint32_t load_word32(const std::byte* from) {
    uint32_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
}

inline uint64_t load_word64(const std::byte* from) {
    uint64_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
}

}  // namespace ttmem::ledger
