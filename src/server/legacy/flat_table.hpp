// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A hash table for keys that strangers choose, in a loop that must not pause.
//
// Open addressing in shards that grow on their own, so that no insertion moves more than a shard's share. The hash is
// keyed with random numbers of this process, so that no client can prepare keys that collide. Not thread safe.
#pragma once

#include <sys/random.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ttmem::server {

// The key of a report. Kind 0 marks an empty slot.
struct ReportKey {
    uint64_t id = 0;
    int32_t device = 0;
    uint32_t kind = 0;
    bool operator==(const ReportKey&) const = default;
};

// 128-bit multiplication of the key with two secrets, folded.
class KeyHash {
public:
    static uint64_t of(const ReportKey& key) {
        static const std::array<uint64_t, 2> secret = make_secret();
        const uint64_t place = static_cast<uint64_t>(static_cast<uint32_t>(key.device)) << 32 | key.kind;
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(key.id ^ secret[0]) * (place * 0x9e3779b97f4a7c15u ^ secret[1]);
        return mixed(static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64));
    }

private:
    static uint64_t mixed(uint64_t value) {
        value = (value ^ value >> 32) * 0xd6e8feb86659fd93u;
        return value ^ value >> 32;
    }
    static std::array<uint64_t, 2> make_secret() {
        std::array<uint64_t, 2> secret{0x2545f4914f6cdd1d, 0x9e3779b97f4a7c15};
        // Without the kernel's random numbers the table still works; it only can be slowed down on purpose.
        [[maybe_unused]] const ssize_t got = getrandom(secret.data(), sizeof secret, GRND_NONBLOCK);
        return secret;
    }
};

// Entry is default constructible, trivially copyable, and has a member `ReportKey key`. Pointers to entries hold until
// the next insert or erase. Throws std::bad_alloc, with the table unchanged.
template <typename Entry, size_t kShards>
class FlatTable {
    static_assert((kShards & (kShards - 1)) == 0);

public:
    Entry* find(const ReportKey& key) {
        const uint64_t hash = KeyHash::of(key);
        std::vector<Entry>& slots = shards_[hash >> 32 & (kShards - 1)].slots;
        if (slots.empty()) {
            return nullptr;
        }
        const size_t mask = slots.size() - 1;
        for (size_t at = hash & mask; slots[at].key.kind != 0; at = (at + 1) & mask) {
            if (slots[at].key == key) {
                return &slots[at];
            }
        }
        return nullptr;
    }
    const Entry* find(const ReportKey& key) const { return const_cast<FlatTable*>(this)->find(key); }

    // `entry.key` is not in the table.
    Entry& insert(const Entry& entry) {
        const uint64_t hash = KeyHash::of(entry.key);
        Shard& shard = shards_[hash >> 32 & (kShards - 1)];
        if ((shard.used + 1) * 4 > shard.slots.size() * 3) {
            grow(shard);
        }
        ++shard.used;
        ++size_;
        return put(shard.slots, hash, entry);
    }

    // `entry` is one that find or insert gave.
    void erase(Entry* entry) {
        Shard& shard = shards_[KeyHash::of(entry->key) >> 32 & (kShards - 1)];
        std::vector<Entry>& slots = shard.slots;
        const size_t mask = slots.size() - 1;
        size_t hole = static_cast<size_t>(entry - slots.data());
        // Entries that were pushed past the hole move back, so that no search ends too early.
        for (size_t at = (hole + 1) & mask; slots[at].key.kind != 0; at = (at + 1) & mask) {
            const size_t home = KeyHash::of(slots[at].key) & mask;
            if (((at - home) & mask) >= ((at - hole) & mask)) {
                slots[hole] = slots[at];
                hole = at;
            }
        }
        slots[hole] = Entry{};
        --shard.used;
        --size_;
    }

    size_t size() const { return size_; }

    template <typename Visit>
    void for_each(Visit&& visit) const {
        for (const Shard& shard : shards_) {
            for (const Entry& entry : shard.slots) {
                if (entry.key.kind != 0) {
                    visit(entry);
                }
            }
        }
    }

    // Takes entries out in any order; looks at `budget` slots at most and lowers it by those it looked at. True: the
    // table is empty now. Between the first call and the last the table must not be used otherwise.
    template <typename Visit>
    bool drain(size_t& budget, Visit&& visit) {
        for (; drained_shard_ < kShards; ++drained_shard_, drained_slot_ = 0) {
            Shard& shard = shards_[drained_shard_];
            for (; drained_slot_ < shard.slots.size(); ++drained_slot_) {
                if (budget == 0) {
                    return false;
                }
                --budget;
                if (const Entry& entry = shard.slots[drained_slot_]; entry.key.kind != 0) {
                    visit(entry);
                    --size_;
                }
            }
            shard = {};
        }
        drained_shard_ = drained_slot_ = 0;
        return true;
    }

private:
    struct Shard {
        std::vector<Entry> slots;  // empty, or a power of two
        size_t used = 0;
    };

    static Entry& put(std::vector<Entry>& slots, uint64_t hash, const Entry& entry) {
        const size_t mask = slots.size() - 1;
        size_t at = hash & mask;
        while (slots[at].key.kind != 0) {
            at = (at + 1) & mask;
        }
        return slots[at] = entry;
    }

    static void grow(Shard& shard) {
        std::vector<Entry> larger(shard.slots.empty() ? 8 : shard.slots.size() * 2);
        for (const Entry& entry : shard.slots) {
            if (entry.key.kind != 0) {
                put(larger, KeyHash::of(entry.key), entry);
            }
        }
        shard.slots.swap(larger);
    }

    std::array<Shard, kShards> shards_;
    size_t size_ = 0;
    size_t drained_shard_ = 0;
    size_t drained_slot_ = 0;
};

}  // namespace ttmem::server
