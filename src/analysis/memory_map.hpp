// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The contents of a core's L1 or of a DRAM bank by address, from 0 to its physical end. Pure; needs a model with
// buffers and programs.
//
// No figure is a remainder. Regions are the process's reports (Region::source), banks are the allocator's own word,
// buffers are its list, and what is free is free because it lies in a bank and in no buffer. An address that none of
// them covers is kUnexplained; one that they cover in ways that exclude each other (a region in a bank, a buffer
// outside of all banks) goes to the firmer source and is counted in LayoutSums::contested_bytes. The identity
//     regions + buffers + free = physical
// holds if both are 0.
#pragma once

#include <optional>
#include <vector>

#include "analysis/allocator_spans.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// L1 of one core, or without `core` the regions that all worker cores share (regions on some cores alone are then left
// out). nullopt when no allocator has the device open or its size is not known.
std::optional<api::Layout> l1_layout(const api::Model& model, api::DeviceIndex device,
                                     const std::optional<api::Core>& core = std::nullopt);

// A DRAM bank.
std::optional<api::Layout> dram_layout(const api::Model& model, api::DeviceIndex device);

// The worker cores of a device, row by row. Where its process did not report their grid: the cores that the model has
// seen (in regions, programs' circular buffers and kernels), and all of them where those span as many as the device.
std::vector<api::Core> known_cores(const api::Model& model, api::DeviceIndex device);
api::CoreSet known_core_set(const api::Model& model, api::DeviceIndex device);

// Why no bank lies on a worker core: dispatch runs there (kDispatch), or the allocator leaves it out (kUnused). Nothing
// of a core that a bank lies on.
std::optional<api::RegionType> core_without_bank(const api::Model& model, api::DeviceIndex device,
                                                 const api::Core& core);

// For each device the first one of which all pictures are the same: the chips of a mesh mostly.
std::vector<api::DeviceIndex> alike_devices(const api::Model& model);

// Fills Device::l1 of every device. Chips that are alike share the work.
void summarise_l1(api::Model& model, const SpansOf& spans = {});

}  // namespace ttmem::inventory
