// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Puts one process's allocators, programs, regions, rings and failures into a model. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "inventory/sidecar_names.hpp"
#include "ledger/read/snapshot.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

api::CoreSet core_set(const std::vector<ledger::CoreRange>& ranges);

// Appends the process's allocators, closed ones too, in the order of its ledger, so that number n of the ledger is
// number (what this gives) + n of the model. `places`: index into Model::devices, by index in the snapshot.
api::AllocatorIndex add_allocators(api::Model& model, api::ProcessIndex process, const ledger::Snapshot& snapshot,
                                   const std::vector<api::DeviceIndex>& places);

// The contexts and tensors of a process that its rows name, each once in the model.
class ModelContexts {
public:
    ModelContexts(api::Model& model, api::ProcessIndex process, const SidecarNames& names)
        : model_(model), process_(process), names_(names) {}

    // Index into Model::contexts or Model::tensors; nullopt when the number says nothing.
    std::optional<api::ContextIndex> context(uint32_t id);
    std::optional<api::TensorIndex> tensor(uint32_t id);

private:
    api::Model& model_;
    api::ProcessIndex process_;
    const SidecarNames& names_;
    std::unordered_map<uint32_t, api::ContextIndex> contexts_;
    std::unordered_map<uint32_t, api::TensorIndex> tensors_;
};

// Appends its programs and regions. `first_allocator`: what add_allocators gave.
void add_programs(api::Model& model, api::ProcessIndex process, const ledger::Snapshot& snapshot,
                  const SidecarNames& names, ModelContexts& contexts, const std::vector<api::DeviceIndex>& places,
                  api::AllocatorIndex first_allocator);

// Appends its kernel-config rings, and fills in the devices' figures of all rings.
void add_rings(api::Model& model, const ledger::Snapshot& snapshot, api::AllocatorIndex first_allocator);
void add_ring_figures(api::Model& model);

// Appends its events.
void add_events(api::Model& model, api::ProcessIndex process, const std::vector<ledger::Event>& events,
                const ledger::Snapshot& snapshot, const std::vector<api::DeviceIndex>& places);

// Appends its failures, after its programs (whose names they bear); the process may have ended. `first_allocator`: what
// add_allocators gave, of a process that lives.
void add_failures(api::Model& model, api::ProcessIndex process, const ledger::Snapshot& snapshot,
                  const SidecarNames& names, ModelContexts& contexts, const std::vector<api::DeviceIndex>& places,
                  std::optional<api::AllocatorIndex> first_allocator);

}  // namespace ttmem::inventory
