// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/web_sessions.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ttmem::server {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

TEST(WebSessions, ATokenIsGoodOnceAndForItsUser) {
    WebSessions sessions;
    const std::string token = sessions.issue(1000, 0).value();
    EXPECT_EQ(token.size(), 64u);
    EXPECT_FALSE(sessions.viewer(token, 1)) << "a token is no session";
    const WebSessions::Session session = sessions.redeem(token, 1).value();
    EXPECT_EQ(session.uid, 1000u);
    EXPECT_NE(session.key, token);
    EXPECT_EQ(sessions.viewer(session.key, 2), 1000u);
    EXPECT_FALSE(sessions.redeem(token, 3));
    EXPECT_FALSE(sessions.redeem(session.key, 3)) << "a session is no token";
}

TEST(WebSessions, ATokenIsGoodForAMinute) {
    WebSessions sessions;
    const std::string early = sessions.issue(1000, 0).value();
    EXPECT_TRUE(sessions.redeem(early, 60 * kSecond - 1));
    const std::string late = sessions.issue(1000, 0).value();
    EXPECT_FALSE(sessions.redeem(late, 60 * kSecond));
}

TEST(WebSessions, ASessionEndsWhenNobodyAsksAndAfterTwelveHours) {
    WebSessions sessions;
    const std::string key = sessions.redeem(sessions.issue(1, 0).value(), 0).value().key;
    uint64_t now = 0;
    while (now + 599 * kSecond < WebSessions::kLongestNs) {
        now += 599 * kSecond;
        ASSERT_TRUE(sessions.viewer(key, now)) << now;
    }
    EXPECT_FALSE(sessions.viewer(key, WebSessions::kLongestNs));
    const std::string idle = sessions.redeem(sessions.issue(1, 0).value(), 0).value().key;
    EXPECT_FALSE(sessions.viewer(idle, WebSessions::kIdleNs));
}

TEST(WebSessions, OneUserCannotTakeTheRoomOfOthers) {
    WebSessions sessions;
    const std::string of_other = sessions.redeem(sessions.issue(7, 0).value(), 0).value().key;
    const std::string first = sessions.issue(1, 0).value();
    for (size_t i = 1; i < 3 * WebSessions::kMostOfUser; ++i) {
        ASSERT_TRUE(sessions.issue(1, 0));
    }
    EXPECT_EQ(sessions.size(), WebSessions::kMostOfUser + 1);
    EXPECT_FALSE(sessions.redeem(first, 0)) << "the oldest gives way";
    EXPECT_TRUE(sessions.viewer(of_other, 0));
    for (uid_t uid = 100; sessions.size() < WebSessions::kMost; ++uid) {
        ASSERT_TRUE(sessions.issue(uid, 0));
    }
    EXPECT_FALSE(sessions.issue(99'999, 0));
    EXPECT_TRUE(sessions.issue(99'999, WebSessions::kTokenNs)) << "old tokens leave their room";
}

TEST(WebSessions, SecretsDiffer) {
    WebSessions sessions;
    std::set<std::string> all;
    for (uid_t uid = 0; uid < 1000; ++uid) {
        all.insert(sessions.issue(uid, 0).value());
    }
    EXPECT_EQ(all.size(), 1000u);
    for (const char* wrong : {"", "0", "\n"}) {
        EXPECT_FALSE(sessions.redeem(wrong, 1));
        EXPECT_FALSE(sessions.viewer(wrong, 1));
    }
}

}  // namespace
}  // namespace ttmem::server
