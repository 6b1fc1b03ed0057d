// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Models for those who ask over HTTP, read and put together beside the loop: however long the lists are, the loop goes
// on with its other work. Requests that come together share one model, and reading rests longer than it works, so that
// a thousand askers cost as much as one. For the loop's thread; the models may go anywhere.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "api/model.hpp"
#include "inventory/inventory.hpp"
#include "inventory/socket_source.hpp"
#include "server/background.hpp"
#include "server/event_loop.hpp"

namespace ttmem::server {

using SharedModel = std::shared_ptr<const api::Model>;

class ModelSource {
public:
    enum class Want : uint8_t {
        kTotals,
        kBuffers,  // with the list of live buffers
        kEvents    // with what happened since the last model of this kind
    };
    static constexpr size_t kWants = 3;
    using Got = std::function<void(SharedModel)>;

    virtual ~ModelSource() = default;
    // May call `got` at once.
    virtual void get(Want want, Got got) = 0;
    // Read after this call, whatever is known already: for who has just changed something.
    virtual void read_anew(const inventory::Request& request, Got got) = 0;
};

// What the old socket's clients hold at the moment.
struct SocketFigures {
    std::vector<inventory::SocketProcess> processes;
    std::vector<inventory::SocketHolding> totals;
};

class LiveModels : public ModelSource {
public:
    static constexpr uint64_t kFreshNs = 5'000'000;
    static constexpr uint64_t kRestAfterWork = 4;
    using SocketState = std::function<SocketFigures(bool buffers)>;

    LiveModels(EventLoop& loop, Background& background, const inventory::Settings& settings, SocketState socket);

    void get(Want want, Got got) override;
    void read_anew(const inventory::Request& request, Got got) override;
    // Something began or ended: who asks next gets what is so now, at once, though what the others hold may be as old
    // as reading's rest allows.
    void forget();
    double last_read_seconds() const { return static_cast<double>(last_cost_ns_) * 1e-9; }

private:
    struct Kind {
        SharedModel model;
        uint64_t fresh_until_ns = 0;  // no whole reading before then
        uint64_t quick_after_ns = 0;  // no quick one before then
        std::vector<Got> waiting;
        bool on_its_way = false;  // a reading, or the moment for it
        bool forgotten = false;   // the reading that is on its way began before the news
        bool again = false;       // ... and is for those whom such a one would have been for
    };
    // Those who want one thing, since the reading before.
    struct Anew {
        inventory::Request request;
        std::vector<Got> waiting;
    };
    using Arrived = std::function<void(SharedModel, uint64_t cost_ns)>;
    void begin(Want want);
    void read(Want want, bool quick);
    void arrived(Want want, const SharedModel& model, uint64_t cost_ns, bool quick);
    void next_anew();
    void post(inventory::Request request, Arrived arrived);
    void at(uint64_t when_ns, std::function<void(LiveModels&)> what);

    EventLoop& loop_;
    Background& background_;
    SocketState socket_;
    std::shared_ptr<inventory::Inventory> inventory_;  // for the other thread alone
    std::array<Kind, kWants> kinds_;
    std::deque<Anew> anew_;
    bool reading_anew_ = false;
    uint64_t anew_after_ns_ = 0;
    uint64_t last_cost_ns_ = 0;
    std::shared_ptr<LiveModels*> self_;  // what comes back finds nobody when this is gone
};

}  // namespace ttmem::server
