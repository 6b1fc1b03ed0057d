// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Turns of clients for dear answers (lists, the history's file). A few answers are made at once; the others wait, each
// client in a queue of its own, and the clients take turns: however much one of them asks, another one waits for the
// answers in flight and not for the queue. Room is bounded; when it runs short the client that waits for most gives up
// its latest, as long as the newcomer waits for less. For the loop's thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace ttmem::server {

class ListTurns {
public:
    static constexpr size_t kMostAtOnce = 8;

    // An answer that several clients may wait for.
    struct Task {
        size_t weight = 1;             // of the room
        std::function<void()> begin;   // makes it; end() is called when it is made, perhaps before begin() returns
        std::function<void()> refuse;  // it has to give way to other clients' answers
        virtual ~Task() = default;

    private:
        friend class ListTurns;
        bool begun = false;
        size_t queued = 0;  // in so many clients' queues
    };
    using SharedTask = std::shared_ptr<Task>;

    explicit ListTurns(size_t room) : room_(room) {}

    // Takes a new answer, and begins it if its client has a turn now. False: there is no room, and no client waits
    // for more than this one would.
    bool enter(const std::string& client, const SharedTask& task);
    // Another client waits for the same answer: its turn counts, too. Takes no room.
    void join(const std::string& client, const SharedTask& task);
    void end(const SharedTask& task);

    size_t taken() const { return taken_; }

private:
    using Queue = std::deque<SharedTask>;
    static size_t weight_of(const Queue& queue);
    size_t waits_for(const std::string& client) const;
    bool make_room(const std::string& client, size_t weight);
    void queue(const std::string& client, const SharedTask& task);
    void next();

    size_t room_;
    size_t taken_ = 0;  // weight of all that wait or are made
    size_t at_once_ = 0;
    bool beginning_ = false;
    std::map<std::string, Queue> waiting_;  // by client; none is empty
    std::list<std::string> order_;          // of those clients; the first one's turn is next
};

}  // namespace ttmem::server
