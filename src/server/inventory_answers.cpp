// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/inventory_answers.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "server/log.hpp"

namespace ttmem::server {
namespace {

using api::BufferKind;
using api::MemoryKind;

// Old monitors ask for devices 0 to n-1; a client or a ledger that makes numbers up must not keep them busy.
constexpr int32_t kMostAnnouncedDevices = 256;
constexpr size_t kFewBuffers = 10;

uint32_t arch_code(std::string_view name) {
    constexpr std::string_view kNames[] = {"", "grayskull", "wormhole_b0", "blackhole", "quasar"};
    const auto* const found = std::find(std::begin(kNames), std::end(kNames), name);
    return found == std::end(kNames) ? 0 : static_cast<uint32_t>(found - std::begin(kNames));
}

uint32_t fitting(uint64_t value) {
    return static_cast<uint32_t>(std::min<uint64_t>(value, std::numeric_limits<uint32_t>::max()));
}

// A device's number for old clients: tt-metal's, or the driver's of a card that no process has opened.
std::optional<int> number_of(const api::Device& device) {
    return device.id ? device.id : device.kmd_index;
}

std::string formatted(const char* format, auto... values) {
    char text[256];
    const int length = std::snprintf(text, sizeof text, format, values...);
    return std::string(text, std::min<size_t>(static_cast<size_t>(std::max(length, 0)), sizeof text - 1));
}

bool is_of_socket(const api::Device& device) {
    return std::find(device.sources.begin(), device.sources.end(), api::Source::kSocket) != device.sources.end();
}

void add_use(api::LegacyMessage& reply, const api::Device& device) {
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

}  // namespace

void InventoryAnswers::attach(LegacySocket& socket, ModelSource& models, Background& background) {
    socket_ = &socket;
    models_ = &models;
    background_ = &background;
}

void InventoryAnswers::answer_query(int32_t id, Got got) {
    // Of the question's moment: reports that come after it, before the ledgers are read, are not in its answer.
    const SocketDeviceUse* now = socket_->clients().device(id);
    const SocketDeviceUse then = now == nullptr ? SocketDeviceUse() : *now;
    models_->get(ModelSource::Want::kTotals, [this, id, then, as_of = figures_.counted_changes(),
                                              got = std::move(got)](const SharedModel& model) {
        figures_.note(model);
        SocketDeviceUse use = then;
        if (as_of != figures_.counted_changes()) {
            const SocketDeviceUse* counted = socket_->clients().device(id);
            use = counted == nullptr ? SocketDeviceUse() : *counted;
        }
        got([&](api::LegacyMessage& reply) {
            for (const api::Device& device : model->devices) {
                if (device.id == id && !is_of_socket(device)) {
                    add_use(reply, device);
                }
            }
            reply.dram_allocated += use.bytes[api::kLegacyDram];
            reply.l1_allocated += use.bytes[api::kLegacyL1];
            reply.l1_small_allocated += use.bytes[api::kLegacyL1Small] + use.bytes[api::kLegacySystemMemory];
            reply.trace_allocated += use.bytes[api::kLegacyTrace];
            reply.cb_allocated += use.cb_bytes;
            reply.kernel_allocated += use.kernel_bytes_sum();
        });
    });
}

void InventoryAnswers::answer_device_info(int32_t id, Got got) {
    models_->get(ModelSource::Want::kTotals, [this, id, got = std::move(got)](const SharedModel& model) {
        figures_.note(model);
        got([&](api::LegacyMessage& reply) {
            if (id == -1) {
                count_devices(*model, reply);
            } else {
                describe_device(*model, id, reply);
            }
        });
    });
}

void InventoryAnswers::count_devices(const api::Model& model, api::LegacyMessage& reply) const {
    int32_t highest = -1;
    for (const api::Device& device : model.devices) {
        const int number = is_of_socket(device) ? -1 : number_of(device).value_or(-1);
        highest = std::max(highest, number < kMostAnnouncedDevices ? number : -1);
    }
    for (const auto& [device, use] : socket_->clients().devices()) {
        highest = std::max(highest, device < kMostAnnouncedDevices ? device : -1);
    }
    reply.num_devices = static_cast<uint32_t>(highest + 1);
    reply.is_available = highest >= 0 ? 1 : 0;
}

void InventoryAnswers::describe_device(const api::Model& model, int32_t id, api::LegacyMessage& reply) const {
    reply.is_available = socket_->clients().devices().contains(id) ? 1 : 0;
    const auto first_with = [&](auto number) {
        return std::find_if(model.devices.begin(), model.devices.end(),
                            [&](const api::Device& device) { return !is_of_socket(device) && number(device) == id; });
    };
    auto found = first_with([](const api::Device& device) { return device.id; });
    if (found == model.devices.end()) {
        found = first_with(number_of);
    }
    if (found == model.devices.end()) {
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

// The text of a million buffers takes long to add up, too.
void InventoryAnswers::dump() {
    if (dumping_) {
        dump_again_ = true;
        return;
    }
    dumping_ = true;
    models_->get(ModelSource::Want::kBuffers, [this](const SharedModel& model) {
        background_->post([this, model]() -> Background::Done {
            return [this, text = dump_text(*model)] {
                write_if_ready(dump_fd_, text);
                dumping_ = false;
                if (std::exchange(dump_again_, false)) {
                    dump();
                }
            };
        });
    });
}

std::string dump_text(const api::Model& model) {
    struct Group {
        uint64_t bytes = 0;
        std::vector<const api::Buffer*> buffers;
    };
    // By device, process and kind; indexes of the model, so that everything stands in the model's order.
    std::map<api::DeviceIndex, std::map<api::ProcessIndex, std::map<BufferKind, Group>>> held;
    for (const api::Buffer& buffer : model.buffers) {
        for (const api::DeviceIndex device : buffer.devices) {
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
