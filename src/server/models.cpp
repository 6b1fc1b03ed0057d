// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/models.hpp"

#include <algorithm>
#include <tuple>
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
    if (!kind.on_its_way) {
        begin(want);
    }
}

void LiveModels::begin(Want want) {
    Kind& kind = kinds_[static_cast<size_t>(want)];
    kind.on_its_way = true;
    kind.forgotten = false;
    if (loop_.now_ns() >= kind.fresh_until_ns) {
        read(want, false);
    } else if (want != Want::kTotals) {
        at(kind.fresh_until_ns, [want](LiveModels& self) { self.read(want, false); });
    } else if (loop_.now_ns() >= kind.quick_after_ns) {
        read(want, true);
    } else {
        at(kind.quick_after_ns, [want](LiveModels& self) { self.read(want, true); });
    }
}

void LiveModels::forget() {
    for (Kind& kind : kinds_) {
        kind.model.reset();
        kind.forgotten = true;
    }
}

void LiveModels::read(Want want, bool quick) {
    inventory::Request request;
    request.failures = true;
    request.buffers = want == Want::kBuffers;
    request.events = want == Want::kEvents;
    request.quick = quick;
    post(std::move(request),
         [this, want, quick](const SharedModel& model, uint64_t cost_ns) { arrived(want, model, cost_ns, quick); });
}

void LiveModels::arrived(Want want, const SharedModel& model, uint64_t cost_ns, bool quick) {
    Kind& kind = kinds_[static_cast<size_t>(want)];
    const uint64_t rest_until_ns = loop_.now_ns() + cost_ns * kRestAfterWork;
    kind.on_its_way = false;
    kind.quick_after_ns = rest_until_ns;
    if (!quick) {
        last_cost_ns_ = cost_ns;
        kind.fresh_until_ns = std::max(loop_.now_ns() + kFreshNs, rest_until_ns);
        kind.quick_after_ns = loop_.now_ns();
    }
    // Once, for those who asked after the news: where they never cease somebody must get an answer, too.
    kind.again = kind.forgotten && want == Want::kTotals && !kind.again;
    if (kind.again) {
        begin(want);
        return;
    }
    kind.model = want == Want::kTotals ? model : nullptr;  // lists may be large: nobody keeps them
    for (const Got& got : std::exchange(kind.waiting, {})) {
        got(model);
    }
}

void LiveModels::read_anew(const inventory::Request& request, Got got) {
    const auto same = std::find_if(anew_.begin(), anew_.end(), [&](const Anew& anew) {
        const inventory::Request& other = anew.request;
        return std::tie(other.buffers, other.space, other.programs, other.failures, other.l1) ==
               std::tie(request.buffers, request.space, request.programs, request.failures, request.l1);
    });
    if (same != anew_.end()) {
        same->waiting.push_back(std::move(got));
        return;
    }
    anew_.push_back({request, {}});
    anew_.back().waiting.push_back(std::move(got));
    if (!reading_anew_) {
        next_anew();
    }
}

void LiveModels::next_anew() {
    reading_anew_ = !anew_.empty();
    if (!reading_anew_) {
        return;
    }
    if (loop_.now_ns() < anew_after_ns_) {
        at(anew_after_ns_, [](LiveModels& self) { self.next_anew(); });
        return;
    }
    auto waiting = std::make_shared<std::vector<Got>>(std::move(anew_.front().waiting));
    const inventory::Request request = std::move(anew_.front().request);
    anew_.pop_front();
    post(request, [this, waiting](const SharedModel& model, uint64_t cost_ns) {
        anew_after_ns_ = loop_.now_ns() + cost_ns * kRestAfterWork;
        for (const Got& got : *waiting) {
            got(model);
        }
        next_anew();
    });
}

void LiveModels::post(inventory::Request request, Arrived arrived) {
    auto socket = std::make_shared<SocketFigures>(socket_(request.buffers));
    for (const inventory::SocketProcess& process : socket->processes) {
        request.counted_elsewhere.push_back(process.pid);
    }
    const std::weak_ptr<LiveModels*> weak = self_;
    background_.post(
        [weak, request, socket, arrived = std::move(arrived), inventory = inventory_]() -> Background::Done {
            const uint64_t begin = clock_ns(CLOCK_MONOTONIC);
            auto model = std::make_shared<api::Model>(*inventory->refresh(request));
            inventory::add_socket_processes(*model, socket->processes, socket->totals);
            const uint64_t cost_ns = clock_ns(CLOCK_MONOTONIC) - begin;
            return [weak, cost_ns, model, arrived] {
                if (!weak.expired()) {
                    arrived(model, cost_ns);
                }
            };
        });
}

void LiveModels::at(uint64_t when_ns, std::function<void(LiveModels&)> what) {
    const std::weak_ptr<LiveModels*> weak = self_;
    loop_.at(when_ns, [weak, what = std::move(what)] {
        if (const auto self = weak.lock()) {
            what(**self);
        }
    });
}

}  // namespace ttmem::server
