// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "inventory/inventory.hpp"
#include "replay/playback.hpp"

namespace ttmem::replay {

// An inventory of these settings shows the moment of the recording that the playback stands at.
inline inventory::Settings replay_settings(const std::shared_ptr<Playback>& playback) {
    inventory::Settings settings;
    settings.telemetry = inventory::TelemetryUse::kOff;
    settings.ledgers = playback;
    return settings;
}

}  // namespace ttmem::replay
