// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// For tests of the old socket: a loop that the test turns, a place for the socket, and clients.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "model/legacy_wire.hpp"
#include "server/event_loop.hpp"
#include "server/log.hpp"

namespace ttmem::server::testing {

inline std::string temporary_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "ttmem-socket-XXXXXX").string();
    return mkdtemp(name.data());
}

// Base of the server's tests: an event loop and a socket's path. Derived classes destroy whatever uses the loop.
struct TurnedLoop {
    TurnedLoop() : directory(temporary_directory()), path(directory + "/socket") {}
    ~TurnedLoop() { std::filesystem::remove_all(directory); }
    TurnedLoop(const TurnedLoop&) = delete;
    TurnedLoop& operator=(const TurnedLoop&) = delete;

    // Runs the loop until that holds; a test that waits in vain fails after a minute.
    template <typename Holds>
    ::testing::AssertionResult until(Holds&& holds) {
        const uint64_t end = clock_ns(CLOCK_MONOTONIC) + 60'000'000'000;
        while (!holds()) {
            if (clock_ns(CLOCK_MONOTONIC) > end) {
                return ::testing::AssertionFailure() << "waited a minute";
            }
            loop->turn(10);
        }
        return ::testing::AssertionSuccess();
    }
    UniqueFd connect() const {
        UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path.c_str());
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0)
            << std::strerror(errno);
        return fd;
    }

    std::string directory;
    std::string path;
    Log log{LogLevel::kError};
    std::unique_ptr<EventLoop> loop = std::move(EventLoop::make().value());
};

inline void send_message(const UniqueFd& fd, const api::LegacyMessage& message, api::LegacySize size) {
    std::byte bytes[api::kLargestLegacyMessage];
    const size_t count = encode_legacy(message, size, bytes);
    ASSERT_EQ(::send(fd.get(), bytes, count, MSG_NOSIGNAL), static_cast<ssize_t>(count));
}

// An answer that is there already.
inline std::optional<api::LegacyMessage> receive_message(const UniqueFd& fd, api::LegacySize size) {
    std::byte bytes[api::kLargestLegacyMessage];
    const ssize_t got = recv(fd.get(), bytes, bytes_of(size), MSG_DONTWAIT);
    if (got != static_cast<ssize_t>(bytes_of(size))) {
        return std::nullopt;
    }
    return decode_legacy(std::span(bytes), size);
}

inline api::LegacyMessage report(uint8_t type, int32_t device, uint64_t id, uint64_t size, uint8_t buffer_type = 0) {
    api::LegacyMessage message;
    message.request = {type, device, size, buffer_type, getpid(), id, 1};
    return message;
}

}  // namespace ttmem::server::testing
