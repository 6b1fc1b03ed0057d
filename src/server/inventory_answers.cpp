// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/inventory_answers.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "inventory/socket_source.hpp"
#include "server/log.hpp"

namespace ttmem::server {
namespace {

using api::BufferKind;
using api::MemoryKind;

// Reading the ledgers is followed by a rest of that many times as long.
constexpr uint64_t kRestAfterWork = 4;
constexpr uint64_t kRestAfterDump = 20;
// Old monitors ask for devices 0 to n-1; a client that makes numbers up must not keep them busy.
constexpr int32_t kMostAnnouncedDevices = 256;
constexpr size_t kFewBuffers = 10;

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

uint32_t arch_code(std::string_view name) {
    constexpr std::string_view kNames[] = {"", "grayskull", "wormhole_b0", "blackhole", "quasar"};
    const auto* const found = std::find(std::begin(kNames), std::end(kNames), name);
    return found == std::end(kNames) ? 0 : static_cast<uint32_t>(found - std::begin(kNames));
}

uint32_t fitting(uint64_t value) {
    return static_cast<uint32_t>(std::min<uint64_t>(value, std::numeric_limits<uint32_t>::max()));
}

// What old clients call a device: tt-metal's number, or the driver's of a card that nobody has opened.
std::optional<int> number_of(const api::Device& device) {
    return device.id ? device.id : device.kmd_index;
}

std::string formatted(const char* format, auto... values) {
    char text[256];
    const int length = std::snprintf(text, sizeof text, format, values...);
    return std::string(text, std::min<size_t>(static_cast<size_t>(std::max(length, 0)), sizeof text - 1));
}

}  // namespace

// Reads the ledgers if it is time, and sees to it that nobody is counted twice.
void InventoryAnswers::refresh() {
    const uint64_t begin = clock_ns(CLOCK_MONOTONIC);
    if (ledgers_ != nullptr && begin < next_refresh_ns_) {
        return;
    }
    read({});
    const uint64_t end = clock_ns(CLOCK_MONOTONIC);
    next_refresh_ns_ = end + (end - begin) * kRestAfterWork;
}

void InventoryAnswers::read(inventory::Request request) {
    const SocketClients& clients = socket_->clients();
    for (const SocketClients::SenderId sender : clients.senders()) {
        request.counted_elsewhere.push_back(clients.info(sender).pid);
    }
    ledgers_ = inventory_.refresh(request);
    leave_out_counted();
}

std::shared_ptr<const api::Model> InventoryAnswers::look() {
    inventory::Request request;
    request.quick = true;
    read(request);
    return ledgers_;
}

void InventoryAnswers::leave_out_counted() {
    SocketClients& clients = socket_->clients();
    for (const SocketClients::SenderId sender : clients.senders()) {
        clients.set_counted(sender, !inventory::counts_from_ledger(*ledgers_, clients.info(sender).pid));
    }
}

void InventoryAnswers::answer_query(int32_t id, api::LegacyMessage& reply) {
    refresh();
    for (const api::Device& device : ledgers_->devices) {
        if (device.id != id) {
            continue;
        }
        reply.dram_allocated += device.memory[MemoryKind::kDram].allocated_bytes.value_or(0);
        reply.l1_allocated += device.memory[MemoryKind::kL1].allocated_bytes.value_or(0);
        reply.l1_small_allocated += device.memory[MemoryKind::kL1Small].allocated_bytes.value_or(0);
        reply.trace_allocated += device.memory[MemoryKind::kTrace].allocated_bytes.value_or(0);
        const api::CircularBufferUse& programs = device.circular_buffers;
        reply.cb_allocated +=
            programs.programs_sum_bytes ? *programs.programs_sum_bytes : programs.current_bytes.value_or(0);
        reply.kernel_allocated += device.kernels.loaded_bytes.value_or(0);
        reply.ringbuffer_total_size = fitting(device.kernels.ring_capacity_bytes_per_core.value_or(0));
        reply.ringbuffer_used_bytes = fitting(device.kernels.ring_used_bytes_per_core.value_or(0));
    }
    if (const SocketDeviceUse* use = socket_->clients().device(id)) {
        reply.dram_allocated += use->bytes[api::kLegacyDram];
        reply.l1_allocated += use->bytes[api::kLegacyL1];
        reply.l1_small_allocated += use->bytes[api::kLegacyL1Small] + use->bytes[api::kLegacySystemMemory];
        reply.trace_allocated += use->bytes[api::kLegacyTrace];
        reply.cb_allocated += use->cb_bytes;
        reply.kernel_allocated += use->kernel_bytes_sum();
    }
}

void InventoryAnswers::answer_device_info(int32_t id, api::LegacyMessage& reply) {
    refresh();
    const SocketDevices& of_socket = socket_->clients().devices();
    if (id == -1) {
        int32_t highest = -1;
        for (const api::Device& device : ledgers_->devices) {
            highest = std::max(highest, number_of(device).value_or(-1));
        }
        for (const auto& [device, use] : of_socket) {
            highest = std::max(highest, device < kMostAnnouncedDevices ? device : -1);
        }
        reply.num_devices = static_cast<uint32_t>(highest + 1);
        reply.is_available = highest >= 0 ? 1 : 0;
        return;
    }
    reply.is_available = of_socket.contains(id) ? 1 : 0;
    const auto first_with = [&](auto number) {
        return std::find_if(ledgers_->devices.begin(), ledgers_->devices.end(),
                            [&](const api::Device& device) { return number(device) == id; });
    };
    auto found = first_with([](const api::Device& device) { return device.id; });
    if (found == ledgers_->devices.end()) {
        found = first_with(number_of);
    }
    if (found == ledgers_->devices.end()) {
        return;
    }
    const api::MemoryUse& dram = found->memory[MemoryKind::kDram];
    const api::MemoryUse& l1 = found->memory[MemoryKind::kL1];
    reply.is_available = 1;
    reply.arch_type = arch_code(found->arch);
    reply.total_dram_size = dram.physical_bytes.value_or(dram.capacity_bytes.value_or(0));
    reply.total_l1_size = l1.physical_bytes.value_or(l1.capacity_bytes.value_or(0));
    reply.num_dram_channels = found->dram_channels.value_or(0);
    if (reply.num_dram_channels > 0) {
        reply.dram_size_per_channel = fitting(reply.total_dram_size / reply.num_dram_channels);
    }
    if (found->l1_cores.value_or(0) > 0) {
        reply.l1_size_per_core = fitting(reply.total_l1_size / *found->l1_cores);
    }
}

api::Model InventoryAnswers::merged(bool buffers) {
    inventory::Request request;
    request.buffers = buffers;
    read(request);
    api::Model model = *ledgers_;
    const SocketFigures figures = collect(buffers);
    inventory::add_socket_processes(model, figures.processes, figures.totals);
    return model;
}

SocketFigures InventoryAnswers::socket_figures(bool buffers) {
    if (!socket_->clients().senders().empty()) {
        refresh();
    }
    return collect(buffers);
}

SocketFigures InventoryAnswers::collect(bool buffers) const {
    SocketFigures figures;
    const SocketClients& clients = socket_->clients();
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

// Any client may ask for it, so that it rests longer than it works.
uint64_t InventoryAnswers::dump() {
    const uint64_t begin = clock_ns(CLOCK_MONOTONIC);
    write_if_ready(dump_fd_, dump_text(merged(true)));
    return (clock_ns(CLOCK_MONOTONIC) - begin) * kRestAfterDump;
}

std::string dump_text(const api::Model& model) {
    struct Group {
        uint64_t bytes = 0;
        std::vector<const api::Buffer*> buffers;
    };
    // By device, process and kind; indexes of the model, so that everything stands in the model's order.
    std::map<size_t, std::map<size_t, std::map<BufferKind, Group>>> held;
    for (const api::Buffer& buffer : model.buffers) {
        for (const size_t device : buffer.devices) {
            Group& group = held[device][buffer.process][buffer.kind];
            group.bytes += buffer.allocated_bytes;
            group.buffers.push_back(&buffer);
        }
    }
    std::string text = "remaining buffers: " + std::to_string(model.buffers.size()) + "\n";
    for (const auto& [device_index, processes] : held) {
        const api::Device& device = model.devices[device_index];
        text += "device " + (device.id ? std::to_string(*device.id) : std::string("-"));
        text += (device.arch.empty() ? "" : " " + device.arch) + (device.mock ? " (mock)" : "") + "\n";
        for (const auto& [process_index, kinds] : processes) {
            const api::Process& process = model.processes[process_index];
            text += "  pid " + (process.pid ? std::to_string(*process.pid) : std::string("-")) + " (" +
                    std::string(to_string(process.source)) + ") " + process.command.substr(0, 80) + "\n";
            for (const auto& [kind, group] : kinds) {
                text += formatted("    %-14s %8zu buffers %16" PRIu64 " bytes\n", std::string(to_string(kind)).c_str(),
                                  group.buffers.size(), group.bytes);
                if (group.buffers.size() <= kFewBuffers) {
                    for (const api::Buffer* buffer : group.buffers) {
                        text += formatted("      at 0x%-16" PRIx64 " %16" PRIu64 " bytes\n", buffer->address,
                                          buffer->allocated_bytes);
                    }
                }
            }
        }
    }
    return text;
}

}  // namespace ttmem::server
