// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/client_figures.hpp"

#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "inventory/socket_source.hpp"
#include "server/legacy/socket_clients.hpp"

namespace ttmem::server {
namespace {

using api::BufferKind;
using api::MemoryKind;

// A look is followed by a rest of that many times as long.
constexpr uint64_t kRestAfterWork = 4;

struct TypeKind {
    api::LegacyBufferType type;
    BufferKind buffer;
    std::optional<MemoryKind> memory;
};
constexpr TypeKind kTypeKinds[] = {
    {api::kLegacyDram, BufferKind::kDram, MemoryKind::kDram},
    {api::kLegacyL1, BufferKind::kL1, MemoryKind::kL1},
    {api::kLegacySystemMemory, BufferKind::kSystemMemory, std::nullopt},
    {api::kLegacyL1Small, BufferKind::kL1Small, MemoryKind::kL1Small},
    {api::kLegacyTrace, BufferKind::kTrace, MemoryKind::kTrace},
};
static_assert(std::size(kTypeKinds) == api::kLegacyBufferTypes);

inventory::SocketHolding holding_of(int32_t device, const SocketDeviceUse& use) {
    inventory::SocketHolding holding;
    holding.device = device;
    for (const TypeKind& kind : kTypeKinds) {
        if (kind.memory) {
            holding.bytes[*kind.memory] = use.bytes[kind.type];
            holding.peak_bytes[*kind.memory] = use.peak_bytes[kind.type];
            holding.buffers[*kind.memory] = use.buffers[kind.type];
        }
    }
    holding.circular_buffer_bytes = use.cb_bytes;
    holding.kernel_application_bytes = use.kernel_bytes[api::kLegacyApplication];
    holding.kernel_fabric_bytes = use.kernel_bytes[api::kLegacyFabric];
    holding.kernel_dispatch_bytes = use.kernel_bytes[api::kLegacyDispatch];
    return holding;
}

}  // namespace

void ClientFigures::attach(SocketClients& clients, Background* looks) {
    clients_ = &clients;
    looks_ = looks;
}

void ClientFigures::look(Looked got) {
    if (looks_ == nullptr) {
        take_look(look_now(), {std::move(got)});
        return;
    }
    looks_wanted_.push_back(std::move(got));
    if (!looking_) {
        begin_look();
    }
}

void ClientFigures::begin_look() {
    looking_ = true;
    looks_->post([this, waiting = std::exchange(looks_wanted_, {})]() -> Background::Done {
        return [this, waiting, look = look_now()] {
            looking_ = false;
            take_look(look, waiting);
            if (!looks_wanted_.empty() && !looking_) {
                begin_look();
            }
        };
    });
}

ClientFigures::Look ClientFigures::look_now() {
    inventory::Request request;
    request.quick = true;
    request.depth = inventory::Depth::kTotalsAlone;
    const uint64_t begin = clock_ns(CLOCK_MONOTONIC);
    SharedModel model = inventory_.refresh(request);
    return {std::move(model), clock_ns(CLOCK_MONOTONIC) - begin};
}

void ClientFigures::take_look(const Look& look, const std::vector<Looked>& waiting) {
    leave_out_counted(*look.model);
    next_look_ns_ = clock_ns(CLOCK_MONOTONIC) + look.cost_ns * kRestAfterWork;
    for (const Looked& got : waiting) {
        got(look.model);
    }
}

void ClientFigures::leave_out_counted(const api::Model& model) {
    SocketClients& clients = *clients_;
    for (const SocketClients::SenderId sender : clients.senders()) {
        const bool counted = !inventory::counts_from_ledger(model, clients.info(sender).pid);
        counted_changes_ += counted != clients.is_counted(sender) ? 1 : 0;
        clients.set_counted(sender, counted);
    }
}

void ClientFigures::note(const SharedModel& model) {
    if (model != noted_) {
        noted_ = model;
        leave_out_counted(*model);
    }
}

SocketFigures ClientFigures::get(bool buffers) {
    const SocketClients& clients = *clients_;
    if (!clients.senders().empty() && !looking_ && clock_ns(CLOCK_MONOTONIC) >= next_look_ns_) {
        look([](const SharedModel&) {});
    }
    SocketFigures figures;
    for (const SocketClients::SenderId sender : clients.senders()) {
        if (!clients.is_counted(sender)) {
            continue;
        }
        const SenderInfo& info = clients.info(sender);
        inventory::SocketProcess process{info.pid, info.uid, info.start_time_ticks, {}, {}};
        for (const auto& [device, use] : clients.devices_of(sender)) {
            process.devices.push_back(holding_of(device, use));
        }
        if (buffers) {
            clients.for_each_buffer(sender, [&](const SocketBuffer& row) {
                process.buffers.push_back(
                    {row.device, row.address, row.bytes, kTypeKinds[row.type].buffer, row.allocated_at_ns});
            });
        }
        figures.processes.push_back(std::move(process));
    }
    for (const auto& [device, use] : clients.devices()) {
        figures.totals.push_back(holding_of(device, use));
    }
    return figures;
}

}  // namespace ttmem::server
