// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "base/biased_lock.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ttmem {
namespace {

TEST(BiasedLock, OwnerKeepsItWithoutTheOrdinaryLock) {
    if (!BiasedLock::prepare()) {
        GTEST_SKIP() << "this kernel has no membarrier(2) with MEMBARRIER_CMD_PRIVATE_EXPEDITED";
    }
    BiasedLock lock;
    EXPECT_FALSE(lock.lock_by_owner());
    lock.unlock_by_owner(false);
    lock.become_owner();
    EXPECT_TRUE(lock.lock_by_owner());
    lock.unlock_by_owner(true);
    lock.lock();  // another one: from now on it is ordinary
    lock.unlock();
    EXPECT_FALSE(lock.lock_by_owner());
    lock.unlock_by_owner(false);
    lock.become_owner();
    EXPECT_TRUE(lock.lock_by_owner());
    lock.unlock_by_owner(true);
    lock.give_up();
    EXPECT_FALSE(lock.lock_by_owner());
    lock.unlock_by_owner(false);
}

// The owner's counter and the others' are one plain word: a lost addition is a broken lock.
TEST(BiasedLock, ExcludesWhileItChangesHands) {
    const bool supported = BiasedLock::prepare();
    for (int round = 0; round < 200; ++round) {
        BiasedLock lock;
        uint64_t sum = 0;
        constexpr int kOwn = 20'000;
        constexpr int kForeign = 300;
        std::atomic<bool> owner_runs{false};
        std::thread owner([&] {
            if (supported) {
                lock.become_owner();
            }
            for (int i = 0; i < kOwn; ++i) {
                const bool biased = lock.lock_by_owner();
                sum = sum + 1;
                lock.unlock_by_owner(biased);
                owner_runs.store(true, std::memory_order_relaxed);
            }
        });
        std::vector<std::thread> others;
        for (int t = 0; t < 2; ++t) {
            others.emplace_back([&] {
                while (!owner_runs.load(std::memory_order_relaxed)) {
                    std::this_thread::yield();
                }
                for (int i = 0; i < kForeign; ++i) {
                    lock.lock();
                    sum = sum + 1;
                    lock.unlock();
                }
            });
        }
        owner.join();
        for (std::thread& other : others) {
            other.join();
        }
        ASSERT_EQ(sum, uint64_t{kOwn} + 2 * kForeign) << "in round " << round;
    }
}

}  // namespace
}  // namespace ttmem
