// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/per_bank.hpp"

#include <string>

#include "inventory/holdings.hpp"

namespace ttmem::report {

namespace {

// 0: not known.
uint64_t banks_of(const recording::Reader& reader, const Peak& peak) {
    const auto& facts = reader.processes()[peak.process].facts;
    return facts && peak.allocator < facts->allocators.size()
               ? facts->allocators[peak.allocator].geometry[inventory::account_of(peak.kind)].banks
               : 0;
}

}  // namespace

Result<bool> to_bank_bytes(const recording::Reader& reader, Report& report) {
    for (Peak& peak : report.peaks) {
        const uint64_t banks = banks_of(reader, peak);
        if (banks == 0) {
            return Error{"the recording does not say in how many banks its " + std::string(api::to_string(peak.kind)) +
                             " lies, and a report of ttnn has bytes of a bank alone",
                         0};
        }
        peak.bytes /= banks;
        for (Holder& holder : peak.holders) {
            holder.bytes /= banks;
        }
        for (std::optional<uint64_t>* const figure : {&peak.capacity_bytes, &peak.ledger_bytes}) {
            *figure = *figure ? std::optional(**figure / banks) : std::nullopt;
        }
    }
    return true;
}

}  // namespace ttmem::report
