// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Remembers answers that are asked for again and again: a direct-mapped table that is read without a lock or a locked
// instruction. An entry that is being written, by any thread, is one that is not there.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ttmem {

// Safe from any thread. Constant-initialised, never destroyed. No key is all zeros.
template <size_t kKeyWords, size_t kValueWords, size_t kEntries>
class Memo {
    static_assert((kEntries & (kEntries - 1)) == 0, "a power of two");

public:
    using Key = std::array<uint64_t, kKeyWords>;
    using Value = std::array<uint64_t, kValueWords>;

    // False: not remembered. `value` is then of no meaning.
    bool find(const Key& key, Value& value) const noexcept {
        const Entry& entry = entries_[place(key)];
        const uint32_t version = entry.version.load(std::memory_order_acquire);
        uint64_t differs = version & 1;
        for (size_t i = 0; i < kKeyWords; ++i) {
            differs |= entry.key[i].load(std::memory_order_relaxed) ^ key[i];
        }
        for (size_t i = 0; i < kValueWords; ++i) {
            value[i] = entry.value[i].load(std::memory_order_relaxed);
        }
        std::atomic_thread_fence(std::memory_order_acquire);
        return differs == 0 && entry.version.load(std::memory_order_relaxed) == version;
    }

    // Where find(key) looks, for a caller that asks for the cache line before.
    const void* line(const Key& key) const noexcept { return &entries_[place(key)]; }

    // Replaces the entry at the key's place. Does nothing while another thread writes there.
    void remember(const Key& key, const Value& value) noexcept {
        write(entries_[place(key)], [&](Entry& entry) {
            for (size_t i = 0; i < kKeyWords; ++i) {
                entry.key[i].store(key[i], std::memory_order_relaxed);
            }
            for (size_t i = 0; i < kValueWords; ++i) {
                entry.value[i].store(value[i], std::memory_order_relaxed);
            }
        });
    }

    // Afterwards find(key) is false. The caller makes sure that no thread calls remember() with that key meanwhile.
    void forget(const Key& key) noexcept {
        Value ignored;
        if (find(key, ignored)) {
            write(entries_[place(key)], [](Entry& entry) {
                for (auto& word : entry.key) {
                    word.store(0, std::memory_order_relaxed);
                }
            });
        }
    }

private:
    struct alignas(8 * (1 + kKeyWords + kValueWords) > 32 ? 64 : 32) Entry {
        std::atomic<uint32_t> version{0};  // odd while it is written
        std::atomic<uint64_t> key[kKeyWords] = {};
        std::atomic<uint64_t> value[kValueWords] = {};
    };

    static size_t place(const Key& key) noexcept {
        uint64_t mixed = 0;
        for (const uint64_t word : key) {
            mixed = (mixed ^ word) * 0x9e3779b97f4a7c15;
        }
        return static_cast<size_t>(mixed >> 32) & (kEntries - 1);
    }

    template <typename Change>
    static void write(Entry& entry, Change change) noexcept {
        uint32_t version = entry.version.load(std::memory_order_relaxed);
        if ((version & 1) != 0 ||
            !entry.version.compare_exchange_strong(version, version + 1, std::memory_order_acquire)) {
            return;
        }
        std::atomic_thread_fence(std::memory_order_release);
        change(entry);
        entry.version.store(version + 2, std::memory_order_release);
    }

    Entry entries_[kEntries] = {};
};

}  // namespace ttmem
