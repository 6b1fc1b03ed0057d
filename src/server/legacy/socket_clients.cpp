// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/legacy/socket_clients.hpp"

#include <algorithm>
#include <limits>
#include <new>

namespace ttmem::server {
namespace {

using api::LegacyRequest;

// Devices that one sender holds something on, and bytes of one report: more is made up.
constexpr size_t kMostDevices = 256;
constexpr uint64_t kMostBytesOfReport = uint64_t{1} << 40;

// A sender keeps the peaks of so many devices that it left; more are those of a sender that makes numbers up.
constexpr size_t kMostIdleDevices = 64;

void add_buffer(SocketDeviceUse& use, uint8_t type, uint64_t bytes) {
    use.bytes[type] += bytes;
    use.peak_bytes[type] = std::max(use.peak_bytes[type], use.bytes[type]);
    ++use.buffers[type];
    ++use.reports;
}

void remove_buffer(SocketDeviceUse& use, uint8_t type, uint64_t bytes) {
    use.bytes[type] -= bytes;
    --use.buffers[type];
    --use.reports;
}

uint64_t& program_bytes(SocketDeviceUse& use, uint32_t kind, uint8_t kernel_type) {
    return kind == kReportKernel ? use.kernel_bytes[kernel_type] : use.cb_bytes;
}

}  // namespace

SocketClients::SenderId SocketClients::add_sender(const SenderInfo& info) {
    auto sender = std::make_unique<Sender>();
    sender->info = info;
    if (!free_.empty()) {
        const SenderId id = free_.back();
        free_.pop_back();
        senders_[id] = std::move(sender);
        return id;
    }
    senders_.push_back(std::move(sender));
    return static_cast<SenderId>(senders_.size() - 1);
}

SocketClients::Effect SocketClients::apply(SenderId id, const LegacyRequest& report) try {
    Sender& sender = *senders_[id];
    if (report.type != api::kLegacyAlloc && report.type != api::kLegacyFree &&
        (report.type < api::kLegacyCbAlloc || report.type > api::kLegacyKernelUnload)) {
        return Effect::kNoReport;
    }
    if (report.device_id < 0) {
        return Effect::kBadDevice;
    }
    switch (report.type) {
        case api::kLegacyAlloc:
            return hold_buffer(sender, report);
        case api::kLegacyFree:
            return leave_buffer(sender, report);
        case api::kLegacyCbAlloc:
            return add_program(sender, report, kReportCircularBuffer);
        case api::kLegacyCbFree:
            return take_program(sender, report, kReportCircularBuffer);
        case api::kLegacyKernelLoad:
            return add_program(sender, report, kReportKernel);
        default:
            return take_program(sender, report, kReportKernel);
    }
} catch (const std::bad_alloc&) {
    return Effect::kNoRoom;
}

bool SocketClients::has_room(const Sender& sender, const LegacyRequest& report) const {
    return live_keys_ < limits_.keys && sender.held.size() < limits_.keys_of_sender &&
           report.size <= kMostBytesOfReport &&
           (sender.devices.size() < kMostDevices || sender.devices.contains(report.device_id));
}

SocketClients::Effect SocketClients::hold_buffer(Sender& sender, const LegacyRequest& report) {
    if (report.buffer_type >= api::kLegacyBufferTypes) {
        return Effect::kBadType;
    }
    const ReportKey key{report.buffer_id, report.device_id, kReportBuffer};
    if (Held* held = sender.held.find(key)) {
        if (held->count == std::numeric_limits<uint32_t>::max()) {
            return Effect::kNoRoom;
        }
        ++held->count;
        return Effect::kCounted;
    }
    if (!has_room(sender, report)) {
        return Effect::kNoRoom;
    }
    // Allocations that may fail for want of memory come before anything is counted.
    SocketDeviceUse& of_sender = sender.devices[report.device_id];
    if (sender.counted) {
        devices_.try_emplace(report.device_id);
    }
    Shared* shared = buffers_.find(key);
    if (shared == nullptr) {
        shared = &buffers_.insert({key, report.size, 0, 0, report.buffer_type});
    }
    try {
        sender.held.insert({key, report.timestamp, 1, 0});
    } catch (const std::bad_alloc&) {
        if (shared->holders == 0) {
            buffers_.erase(shared);
        }
        throw;
    }
    ++shared->holders;
    if (sender.counted) {
        count_shared(*shared);
    }
    ++live_keys_;
    add_buffer(of_sender, shared->type, shared->bytes);
    return Effect::kHeld;
}

SocketClients::Effect SocketClients::leave_buffer(Sender& sender, const LegacyRequest& report) {
    Held* held = sender.held.find({report.buffer_id, report.device_id, kReportBuffer});
    if (held == nullptr) {
        return Effect::kUnknownFree;
    }
    if (--held->count > 0) {
        return Effect::kLowered;
    }
    const Held last = *held;
    sender.held.erase(held);
    leave(sender, last);
    return Effect::kLeft;
}

SocketClients::Effect SocketClients::add_program(Sender& sender, const LegacyRequest& report, ReportKind kind) {
    if (kind == kReportKernel && report.buffer_type >= api::kLegacyKernelTypes) {
        return Effect::kBadType;
    }
    const ReportKey key{report.buffer_id, report.device_id, kind};
    Held* held = sender.held.find(key);
    const bool known = held != nullptr;
    if (known ? held->count == std::numeric_limits<uint32_t>::max() || report.size > kMostBytesOfReport
              : !has_room(sender, report)) {
        return Effect::kNoRoom;
    }
    SocketDeviceUse& of_sender = sender.devices[report.device_id];
    SocketDeviceUse* of_device = sender.counted ? &devices_[report.device_id] : nullptr;
    if (!known) {
        held = &sender.held.insert({key, 0, 0, kind == kReportKernel ? report.buffer_type : uint8_t{0}});
        ++live_keys_;
        ++of_sender.reports;
        if (of_device != nullptr) {
            ++of_device->reports;
        }
    }
    ++held->count;
    held->value += report.size;
    program_bytes(of_sender, kind, held->type) += report.size;
    if (of_device != nullptr) {
        program_bytes(*of_device, kind, held->type) += report.size;
    }
    return known ? Effect::kCounted : Effect::kHeld;
}

SocketClients::Effect SocketClients::take_program(Sender& sender, const LegacyRequest& report, ReportKind kind) {
    Held* held = sender.held.find({report.buffer_id, report.device_id, kind});
    if (held == nullptr) {
        return Effect::kUnknownFree;
    }
    if (--held->count > 0) {
        // Old clients send no size here; then each of the id's programs has its share.
        const uint64_t bytes =
            report.size != 0 && report.size <= held->value ? report.size : held->value / (uint64_t{held->count} + 1);
        held->value -= bytes;
        program_bytes(sender.devices[report.device_id], kind, held->type) -= bytes;
        if (sender.counted) {
            program_bytes(devices_[report.device_id], kind, held->type) -= bytes;
        }
        return Effect::kLowered;
    }
    const Held last = *held;
    sender.held.erase(held);
    leave(sender, last);
    return Effect::kLeft;
}

void SocketClients::count_shared(Shared& shared) {
    if (shared.counted++ == 0) {
        add_buffer(devices_[shared.key.device], shared.type, shared.bytes);
    }
}

void SocketClients::discount_shared(Shared& shared) {
    if (--shared.counted == 0) {
        remove_buffer(devices_[shared.key.device], shared.type, shared.bytes);
        forget_empty(devices_, shared.key.device, 0);
    }
}

// Removes one holding of a sender from its figures and from the device's.
void SocketClients::leave(Sender& sender, const Held& held) {
    --live_keys_;
    SocketDeviceUse& of_sender = sender.devices[held.key.device];
    if (held.key.kind == kReportBuffer) {
        Shared* shared = buffers_.find(held.key);
        remove_buffer(of_sender, shared->type, shared->bytes);
        if (sender.counted) {
            discount_shared(*shared);
        }
        if (--shared->holders == 0) {
            buffers_.erase(shared);
        }
    } else {
        program_bytes(of_sender, held.key.kind, held.type) -= held.value;
        --of_sender.reports;
        if (sender.counted) {
            count_program(held, false);
        }
    }
    forget_empty(sender.devices, held.key.device, kMostIdleDevices);
}

// All programs of one id.
void SocketClients::count_program(const Held& held, bool counted) {
    SocketDeviceUse& use = devices_[held.key.device];
    program_bytes(use, held.key.kind, held.type) += counted ? held.value : -held.value;
    use.reports += counted ? 1 : uint64_t(-1);
    forget_empty(devices_, held.key.device, 0);
}

void SocketClients::set_counted(SenderId id, bool counted) {
    Sender& sender = *senders_[id];
    if (sender.counted == counted || sender.ended) {
        return;
    }
    sender.counted = counted;
    sender.held.for_each([&](const Held& held) {
        if (held.key.kind != kReportBuffer) {
            count_program(held, counted);
        } else if (Shared* shared = buffers_.find(held.key); counted) {
            count_shared(*shared);
        } else {
            discount_shared(*shared);
        }
    });
}

void SocketClients::forget_empty(SocketDevices& devices, int32_t id, size_t keep) {
    if (devices.size() > keep) {
        if (const auto found = devices.find(id); found != devices.end() && found->second.reports == 0) {
            devices.erase(found);
        }
    }
}

void SocketClients::end_sender(SenderId id) {
    senders_[id]->ended = true;
    ended_.push_back(id);
    release_some(kReleaseAtOnce);
}

bool SocketClients::release_some(size_t budget) {
    while (!ended_.empty()) {
        const SenderId id = ended_.front();
        Sender& sender = *senders_[id];
        if (!sender.held.drain(budget, [&](const Held& held) { leave(sender, held); })) {
            return true;
        }
        senders_[id].reset();
        free_.push_back(id);
        ended_.erase(ended_.begin());
    }
    return false;
}

const SocketDeviceUse* SocketClients::device(int32_t id) const {
    const auto found = devices_.find(id);
    return found == devices_.end() ? nullptr : &found->second;
}

std::vector<SocketClients::SenderId> SocketClients::senders() const {
    std::vector<SenderId> all;
    for (SenderId id = 0; id < senders_.size(); ++id) {
        if (senders_[id] != nullptr && !senders_[id]->ended) {
            all.push_back(id);
        }
    }
    return all;
}

}  // namespace ttmem::server
