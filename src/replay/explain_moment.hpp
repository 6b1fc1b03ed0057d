// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Why memory was refused, or what is fullest, at a moment of a recording: as `ttmem why` says it of the present.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "inventory/picture_model.hpp"
#include "replay/playback.hpp"

namespace ttmem::replay {

// A refusal of the model that an inventory of this playback made (an index into its failures), from the buffers that
// were held at that refusal. The playback stands where it stood afterwards. nullopt: the recording has no such refusal.
std::optional<inventory::Explanation> explain_refusal(const std::shared_ptr<Playback>& playback,
                                                      const api::Model& model, size_t failure);

// The latest refusal at or before the moment that the playback stands at; without any, the fullest device.
inventory::Explanation explain_moment(const std::shared_ptr<Playback>& playback);

}  // namespace ttmem::replay
