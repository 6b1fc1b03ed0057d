// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The memory in use on one device, summed over the processes that have it open.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "inventory/ledger_source.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// A device as one process's ledger describes it.
struct Part {
    const TrackedLedger* ledger = nullptr;
    uint32_t local = 0;  // index into its snapshot's devices

    const DeviceHolding& holding() const { return ledger->holdings.devices[local]; }
};

bool holds(const Part& part, api::MemoryKind kind);

// Several processes hold one kind on one chip: their ranges are merged. The result for the model
// before is used again while no ledger of these was read again.
class RangeUnions {
public:
    // In bytes; absent while the list of one of them is missing.
    api::Bytes of(const std::vector<Part>& parts, api::MemoryKind kind);
    // A model is whole; the next one begins.
    void next();

private:
    std::map<std::vector<uint64_t>, uint64_t> before_;
    std::map<std::vector<uint64_t>, uint64_t> now_;
};

// Bytes that the six reports or the programs give: a process uses one or the other. Absent where neither is known.
api::Bytes circular_buffer_bytes(const DeviceHolding& holding);
api::Bytes kernel_bytes(const DeviceHolding& holding);

// `parts`: of living processes. `lists`: their lists of buffers were read, so what rests on lists is known. `is_cut` is
// set when other users claim more memory than the device has: its figure then ends at its size.
api::Device describe_device(const ledger::Device& known, const std::vector<Part>& parts, bool lists,
                            RangeUnions& unions, bool& is_cut);

}  // namespace ttmem::inventory
