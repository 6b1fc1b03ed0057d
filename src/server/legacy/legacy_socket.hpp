// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The old socket: takes in clients' reports and answers their questions (docs/legacy-protocol.md).
//
// No client harms another: each connection gets a bounded piece of work at a time. If it does not read its answers, it
// is not read either: its answers take bounded memory. Connections are bounded in all and for each user. The sender of
// a message is the kernel's word (SCM_CREDENTIALS), and a pidfd reports a sender's death even when another process
// holds its socket open. All calls are for the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/legacy_wire.hpp"
#include "server/event_loop.hpp"
#include "server/legacy/socket_clients.hpp"
#include "server/log.hpp"
#include "server/socket_place.hpp"

namespace ttmem::server {

// The source of answers to the old questions.
class LegacyAnswers {
public:
    // Fills in the reply's figures; the head is there already.
    using Fill = std::function<void(api::LegacyMessage& reply)>;
    using Got = std::function<void(const Fill&)>;

    virtual ~LegacyAnswers() = default;
    // Both may call `got` at once, or later; figures of the socket's clients are those of this moment.
    virtual void answer_query(int32_t device, Got got) = 0;
    virtual void answer_device_info(int32_t device, Got got) = 0;
    // Writes down what is held, for a person, in its own time.
    virtual void dump() = 0;
};

struct LegacyCounters {
    uint64_t connections = 0;  // ever accepted
    uint64_t refused = 0;      // connections beyond the bounds
    uint64_t messages = 0;
    uint64_t questions = 0;
    uint64_t unknown_frees = 0;
    uint64_t bad_buffer_types = 0;
    uint64_t bad_devices = 0;
    uint64_t unknown_types = 0;
    uint64_t no_room = 0;  // reports that the bounds kept out
    uint64_t differing_process_ids = 0;
    uint64_t wrong_size_answers = 0;
    uint64_t senseless_streams = 0;
    uint64_t cut_messages = 0;  // connections that ended within a message
    uint64_t deaths = 0;        // senders whose process ended before their connection
};

struct LegacyLimits {
    size_t connections = 8192;
    size_t connections_of_user = 6144;
    SocketClients::Limits clients;
};

class LegacyConnection;

class LegacySocket : private EventHandler {
public:
    static constexpr size_t kReadBytes = 16384;   // of one connection before the next one's turn
    static constexpr size_t kMostUnread = 65536;  // answers that a client may leave unread before it is not read either
    static constexpr uint64_t kDumpEveryNs = 1'000'000'000;

    LegacySocket(EventLoop& loop, Log& log, SocketPlace place, LegacyAnswers& answers, LegacyLimits limits);
    LegacySocket(EventLoop& loop, Log& log, SocketPlace place, LegacyAnswers& answers)
        : LegacySocket(loop, log, std::move(place), answers, LegacyLimits{}) {}
    ~LegacySocket() override;
    LegacySocket(const LegacySocket&) = delete;
    LegacySocket& operator=(const LegacySocket&) = delete;

    bool start();  // false: the loop does not take the socket (errno)

    SocketClients& clients() { return clients_; }
    const LegacyCounters& counters() const { return counters_; }
    size_t connections() const { return connections_.size(); }

    // Work that is left of senders that ended, and of connections that were closed. To be called each turn of the loop;
    // true: there is more.
    bool work_in_background();

private:
    friend class LegacyConnection;

    void on_event(uint32_t events) override;
    void pause_accepting();
    void close(LegacyConnection& connection);
    void request_dump();
    void report_effect(SocketClients::Effect effect, const api::LegacyRequest& request, pid_t pid);

    EventLoop& loop_;
    Log& log_;
    SocketPlace place_;
    LegacyAnswers& answers_;
    LegacyLimits limits_;
    SocketClients clients_;
    LegacyCounters counters_;
    std::vector<std::byte> read_buffer_;
    std::map<LegacyConnection*, std::unique_ptr<LegacyConnection>> connections_;
    std::vector<std::unique_ptr<LegacyConnection>> closed_;  // until the turn's end
    std::map<uid_t, size_t> of_user_;
    std::optional<EventLoop::Timer> accept_again_;
    std::optional<EventLoop::Timer> dump_timer_;
    uint64_t next_dump_ns_ = 0;
    LogTopic refusals_{LogLevel::kWarning};
    LogTopic oddities_{LogLevel::kWarning};
    LogTopic strangers_{LogLevel::kWarning};
};

}  // namespace ttmem::server
