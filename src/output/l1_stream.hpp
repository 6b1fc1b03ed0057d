// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// `ttmem l1 --json` as text, in pieces: what chips that are alike (those of a mesh) have in common is worked out and put
// into text once. docs/snapshot-json.md names the fields. Pure; needs a model with buffers and programs.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "model/model.hpp"
#include "output/text_room.hpp"

namespace ttmem::output {

struct L1Text {
    // 1: each device has all of its picture, so that a list is repeated for each chip of a mesh. 2: each picture stands
    // once, in `pictures`, with a row of a list a line, and a device names its own by number.
    int schema = 1;
    int indent = 2;                           // < 0: one line
    std::vector<api::DeviceIndex> devices{};  // indexes into Model::devices
    std::optional<api::Core> core{};
};
inline constexpr int kFirstL1Schema = 1;
inline constexpr int kLatestL1Schema = 2;

// False: the sink took no more.
bool write_l1(const api::Model& model, const L1Text& what, const TextSink& sink);

}  // namespace ttmem::output
