// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/web_sessions.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>

namespace ttmem::server {
namespace {

constexpr size_t kSecretBytes = 32;

std::optional<std::string> random_secret() {
    std::array<unsigned char, kSecretBytes> bytes{};
    if (getrandom(bytes.data(), bytes.size(), GRND_NONBLOCK) != static_cast<ssize_t>(bytes.size())) {
        return std::nullopt;
    }
    std::string text;
    for (const unsigned char byte : bytes) {
        constexpr const char* kDigits = "0123456789abcdef";
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

// Takes as long for a wrong first letter as for a wrong last one.
bool same(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) {
        return false;
    }
    unsigned difference = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
    }
    return difference == 0;
}

}  // namespace

void WebSessions::forget_old(uint64_t now_ns) {
    entries_.remove_if([&](const Entry& entry) {
        return entry.token ? now_ns - entry.began_ns >= kTokenNs
                           : now_ns - entry.asked_ns >= idle_ns_ || now_ns - entry.began_ns >= kLongestNs;
    });
}

std::list<WebSessions::Entry>::iterator WebSessions::find(std::string_view secret, bool token) {
    auto found = entries_.end();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
        if (entry->token == token && same(entry->secret, secret)) {
            found = entry;
        }
    }
    return found;
}

bool WebSessions::make_room(uid_t uid) {
    const auto of_user = [uid](const Entry& entry) { return entry.uid == uid; };
    if (static_cast<size_t>(std::count_if(entries_.begin(), entries_.end(), of_user)) >= kMostOfUser) {
        entries_.erase(std::find_if(entries_.begin(), entries_.end(), of_user));
    }
    return entries_.size() < kMost;
}

std::optional<std::string> WebSessions::issue(uid_t uid, uint64_t now_ns) {
    forget_old(now_ns);
    std::optional<std::string> secret = make_room(uid) ? random_secret() : std::nullopt;
    if (secret) {
        entries_.push_back({*secret, uid, true, now_ns, now_ns});
    }
    return secret;
}

std::optional<WebSessions::Session> WebSessions::redeem(std::string_view token, uint64_t now_ns) {
    forget_old(now_ns);
    const auto found = find(token, true);
    if (found == entries_.end()) {
        return std::nullopt;
    }
    const uid_t uid = found->uid;
    entries_.erase(found);
    std::optional<std::string> key = random_secret();
    if (!key) {
        return std::nullopt;
    }
    entries_.push_back({*key, uid, false, now_ns, now_ns});
    return Session{std::move(*key), uid};
}

std::optional<uid_t> WebSessions::viewer(std::string_view key, uint64_t now_ns) {
    forget_old(now_ns);
    const auto found = find(key, false);
    if (found == entries_.end()) {
        return std::nullopt;
    }
    found->asked_ns = now_ns;
    return found->uid;
}

}  // namespace ttmem::server
