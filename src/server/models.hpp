// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Models for those who ask over HTTP, read and put together beside the loop: however long the lists are, the loop goes
// on with its other work. Requests that come together share one model, and reading rests longer than it works, so that
// a thousand askers cost as much as one. For the loop's thread; the models may go anywhere.
#pragma once

#include <array>
#include <cstdint>
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
    virtual void get(Want want, Got got) = 0;
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
    // Something began or ended: who asks next gets what is so now.
    void forget();
    double last_read_seconds() const { return static_cast<double>(last_cost_ns_) * 1e-9; }

private:
    struct Kind {
        SharedModel model;
        uint64_t fresh_until_ns = 0;
        uint64_t rest_until_ns = 0;
        std::vector<Got> waiting;
    };
    void read(Want want);
    void arrived(Want want, const SharedModel& model, uint64_t cost_ns);

    EventLoop& loop_;
    Background& background_;
    SocketState socket_;
    std::shared_ptr<inventory::Inventory> inventory_;  // for the other thread alone
    std::array<Kind, kWants> kinds_;
    uint64_t last_cost_ns_ = 0;
    std::shared_ptr<LiveModels*> self_;  // what comes back finds nobody when this is gone
};

}  // namespace ttmem::server
