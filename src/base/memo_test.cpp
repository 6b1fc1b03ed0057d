// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "base/memo.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ttmem {
namespace {

TEST(Memo, FindsWhatWasRememberedUntilItIsForgotten) {
    static Memo<2, 1, 64> memo;
    Memo<2, 1, 64>::Value value;
    EXPECT_FALSE(memo.find({1, 2}, value));
    memo.remember({1, 2}, {3});
    ASSERT_TRUE(memo.find({1, 2}, value));
    EXPECT_EQ(value[0], 3u);
    EXPECT_FALSE(memo.find({2, 1}, value));
    EXPECT_FALSE(memo.find({1, 3}, value));
    memo.remember({1, 2}, {4});
    ASSERT_TRUE(memo.find({1, 2}, value));
    EXPECT_EQ(value[0], 4u);
    memo.forget({1, 2});
    EXPECT_FALSE(memo.find({1, 2}, value));
    memo.forget({1, 2});
}

// More keys than places: an answer is there or not, and never another key's.
TEST(Memo, NeverGivesAnotherKeysAnswer) {
    static Memo<1, 4, 16> memo;
    std::vector<std::thread> threads;
    std::atomic<uint64_t> wrong{0};
    std::atomic<uint64_t> found{0};
    for (uint64_t t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            for (uint64_t i = 0; i < 200'000; ++i) {
                const uint64_t key = 1 + (i * 7 + t) % 97;
                const Memo<1, 4, 16>::Value right{key, key + 1, key + 2, key + 3};
                const auto look = [&] {
                    Memo<1, 4, 16>::Value value;
                    const bool is_there = memo.find({key}, value);
                    found.fetch_add(is_there ? 1 : 0, std::memory_order_relaxed);
                    wrong.fetch_add(is_there && value != right ? 1 : 0, std::memory_order_relaxed);
                    return is_there;
                };
                if (look()) {
                    continue;
                }
                if (i % 5 == 0) {
                    memo.forget({key});
                } else {
                    memo.remember({key}, right);
                    look();  // it is, unless another thread's key took the place
                }
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(wrong.load(), 0u);
    EXPECT_GT(found.load(), 0u);
}

}  // namespace
}  // namespace ttmem
