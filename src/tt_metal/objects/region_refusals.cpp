// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/region_refusals.hpp"

#include <optional>

#include "base/errno_keeper.hpp"
#include "client/tracker.hpp"
#include "tt_metal/objects/allocators.hpp"
#include "tt_metal/objects/extend_exception.hpp"
#include "tt_metal/objects/refusal_text.hpp"
#include "tt_metal/objects/traces.hpp"
#include "tt_metal/record_context.hpp"

namespace ttmem::tt_metal {
namespace {

void record(uint32_t allocator, const RegionRefusal& refusal, bool trace, std::exception& error) noexcept {
    tt_alloc_clash refused{};
    refused.struct_size = sizeof refused;
    refused.allocator = allocator;
    refused.buffer_id = UINT64_MAX;
    refused.end_address = refusal.wanted_bytes;
    ledger::NewFailure known;
    known.type = trace ? ledger::kFailureTraceRegion : ledger::kFailureConfigRing;
    known.limit_bytes = refusal.region_bytes;
    known.region_kind = trace             ? ledger::kProgramRegionUnknown
                        : refusal.workers ? ledger::kProgramRegionWorkerRing
                                          : ledger::kProgramRegionEthernetRing;
    const client::RecordContext context(event_context());
    known.exception = client::add_exception(error.what());
    client::program_refused(refused, known);
    client::RefusalFigures figures;
    figures.allocator = allocator;
    figures.refused = trace ? client::Refused::kTrace : client::Refused::kProgramOfRing;
    figures.end_address = refusal.wanted_bytes;
    figures.limit_address = refusal.region_bytes;
    extend_exception(error, figures);
}

}  // namespace

void record_ring_refusal(MeshDevice* mesh, std::exception& error) noexcept {
    const ErrnoKeeper keeper;
    const std::optional<RegionRefusal> refusal = read_ring_refusal(error.what());
    const Place place = refusal ? find_place(reinterpret_cast<Device*>(mesh)) : Place{};
    if (place.facts != nullptr) {
        record(place.facts->handle, *refusal, false, error);
    }
}

void record_trace_refusal(const MeshDeviceImpl* impl, std::exception& error) noexcept {
    const ErrnoKeeper keeper;
    const std::optional<RegionRefusal> refusal = read_trace_refusal(error.what());
    const Allocator* allocator = refusal ? trace_allocator(impl) : nullptr;
    const AllocatorFacts* facts = allocator != nullptr ? find_allocator(allocator) : nullptr;
    if (facts != nullptr) {
        record(facts->handle, *refusal, true, error);
    }
}

}  // namespace ttmem::tt_metal
