// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A client of the old socket: its stream, the processes that write on it, and the answers that it has not read.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/unique_fd.hpp"
#include "model/legacy_wire.hpp"
#include "server/event_loop.hpp"
#include "server/legacy/legacy_socket.hpp"
#include "server/legacy/legacy_stream.hpp"
#include "server/legacy/socket_clients.hpp"

namespace ttmem::server {

class LegacyConnection : public EventHandler {
public:
    LegacyConnection(LegacySocket& owner, UniqueFd fd, const ucred& peer);
    ~LegacyConnection() override;

    bool start();
    // Stops reading it; its holdings leave when it is destroyed.
    void detach();
    const ucred& peer() const { return peer_; }

private:
    static constexpr size_t kLargest = 144;

    // An answer that is made, or is being made; they go out in the order of the questions.
    struct Answer {
        api::LegacyMessage reply;
        api::LegacySize size = api::LegacySize::k112;
        bool ready = false;
    };

    // A process that writes on this connection.
    class Sender : public EventHandler {
    public:
        Sender(LegacyConnection& of, uint32_t its_number, const ucred& its_credentials)
            : connection_(of), number(its_number), who(its_credentials) {}
        ~Sender() override;
        void on_event(uint32_t events) override;
        void watch_death();

        LegacyConnection& connection_;
        const uint32_t number;  // on this connection, never used twice
        const ucred who;
        UniqueFd pidfd;
        std::optional<SocketClients::SenderId> id;  // once it has reported something
        bool said_other_pid = false;
        // Dead: ends when this many bytes of the connection have been read, which it had sent before.
        std::optional<uint64_t> ends_at_byte;
    };

    void on_event(uint32_t events) override;
    bool read_once();  // false: closed
    Sender& sender_of(const ucred& who);
    Sender* find(uint32_t number);
    void on_message(const api::LegacyRequest& request, api::LegacySize size, uint32_t sender);
    void answer(const api::LegacyRequest& request, api::LegacySize size);
    void take_ready_answers();
    bool is_full() const { return unread_.size() + answers_.size() * kLargest >= LegacySocket::kMostUnread; }
    bool is_silent() const { return unread_.empty() && answers_.empty(); }
    void on_death(Sender& sender);
    void end_dead_senders();
    void end_of_input();
    void set_deadline();
    void flush();
    void update_interest();
    auto sink() {
        return [this](const api::LegacyRequest& request, api::LegacySize size, uint32_t sender) {
            on_message(request, size, sender);
        };
    }

    LegacySocket& owner_;
    UniqueFd fd_;
    const ucred peer_;
    LegacyStream stream_;
    std::vector<std::unique_ptr<Sender>> senders_;
    Sender* last_sender_ = nullptr;
    uint32_t senders_made_ = 0;
    uint64_t bytes_read_ = 0;
    bool any_dead_ = false;
    std::deque<std::shared_ptr<Answer>> answers_;
    std::vector<std::byte> unread_;  // answers that are made
    bool deaf_ = false;              // the client will never read
    bool input_ended_ = false;
    bool closed_ = false;
    bool said_wrong_size_ = false;
    uint32_t interest_ = 0;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // for timers that may outlive the connection
    std::optional<EventLoop::Timer> timer_;
};

}  // namespace ttmem::server
