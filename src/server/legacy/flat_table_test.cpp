// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/legacy/flat_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

namespace ttmem::server {
namespace {

struct Entry {
    ReportKey key;
    uint64_t value = 0;
};

TEST(FlatTable, BehavesAsAMap) {
    FlatTable<Entry, 4> table;
    std::map<std::tuple<uint64_t, int32_t, uint32_t>, uint64_t> map;
    std::mt19937_64 random(1);
    for (int step = 0; step < 200'000; ++step) {
        const ReportKey key{random() % 300, static_cast<int32_t>(random() % 3),
                            1 + static_cast<uint32_t>(random() % 2)};
        const std::tuple same{key.id, key.device, key.kind};
        Entry* found = table.find(key);
        ASSERT_EQ(found != nullptr, map.contains(same));
        if (found != nullptr) {
            ASSERT_EQ(found->value, map[same]);
            if (random() % 2 == 0) {
                table.erase(found);
                map.erase(same);
            }
        } else if (random() % 3 != 0) {
            map[same] = table.insert({key, random()}).value;
        }
        ASSERT_EQ(table.size(), map.size());
    }
    size_t seen = 0;
    table.for_each([&](const Entry& entry) {
        ++seen;
        EXPECT_EQ(map.at({entry.key.id, entry.key.device, entry.key.kind}), entry.value);
    });
    EXPECT_EQ(seen, map.size());
}

TEST(FlatTable, DrainsInSlices) {
    FlatTable<Entry, 4> table;
    for (uint64_t i = 0; i < 1000; ++i) {
        table.insert({{i, 0, 1}, i});
    }
    uint64_t sum = 0;
    int calls = 0;
    for (bool empty = false; !empty; ++calls) {
        size_t budget = 100;
        empty = table.drain(budget, [&](const Entry& entry) { sum += entry.value; });
        ASSERT_LT(calls, 1000);
    }
    EXPECT_GT(calls, 10);
    EXPECT_EQ(sum, 999u * 1000 / 2);
    EXPECT_EQ(table.size(), 0u);
    EXPECT_EQ(table.find({5, 0, 1}), nullptr);
}

}  // namespace
}  // namespace ttmem::server
