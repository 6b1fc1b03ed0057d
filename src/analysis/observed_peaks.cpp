// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/observed_peaks.hpp"

#include <algorithm>

namespace ttmem::inventory {
namespace {

using api::kAllMemoryKinds;
using api::MemoryKind;

std::string key_of(const api::Process& process) {
    return process.ledger.empty()
               ? std::to_string(process.pid.value_or(-1)) + " " + std::to_string(process.start_time_ns.value_or(0))
               : process.ledger;
}

// Places in the list move when devices come and go.
std::string key_of(const api::Device& device) {
    return device.unique_id ? "u" + std::to_string(*device.unique_id)
           : device.pci     ? *device.pci
                            : std::to_string(device.id.value_or(-1));
}

}  // namespace

void ObservedPeaks::add(const api::Model& model) {
    const bool begins = !begun_;
    if (begins) {
        begun_ = true;
        began_ns_ = model.time_ns;
    }
    std::vector<std::string> keys;
    for (const api::Process& process : model.processes) {
        keys.push_back(key_of(process));
    }
    std::vector<std::string> devices;
    for (const api::Device& device : model.devices) {
        devices.push_back(key_of(device));
    }
    // Replays the events since the last model, starting at the bytes held then.
    for (const api::Event& event : model.events) {
        const bool comes = event.type == api::EventType::kAllocate;
        if (begins || !event.kind || (!comes && event.type != api::EventType::kFree)) {
            continue;
        }
        for (const api::DeviceIndex device : event.devices) {
            std::optional<Held>& held = held_[{keys[event.process], devices[device]}][*event.kind];
            if (!held) {
                held.emplace();
            }
            held->bytes = comes                        ? held->bytes + event.bytes
                          : held->bytes >= event.bytes ? held->bytes - event.bytes
                                                       : 0;
            held->peak.bytes = std::max(held->peak.bytes, held->bytes);
        }
    }
    // Compares with the bytes held now: a difference means that events were missed, and the peak is not exact.
    for (api::ProcessIndex i{0}; i < model.processes.size(); ++i) {
        const api::Process& process = model.processes[i];
        for (const api::ProcessDevice& use : process.devices) {
            for (const MemoryKind kind : kAllMemoryKinds) {
                std::optional<Held>& held = held_[{keys[i], devices[use.device]}][kind];
                const api::Bytes& now = use.bytes[kind];
                if (!now) {
                    held.reset();
                    continue;
                }
                if (!held) {
                    held.emplace();
                    held->peak.exact = begins || *now == 0;
                    held->bytes = *now;
                }
                held->peak.exact = held->peak.exact && held->bytes == *now && model.events_missed == 0 &&
                                   (begins || process.one_moment);
                held->bytes = *now;
                held->peak.bytes = std::max(held->peak.bytes, *now);
            }
        }
    }
}

std::optional<ObservedPeak> ObservedPeaks::of(const api::Model& model, api::ProcessIndex process,
                                              api::DeviceIndex device, MemoryKind kind) const {
    const auto found = held_.find({key_of(model.processes[process]), key_of(model.devices[device])});
    if (found == held_.end() || !found->second[kind]) {
        return std::nullopt;
    }
    return found->second[kind]->peak;
}

}  // namespace ttmem::inventory
