// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A ledger made of bytes, for the reader's tests. It is laid down from docs/ledger-format.md by offset and knows
// neither format.hpp's structs nor the writer, so that a mistake in either shows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace ttmem::ledger {

class TestLedger {
public:
    struct Shape {
        uint32_t shards = 2;
        uint32_t buffers = 64;
        uint32_t ring = 8;
        uint32_t allocator_room = 4;
        uint32_t extra_stride = 0;  // a newer minor version's longer records
    };

    // Two devices, one set of both and one of the second; allocator 0 (both) and 1 (second) are open.
    TestLedger() : TestLedger(Shape{}) {}
    explicit TestLedger(const Shape& shape) : shape_(shape) {
        bytes.resize(20480);
        put_text(0, "TTALLOCL");
        put<uint16_t>(8, 1);
        put<uint32_t>(12, 4096);
        put_text(16, "TT-READY");
        put<uint32_t>(24, 1234);
        put<uint32_t>(28, 1000);
        put<uint64_t>(32, 555);
        put<uint64_t>(40, 4026531836);
        put<uint64_t>(48, 0x1122334455667788);
        for (uint8_t i = 0; i < 16; ++i) {
            put<uint8_t>(56 + i, i);
        }
        put<uint64_t>(72, 1'700'000'000'000'000'000);
        put<uint64_t>(80, 1'700'000'001'000'000'000);
        put<uint32_t>(88, 2);  // CLOCK_MONOTONIC in ns
        put<uint32_t>(92, shape.buffers);
        put<uint64_t>(96, kTicks);
        put<uint64_t>(104, kEpochNs);
        put<uint64_t>(112, 1'000'000'000);
        put_text(120, "python3");
        put_text(184, "libtt_metal 0.81.1");
        put<uint32_t>(512, 1);

        devices = add_section(1, 0, 0, 4, 128);
        allocators = add_section(2, 0, 0, shape.allocator_room, 256);
        interned = add_section(3, 0, 0, 4096, 1);
        totals = add_section(4, 0, 0, shape.allocator_room * 16, 64);
        for (uint32_t i = 0; i < shape.shards; ++i) {
            shards.push_back(add_section(5, i, 0, 1, 128));
            counters.push_back(add_section(6, i, 0, shape.allocator_room * 16, 64));
            rings.push_back(add_section(7, i, 0, shape.ring, 32));
        }
        buffers = add_section(8, 0, 0, shape.buffers, 64);
        for (int32_t id = 0; id < 2; ++id) {
            const uint64_t at = devices + id * stride(128);
            put<int32_t>(at, id);
            put<uint32_t>(at + 24, 2);
        }
        put<uint32_t>(524, 2);
        both_devices = intern(1, {0, 1});
        second_device = intern(1, {1});
        open_allocator(0, both_devices);
        open_allocator(1, second_device);
        put<uint32_t>(520, 2);
    }

    template <typename T>
    void put(uint64_t at, T value) {
        if (bytes.size() < at + sizeof value) {
            bytes.resize(at + sizeof value);
        }
        std::memcpy(bytes.data() + at, &value, sizeof value);
    }
    template <typename T>
    T get(uint64_t at) const {
        T value{};
        std::memcpy(&value, bytes.data() + at, sizeof value);
        return value;
    }
    void put_text(uint64_t at, const std::string& text) { std::memcpy(bytes.data() + at, text.data(), text.size()); }

    // At the next multiple of 64 of the file. `record_bytes` grows by Shape::extra_stride, that of bytes (1) does not.
    uint64_t add_section(uint32_t kind, uint32_t owner, uint32_t first, uint32_t count, uint32_t record_bytes) {
        const uint64_t offset = (bytes.size() + 63) / 64 * 64;
        bytes.resize(offset + count * stride(record_bytes));
        add_entry(kind, owner, offset, first, count, static_cast<uint32_t>(stride(record_bytes)));
        return offset;
    }
    void add_entry(uint32_t kind, uint32_t owner, uint64_t offset, uint32_t first, uint32_t count,
                   uint32_t bytes_each) {
        const auto number = get<uint32_t>(516);
        const uint64_t at = entry(number);
        put<uint32_t>(at, kind);
        put<uint32_t>(at + 4, owner);
        put<uint64_t>(at + 8, offset);
        put<uint32_t>(at + 16, first);
        put<uint32_t>(at + 20, count);
        put<uint32_t>(at + 24, bytes_each);
        put<uint32_t>(516, number + 1);
    }
    static uint64_t entry(uint32_t number) { return 4096 + 32 * uint64_t{number}; }
    // Entry of the first section of that kind.
    uint64_t entry_of(uint32_t kind) const {
        uint32_t number = 0;
        while (get<uint32_t>(entry(number)) != kind) {
            ++number;
        }
        return entry(number);
    }
    uint64_t stride(uint32_t record_bytes) const {
        return record_bytes == 1 ? 1 : uint64_t{record_bytes} + shape_.extra_stride;
    }

    uint32_t intern(uint32_t type, const std::vector<uint32_t>& words) {
        const auto used = static_cast<uint32_t>(get<uint64_t>(528));
        put<uint32_t>(interned + used, type);
        put<uint32_t>(interned + used + 4, static_cast<uint32_t>(words.size() * 4));
        for (size_t i = 0; i < words.size(); ++i) {
            put<uint32_t>(interned + used + 8 + i * 4, words[i]);
        }
        put<uint64_t>(528, used + 8 + (words.size() * 4 + 7) / 8 * 8);
        return used;
    }
    void open_allocator(uint32_t index, uint32_t device_set) {
        const uint64_t at = allocators + index * stride(256);
        put<uint32_t>(at, 2);
        put<uint32_t>(at + 4, 1);
        put<int32_t>(at + 8, -1);
        put<uint32_t>(at + 12, 0xffffffff);
        put<uint32_t>(at + 16, device_set);
        put<uint32_t>(at + 20, 1);
        put<uint64_t>(at + 24, kTicks + 1000);
    }

    uint64_t buffer(uint32_t slot) const { return buffers + slot * stride(64); }
    uint64_t counter(uint32_t shard, uint32_t allocator, uint32_t account) const {
        return counters[shard] + (allocator * 16 + account) * stride(64);
    }
    uint64_t total(uint32_t allocator, uint32_t account) const {
        return totals + (allocator * 16 + account) * stride(64);
    }

    struct NewBuffer {
        uint32_t slot = 0;  // 0xffffffff: the table is full
        uint64_t id = 0;
        uint64_t bytes_per_bank = 0;
        uint16_t banks = 1;
        uint64_t requested = 0;
        uint16_t allocator = 0;
        uint8_t account = 0;
    };

    using Step = std::function<void()>;

    // The stores of an event in the order of the document; run all of them for a whole event, some for one in flight.
    std::vector<Step> allocate_steps(uint32_t shard, const NewBuffer& b) { return steps(shard, b, true); }
    std::vector<Step> free_steps(uint32_t shard, const NewBuffer& b) { return steps(shard, b, false); }
    void allocate(uint32_t shard, const NewBuffer& b) { run(allocate_steps(shard, b)); }
    void free(uint32_t shard, const NewBuffer& b) { run(free_steps(shard, b)); }
    static void run(const std::vector<Step>& all) {
        for (const Step& step : all) {
            step();
        }
    }

    void add_event(uint32_t shard, uint8_t type, uint64_t ticks, uint64_t id, uint64_t size, uint16_t allocator,
                   uint8_t account) {
        put_event(shard, type, ticks, id, size, allocator, account);
        put<uint64_t>(shards[shard] + 64, get<uint64_t>(shards[shard] + 64) + 1);
    }

    // The bytes as a file: short copies at the end, nothing after it.
    std::function<int64_t(uint64_t, void*, uint64_t)> source() const {
        return [this](uint64_t offset, void* to, uint64_t count) -> int64_t {
            if (offset >= bytes.size()) {
                return 0;
            }
            const uint64_t some = std::min<uint64_t>(count, bytes.size() - offset);
            std::memcpy(to, bytes.data() + offset, some);
            return static_cast<int64_t>(some);
        };
    }

    static constexpr uint64_t kTicks = 5'000'000'000;
    static constexpr uint64_t kEpochNs = 1'700'000'002'000'000'000;
    // Time of an event at `ticks`.
    static constexpr uint64_t ns(uint64_t ticks) { return kEpochNs + (ticks - kTicks); }

    std::vector<uint8_t> bytes;
    uint64_t devices = 0, allocators = 0, interned = 0, totals = 0, buffers = 0;
    std::vector<uint64_t> shards, counters, rings;
    uint32_t both_devices = 0, second_device = 0;
    uint64_t clock = kTicks + 2000;  // ticks of the next event

private:
    void put_event(uint32_t shard, uint8_t type, uint64_t ticks, uint64_t id, uint64_t size, uint16_t allocator,
                   uint8_t account) {
        const uint64_t at = rings[shard] + get<uint64_t>(shards[shard] + 64) % shape_.ring * stride(32);
        put<uint64_t>(at, ticks);
        put<uint64_t>(at + 8, id);
        put<uint64_t>(at + 16, size);
        put<uint32_t>(at + 24, 77);
        put<uint16_t>(at + 28, allocator);
        put<uint8_t>(at + 30, type);
        put<uint8_t>(at + 31, account);
    }

    std::vector<Step> steps(uint32_t shard, const NewBuffer& b, bool comes) {
        const uint64_t journal = shards[shard];
        const bool listed = b.slot != 0xffffffff;
        const uint64_t size = b.bytes_per_bank * b.banks;
        const uint64_t line = counter(shard, b.allocator, b.account) + (comes ? 0 : 24);
        const uint64_t at = listed ? buffer(b.slot) : 0;
        const uint64_t sum = total(b.allocator, b.account);
        const uint64_t ticks = clock++;
        std::vector<Step> all;
        all.push_back([this, journal, at, listed, size, line, b] {
            put<uint32_t>(journal + 8, listed ? get<uint32_t>(at) : 0);
            put<uint32_t>(journal + 12, 0);
            put<uint64_t>(journal + 16, b.id);
            put<uint64_t>(journal + 24, size);
            put<uint64_t>(journal + 32, b.requested);
            put<uint64_t>(journal + 40, get<uint64_t>(line));
            put<uint64_t>(journal + 48, get<uint64_t>(line + 8));
            put<uint64_t>(journal + 56, get<uint64_t>(line + 16));
        });
        all.push_back([this, journal, b, comes] {
            put<uint64_t>(journal, (comes ? 1u : 2u) | uint64_t{b.account} << 8 | uint64_t{b.allocator} << 16 |
                                       uint64_t{b.slot} << 32);
        });
        if (!listed) {
            all.push_back([this, journal] { put<uint32_t>(journal + 12, 1); });
        } else if (comes) {
            all.push_back([this, at] { put<uint32_t>(at, get<uint32_t>(at) | 1u); });
            all.push_back([this, at, b] {
                put<uint8_t>(at + 4, b.account);
                put<uint8_t>(at + 5, 1);
                put<uint8_t>(at + 6, 1);
                put<uint64_t>(at + 8, b.id);
                put<uint64_t>(at + 16, 0x10000 + b.id * 32);
            });
            all.push_back([this, at, b, ticks] {
                put<uint64_t>(at + 24, b.requested);
                put<uint64_t>(at + 32, b.bytes_per_bank);
                put<uint64_t>(at + 40, ticks);
                put<uint32_t>(at + 48, 2048);
                put<uint32_t>(at + 52, 77);
                put<uint16_t>(at + 56, b.allocator);
                put<uint16_t>(at + 58, b.banks);
                put<uint16_t>(at + 60, 0xffff);
            });
            all.push_back([this, at] { put<uint32_t>(at, (get<uint32_t>(at) & ~3u) | 2u); });
        } else {
            all.push_back([this, at] { put<uint32_t>(at, (get<uint32_t>(at) & ~3u) + 4u); });
        }
        for (const auto& [offset, amount] : {std::pair<uint64_t, uint64_t>{0, 1}, {8, size}, {16, b.requested}}) {
            all.push_back(
                [this, line, o = offset, a = amount] { put<uint64_t>(line + o, get<uint64_t>(line + o) + a); });
        }
        all.push_back([this, sum, size, comes] { put<uint64_t>(sum, get<uint64_t>(sum) + (comes ? size : -size)); });
        if (comes) {
            all.push_back(
                [this, sum] { put<uint64_t>(sum + 8, std::max(get<uint64_t>(sum), get<uint64_t>(sum + 8))); });
        }
        all.push_back([this, shard, b, size, ticks, comes] {
            put_event(shard, comes ? 1 : 2, ticks, b.id, size, b.allocator, b.account);
        });
        all.push_back([this, journal] { put<uint64_t>(journal + 64, get<uint64_t>(journal + 64) + 1); });
        all.push_back([this, journal] { put<uint64_t>(journal, 0); });
        return all;
    }

    Shape shape_;
};

}  // namespace ttmem::ledger
