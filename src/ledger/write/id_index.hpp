// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// From a buffer's id to its record: the writer's private index. Open addressing with linear probing and deletion by
// shifting back, so that it has no tombstones and a small working set stays small.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

#include "base/errno_keeper.hpp"

namespace ttmem::ledger {

// Holds trivially copyable entries with a member `uint64_t id` that is never kEmptyId. Memory comes from mmap, so that
// a report made inside the host's allocator is safe. Not thread safe: its shard's lock guards it.
template <typename Entry>
class IdIndex {
public:
    static constexpr uint64_t kEmptyId = ~uint64_t{0};
    // Ids that follow each other (a counter's) share a line, which is then still near when the next one comes.
    static constexpr size_t kNeighbours = 4;

    IdIndex() = default;
    IdIndex(const IdIndex&) = delete;
    IdIndex& operator=(const IdIndex&) = delete;
    ~IdIndex() { release(); }

    uint32_t size() const noexcept { return size_; }

    // Room for one more entry. False when memory is refused; the index is as before then.
    bool reserve_one() noexcept { return size_ + 1 <= limit_ || grow(); }

    // The entry of `id`, or null. Good until the next insert or erase.
    Entry* find(uint64_t id) noexcept {
        if (size_ == 0) {
            return nullptr;
        }
        for (size_t at = home(id);; at = (at + 1) & mask_) {
            if (entries_[at].id == id) {
                return &entries_[at];
            }
            if (entries_[at].id == kEmptyId) {
                return nullptr;
            }
        }
    }

    // The entry of `id` or, when it is not in, the empty place where it belongs: insert_at() then fills it, unless the
    // index changed since. Requires: reserve_one() was true since the last insert.
    Entry* probe(uint64_t id) noexcept {
        size_t at = home(id);
        while (entries_[at].id != id && entries_[at].id != kEmptyId) {
            at = (at + 1) & mask_;
        }
        return &entries_[at];
    }
    void insert_at(Entry* place, const Entry& entry) noexcept {
        *place = entry;
        ++size_;
    }
    void insert(const Entry& entry) noexcept { insert_at(probe(entry.id), entry); }

    // Prefetches the line that find() or probe() will read first. Needs no lock: should another thread grow the index
    // at this moment, the line is fetched in vain.
    __attribute__((no_sanitize("thread"))) void prefetch(uint64_t id) const noexcept {
        if (entries_ != nullptr) {
            __builtin_prefetch(&entries_[home(id)], 1);
        }
    }

    // Requires: `entry` came from find() or at(). Others may move into its place.
    void erase(Entry* entry) noexcept {
        size_t hole = static_cast<size_t>(entry - entries_);
        for (size_t at = (hole + 1) & mask_; entries_[at].id != kEmptyId; at = (at + 1) & mask_) {
            const size_t wanted = home(entries_[at].id);
            // An entry may fill the hole unless its home lies cyclically in (hole, at].
            const bool reachable = hole <= at ? (wanted <= hole || wanted > at) : (wanted <= hole && wanted > at);
            if (reachable) {
                entries_[hole] = entries_[at];
                hole = at;
            }
        }
        entries_[hole].id = kEmptyId;
        --size_;
    }

    // Iteration: positions 0 ... capacity() - 1; at() is null where nothing stands.
    size_t capacity() const noexcept { return entries_ == nullptr ? 0 : mask_ + 1; }
    Entry* at(size_t position) noexcept { return entries_[position].id == kEmptyId ? nullptr : &entries_[position]; }

private:
    static constexpr size_t kFirstCapacity = 256;

    // Fibonacci hashing of groups: groups, and with them addresses of equal pages, spread over the table.
    size_t home(uint64_t id) const noexcept {
        const auto spread = static_cast<size_t>(((id / kNeighbours) * 0x9e3779b97f4a7c15u) >> shift_);
        return ((spread & ~(kNeighbours - 1)) | (id & (kNeighbours - 1))) & mask_;
    }

    bool grow() noexcept {
        const ErrnoKeeper keeper;
        const size_t old_capacity = capacity();
        const size_t new_capacity = old_capacity == 0 ? kFirstCapacity : old_capacity * 2;
        void* memory =
            mmap(nullptr, new_capacity * sizeof(Entry), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            return false;
        }
        Entry* old = entries_;
        entries_ = static_cast<Entry*>(memory);
        mask_ = new_capacity - 1;
        shift_ = 64;
        for (size_t c = new_capacity; c > 1; c /= 2) {
            --shift_;
        }
        limit_ = static_cast<uint32_t>(new_capacity - new_capacity / 4);
        for (size_t i = 0; i < new_capacity; ++i) {
            entries_[i].id = kEmptyId;
        }
        for (size_t i = 0; i < old_capacity; ++i) {
            if (old[i].id != kEmptyId) {
                *probe(old[i].id) = old[i];
            }
        }
        if (old != nullptr) {
            munmap(old, old_capacity * sizeof(Entry));
        }
        return true;
    }

    void release() noexcept {
        if (entries_ != nullptr) {
            munmap(entries_, capacity() * sizeof(Entry));
            entries_ = nullptr;
        }
    }

    Entry* entries_ = nullptr;
    size_t mask_ = 0;
    unsigned shift_ = 64;
    uint32_t size_ = 0;
    uint32_t limit_ = 0;
};

}  // namespace ttmem::ledger
