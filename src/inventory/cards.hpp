// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The cards that the driver shows, joined to the devices that processes have opened.
//
// A device's unique id is the driver's tt_asic_id on some boards, tt_serial on others, tt_serial x 32 + the chip's
// place on Blackhole boards with ethernet links, and an id that the driver does not know on Wormhole boards with links
// (tt-umd, cluster descriptor). So ids are compared in these forms first, and then the PCI address. Mocks and remote
// chips have no card.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inventory/inventory.hpp"
#include "model/model.hpp"
#include "telemetry/provider.hpp"
#include "telemetry/umd_helper.hpp"

namespace ttmem::inventory {

class CardSource {
public:
    explicit CardSource(TelemetryUse use);

    // `wanted`: as Request::cards.
    void refresh(const std::optional<std::vector<int>>& wanted);
    // Gives devices their telemetry, and adds cards that belong to no device after them.
    void add_to(std::vector<api::Device>& devices) const;
    // The card of a chip at the last refresh(); null: none is known. Valid until the next one.
    const telemetry::DeviceTelemetry* card_of(const api::Device& device) const;
    std::optional<std::string> driver_version() const { return snapshot_.driver_version.value; }
    std::vector<std::string> notices() const;

private:
    TelemetryUse use_;
    telemetry::Options options_;
    std::unique_ptr<telemetry::Provider> provider_;
    std::unique_ptr<telemetry::UmdHelper> umd_;  // only where it was asked for
    std::chrono::steady_clock::time_point looked_;
    telemetry::Snapshot snapshot_;
    std::vector<std::string> notices_;
};

// Whether the card is the device's; as add_to asks it.
bool is_card_of(const telemetry::DeviceTelemetry& card, const api::Device& device);

// Adds what the UMD helper knows to the cards and remote chips among `devices`; a remote chip that is not there yet is
// added after them. Pure.
void join_umd(std::vector<api::Device>& devices, const std::vector<telemetry::UmdChip>& chips, uint64_t now_ns);

// `cards` joined to `devices`, as add_to does it. Pure.
void join_cards(std::vector<api::Device>& devices, const telemetry::Snapshot& cards);

}  // namespace ttmem::inventory
