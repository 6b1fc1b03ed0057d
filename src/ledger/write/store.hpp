// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How the writer stores and reads a word of the ledger. Each store is a release, which on x86-64 is a plain store, so
// that a live reader on any processor sees the stores in the order of the program.
#pragma once

#include <atomic>
#include <cstdint>

#include "ledger/format_words.hpp"

// Of functions that are part of every event: a report is one function from the client's entry to the last store.
#define TTMEM_HOT inline __attribute__((always_inline))

namespace ttmem::ledger {

template <typename Word, typename Value>
inline void put(Word& word, Value value) noexcept {
    word.store(value, std::memory_order_release);
}

template <typename Word>
inline auto get(const Word& word) noexcept {
    return word.load(std::memory_order_relaxed);
}

inline void raise_to(Word64& word, uint64_t value) noexcept {
    uint64_t seen = get(word);
    while (value > seen && !word.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
}

}  // namespace ttmem::ledger
