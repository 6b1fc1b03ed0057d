// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/models.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"

namespace ttmem::server {

LiveModels::LiveModels(EventLoop& loop, Background& background, const inventory::Settings& settings, SocketState socket)
    : loop_(loop),
      background_(background),
      socket_(std::move(socket)),
      inventory_(std::make_shared<inventory::Inventory>(settings)),
      self_(std::make_shared<LiveModels*>(this)) {}

void LiveModels::get(Want want, Got got) {
    Kind& kind = kinds_[static_cast<size_t>(want)];
    if (kind.model != nullptr && loop_.now_ns() < kind.fresh_until_ns) {
        got(kind.model);
        return;
    }
    kind.waiting.push_back(std::move(got));
    if (kind.waiting.size() > 1) {
        return;  // it is on its way
    }
    if (loop_.now_ns() >= kind.fresh_until_ns) {
        read(want);
        return;
    }
    const std::weak_ptr<LiveModels*> weak = self_;
    loop_.at(kind.fresh_until_ns, [weak, want] {
        if (const auto self = weak.lock()) {
            (*self)->read(want);
        }
    });
}

void LiveModels::forget() {
    for (Kind& kind : kinds_) {
        kind.model.reset();
        kind.fresh_until_ns = std::min(kind.fresh_until_ns, kind.rest_until_ns);
    }
}

void LiveModels::read(Want want) {
    inventory::Request request;
    request.failures = true;
    request.buffers = want == Want::kBuffers;
    request.events = want == Want::kEvents;
    auto socket = std::make_shared<SocketFigures>(socket_(request.buffers));
    for (const inventory::SocketProcess& process : socket->processes) {
        request.counted_elsewhere.push_back(process.pid);
    }
    const std::weak_ptr<LiveModels*> weak = self_;
    background_.post([weak, want, request, socket, inventory = inventory_]() -> Background::Done {
        const uint64_t begin = clock_ns(CLOCK_MONOTONIC);
        auto model = std::make_shared<api::Model>(*inventory->refresh(request));
        inventory::add_socket_processes(*model, socket->processes, socket->totals);
        const uint64_t cost = clock_ns(CLOCK_MONOTONIC) - begin;
        return [weak, want, cost, model] {
            if (const auto self = weak.lock()) {
                (*self)->arrived(want, model, cost);
            }
        };
    });
}

void LiveModels::arrived(Want want, const SharedModel& model, uint64_t cost_ns) {
    Kind& kind = kinds_[static_cast<size_t>(want)];
    last_cost_ns_ = cost_ns;
    kind.model = want == Want::kTotals ? model : nullptr;  // lists may be large: nobody keeps them
    kind.rest_until_ns = loop_.now_ns() + cost_ns * kRestAfterWork;
    kind.fresh_until_ns = std::max(loop_.now_ns() + kFreshNs, kind.rest_until_ns);
    for (const Got& got : std::exchange(kind.waiting, {})) {
        got(model);
    }
}

}  // namespace ttmem::server
