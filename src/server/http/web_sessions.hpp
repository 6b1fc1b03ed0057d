// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How a browser, which comes over TCP, proves whose it is. `ttmem web` asks for a token on the unix socket, where the
// kernel says which user asks. The page redeems the token, once and within a minute, for the key of a session, and
// sends that key with each request. Tokens and keys are 256 random bits, live in memory alone and are never logged.
//
// Bounded: a user's oldest session gives way to a new one; beyond kMost in all, no further user gets any. For one
// thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

namespace ttmem::server {

class WebSessions {
public:
    static constexpr uint64_t kTokenNs = 60'000'000'000;
    static constexpr uint64_t kIdleNs = 600'000'000'000;        // a page asks each second, while it is visible
    static constexpr uint64_t kLongestNs = 43'200'000'000'000;  // 12 h
    static constexpr size_t kMostOfUser = 16;
    static constexpr size_t kMost = 1024;

    // `idle_ns`: how long a session lives without a request.
    explicit WebSessions(uint64_t idle_ns = kIdleNs) : idle_ns_(idle_ns) {}

    struct Session {
        std::string key;
        uid_t uid;
    };
    // `now_ns`: of a clock that never goes back. nullopt: no room, or the kernel has no random numbers.
    std::optional<std::string> issue(uid_t uid, uint64_t now_ns);
    // nullopt: no such token, used already, or too old.
    std::optional<Session> redeem(std::string_view token, uint64_t now_ns);
    // The user whose session has that key; nullopt when it has ended. A call keeps the session from being idle.
    std::optional<uid_t> viewer(std::string_view key, uint64_t now_ns);

    size_t size() const { return entries_.size(); }

private:
    struct Entry {
        std::string secret;
        uid_t uid;
        bool token;         // still to be redeemed
        uint64_t began_ns;  // of a token: when it was issued
        uint64_t asked_ns;
    };
    void forget_old(uint64_t now_ns);
    std::list<Entry>::iterator find(std::string_view secret, bool token);
    bool make_room(uid_t uid);

    uint64_t idle_ns_;
    std::list<Entry> entries_;  // oldest first
};

}  // namespace ttmem::server
