// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Models of the inventory, as the JSON of `ttmem snapshot` (docs/snapshot-json.md). Called with the GIL held; it is
// released while ledgers are read.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/tensor_words.hpp"
#include "inventory/inventory.hpp"
#include "inventory/own_events.hpp"
#include "model/model.hpp"

namespace ttmem::python {

// Settings of an inventory of this process alone.
inventory::Settings own_alone();

// This process's model.
std::shared_ptr<const api::Model> own_model(inventory::Depth depth);

// This process alone. `buffers` lists them; figures that need the list are there in either case.
std::string own_json(bool buffers);

// Its buffers put together (inventory/holders.hpp): a JSON list, the largest first. `by`: one of its words; a negative
// device: all of them. Throws nanobind's ValueError for another word.
std::string own_groups(const std::string& by, int32_t device);

// Every process on this machine, this one among them, and every card.
std::string machine_json(bool buffers, bool telemetry);

// Why a request of this process was refused last (output/why_text.hpp), as JSON or, with a width, as text.
std::string own_why(size_t width);
// The holders of the memory at this process's peak of `kind`, or at its highest in proportion to the memory. Throws NotTracked
// where there is no picture of it.
std::string own_peak(std::optional<api::MemoryKind> kind, size_t width);
// The same of a file that `ttmem why --save` wrote. Raises ValueError where it is none.
std::string saved_why(const std::string& path, size_t width);

// Whether a tensor fits on a device of this process now (output/fits_text.hpp), as JSON. Throws nanobind's ValueError for
// a question that makes no sense, and where the answer is not known.
std::string own_fits(int32_t device, const analysis::TensorWords& words);

// Where its live buffers lie, a list of (id, kind of memory, address, device ids).
nanobind::list own_places();

// Bytes that this process holds on a device, where its counters cannot say: a union of address ranges. nullopt: the
// list of buffers is incomplete.
std::optional<uint64_t> listed_bytes(int32_t device, api::MemoryKind kind);

// The names of this process's buffers of each context (inventory/regions.hpp), None where nothing names them.
nanobind::list own_regions(const std::vector<uint32_t>& contexts);

// The events of this process, from the moment at which the object was made.
class OwnEvents {
public:
    OwnEvents();

    // (events, missed): since the last call, by time, each (type, kind or None, id, bytes, context, device ids); and how
    // many were written and overwritten in between.
    nanobind::tuple take();

private:
    std::unique_ptr<inventory::OwnEvents> events_;
};

}  // namespace ttmem::python
