// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/list_turns.hpp"

#include <algorithm>

namespace ttmem::server {

size_t ListTurns::weight_of(const Queue& queue) {
    size_t sum = 0;
    for (const SharedTask& task : queue) {
        sum += task->begun ? 0 : task->weight;
    }
    return sum;
}

// The weight of all answers that a client waits for.
size_t ListTurns::waits_for(const std::string& client) const {
    const auto found = waiting_.find(client);
    return found == waiting_.end() ? 0 : weight_of(found->second);
}

// Refuses the latest of clients that wait for more than this one will, as far as the room is needed. False: that is not
// enough, and none is refused.
bool ListTurns::make_room(const std::string& client, size_t weight) {
    const auto lacks_room = [&] { return taken_ > 0 && taken_ + weight > room_; };
    if (!lacks_room()) {
        return true;
    }
    const size_t own = waits_for(client) + weight;
    size_t to_give = 0;
    for (const auto& [other, queue] : waiting_) {
        const size_t waits = weight_of(queue);
        to_give += waits > own ? waits - own : 0;
    }
    if (taken_ + weight > room_ + to_give) {
        return false;
    }
    while (lacks_room()) {
        const auto most = std::max_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) {
            return weight_of(a.second) < weight_of(b.second);
        });
        if (most == waiting_.end() || weight_of(most->second) == 0) {
            return false;
        }
        const SharedTask task = most->second.back();
        most->second.pop_back();
        if (most->second.empty()) {
            order_.remove(most->first);
            waiting_.erase(most);
        }
        if (--task->queued == 0 && !task->begun) {
            task->begun = true;
            taken_ -= task->weight;
            task->refuse();
        }
    }
    return true;
}

bool ListTurns::enter(const std::string& client, const SharedTask& task) {
    if (!make_room(client, task->weight)) {
        return false;
    }
    taken_ += task->weight;
    queue(client, task);
    next();
    return true;
}

void ListTurns::join(const std::string& client, const SharedTask& task) {
    const auto own = waiting_.find(client);
    if (!task->begun &&
        (own == waiting_.end() || std::find(own->second.begin(), own->second.end(), task) == own->second.end())) {
        queue(client, task);
        next();
    }
}

void ListTurns::queue(const std::string& client, const SharedTask& task) {
    Queue& own = waiting_[client];
    if (own.empty()) {
        order_.push_back(client);
    }
    own.push_back(task);
    ++task->queued;
}

void ListTurns::end(const SharedTask& task) {
    taken_ -= task->weight;
    --at_once_;
    next();
}

// Begins answers as long as fewer than kMostAtOnce are made. An answer that is made at once calls end(), and so this
// function again: the outer call goes on with the queues.
void ListTurns::next() {
    if (beginning_) {
        return;
    }
    beginning_ = true;
    while (at_once_ < kMostAtOnce && !order_.empty()) {
        const std::string client = std::move(order_.front());
        order_.pop_front();
        const auto own = waiting_.find(client);
        const SharedTask task = own->second.front();
        own->second.pop_front();
        --task->queued;
        if (own->second.empty()) {
            waiting_.erase(own);
        } else {
            order_.push_back(client);
        }
        if (!task->begun) {
            task->begun = true;
            ++at_once_;
            task->begin();
        }
    }
    beginning_ = false;
}

}  // namespace ttmem::server
