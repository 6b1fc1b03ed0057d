// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/cards.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ttmem::inventory {
namespace {

using telemetry::DeviceTelemetry;

// The first look of a program that goes on: what answers in this time is there from the start.
constexpr std::chrono::milliseconds kFirstWait{50};

// A card of which more is wanted than before: what answers in this time is fresh at once.
constexpr std::chrono::milliseconds kWaitForMore{20};

// How often a program that goes on looks for cards that came or went, however often it asks for their values.
constexpr std::chrono::milliseconds kBetweenLooks{450};

// A look that is not repeated waits this long for the UMD helper, which discovers chips over ethernet first.
constexpr std::chrono::milliseconds kUmdWait{30'000};

bool same_id(const DeviceTelemetry& card, uint64_t unique_id) {
    return card.asic_id == unique_id || card.serial == unique_id || (card.serial && *card.serial == unique_id >> 5);
}

bool same_place(const DeviceTelemetry& card, const api::Device& device) {
    return card.pci && device.pci && *card.pci == *device.pci;
}

bool may_have_card(const api::Device& device) {
    return !device.mock && !device.remote && !device.telemetry;
}

api::Telemetry describe(const DeviceTelemetry& card, uint64_t now_ns) {
    api::Telemetry telemetry;
    telemetry.condition = to_string(card.condition);
    telemetry.card_type = card.card_type;
    telemetry.asic_id = card.asic_id;
    telemetry.serial = card.serial;
    telemetry.numa_node = card.numa_node;
    telemetry.resets_seen = card.resets_seen;
    if (card.open_pids.known()) {
        telemetry.open_pids = card.open_pids.value;
    }
    if (card.hidden_opens.known()) {
        telemetry.hidden_opens = card.hidden_opens.value;
    }
    for (const telemetry::Sensor& from : telemetry::list_sensors(card, now_ns)) {
        telemetry.sensors.push_back({std::string(from.name), std::string(from.unit), std::string(to_string(from.state)),
                                     from.value, from.text, from.age_ns, from.limit, from.min, from.max});
    }
    return telemetry;
}

void attach(api::Device& device, const DeviceTelemetry& card, uint64_t now_ns) {
    device.telemetry = describe(card, now_ns);
    device.kmd_index = card.kmd_index;
    if (!device.pci) {
        device.pci = card.pci;
    }
}

// A card that no tracked process has opened.
api::Device card_alone(const DeviceTelemetry& card, uint64_t now_ns) {
    api::Device device;
    device.unique_id = card.asic_id;
    const std::string arch = card.arch.value_or("");
    device.arch = arch == "wormhole" ? "wormhole_b0" : arch;
    device.board = card.card_type.value_or("");
    attach(device, card, now_ns);
    // No process has it open: nothing is allocated. Otherwise an untracked process may hold any amount.
    const api::Telemetry& telemetry = *device.telemetry;
    if (telemetry.open_pids && telemetry.open_pids->empty() && telemetry.hidden_opens == 0) {
        for (const api::MemoryKind kind : api::kAllMemoryKinds) {
            device.memory[kind].allocated_bytes = 0;
            device.memory[kind].buffers = 0;
        }
    }
    return device;
}

}  // namespace

bool is_card_of(const DeviceTelemetry& card, const api::Device& device) {
    return may_have_card(device) &&
           ((device.unique_id && same_id(card, *device.unique_id)) || same_place(card, device));
}

void join_cards(std::vector<api::Device>& devices, const telemetry::Snapshot& cards) {
    const size_t opened = devices.size();
    for (const DeviceTelemetry& card : cards.devices) {
        // The chips of one board may share a serial, so the place decides where it is known of both.
        const auto end = devices.begin() + static_cast<std::ptrdiff_t>(opened);
        auto found = std::find_if(devices.begin(), end, [&](const api::Device& device) {
            return may_have_card(device) && same_place(card, device);
        });
        if (found == end) {
            found = std::find_if(devices.begin(), end, [&](const api::Device& device) {
                return is_card_of(card, device) && !(card.pci && device.pci);
            });
        }
        if (found != end) {
            attach(*found, card, cards.taken_at_ns);
        } else {
            devices.push_back(card_alone(card, cards.taken_at_ns));
        }
    }
}

CardSource::CardSource(TelemetryUse use) : use_(use) {
    if (use_ == TelemetryUse::kOff) {
        return;
    }
    const Result<telemetry::Options> options = telemetry::options_from_environment();
    if (!options) {
        notices_.push_back("no telemetry: " + options.error().message);
        use_ = TelemetryUse::kOff;
        return;
    }
    options_ = options.value();
    if (const auto umd = telemetry::umd_options_from_environment()) {
        umd_ = std::make_unique<telemetry::UmdHelper>(*umd);
    }
}

void join_umd(std::vector<api::Device>& devices, const std::vector<telemetry::UmdChip>& chips, uint64_t now_ns) {
    for (const telemetry::UmdChip& chip : chips) {
        auto found = std::find_if(devices.begin(), devices.end(), [&chip](const api::Device& device) {
            return !device.mock &&
                   ((chip.pci && device.pci == chip.pci) ||
                    (chip.unique_id && (device.unique_id == chip.unique_id ||
                                        (device.telemetry && device.telemetry->asic_id == chip.unique_id))));
        });
        if (found == devices.end()) {
            if (!chip.remote) {
                continue;
            }
            api::Device device;
            device.remote = true;
            device.unique_id = chip.unique_id;
            device.board = chip.board;
            found = devices.insert(devices.end(), std::move(device));
        }
        if (!found->telemetry) {
            found->telemetry.emplace();
            found->telemetry->condition = "ok";
        }
        for (const telemetry::UmdSensor& from : chip.sensors) {
            if (found->telemetry->find(from.name) == nullptr) {
                api::Sensor& sensor = found->telemetry->sensors.emplace_back();
                sensor.name = from.name;
                sensor.unit = from.unit;
                sensor.state = to_string(from.reading.state);
                sensor.value = from.reading.value;
                sensor.age_ns = from.reading.age_ns(now_ns);
            }
        }
    }
}

std::vector<std::string> CardSource::notices() const {
    std::vector<std::string> all = notices_;
    if (umd_ && !umd_->trouble().empty()) {
        all.push_back("--umd: " + umd_->trouble());
    }
    return all;
}

void CardSource::refresh(const std::optional<std::vector<int>>& wanted) {
    if (umd_) {
        if (use_ == TelemetryUse::kOnce) {
            umd_->wait_for_answer(kUmdWait);
        } else {
            umd_->poll();
        }
    }
    if (use_ == TelemetryUse::kOnce) {
        snapshot_ = telemetry::read_once(options_);
    } else if (use_ == TelemetryUse::kFollow) {
        if (!provider_) {
            provider_ = std::make_unique<telemetry::Provider>(options_);
            provider_->refresh(kFirstWait);
            looked_ = std::chrono::steady_clock::now();
        } else if (const auto now = std::chrono::steady_clock::now(); now - looked_ >= kBetweenLooks) {
            provider_->poll();
            looked_ = now;
        }
        provider_->watch_closely(wanted, kWaitForMore);
        snapshot_ = provider_->snapshot();
    }
}

const telemetry::DeviceTelemetry* CardSource::card_of(const api::Device& device) const {
    const auto found = std::find_if(snapshot_.devices.begin(), snapshot_.devices.end(), [&](const auto& card) {
        return card.pci && device.pci ? may_have_card(device) && same_place(card, device) : is_card_of(card, device);
    });
    return found == snapshot_.devices.end() ? nullptr : &*found;
}

void CardSource::add_to(std::vector<api::Device>& devices) const {
    join_cards(devices, snapshot_);
    if (umd_) {
        join_umd(devices, umd_->chips(), snapshot_.taken_at_ns);
    }
}

}  // namespace ttmem::inventory
