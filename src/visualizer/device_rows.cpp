// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "visualizer/device_rows.hpp"

#include <algorithm>
#include <optional>

#include "base/saturate.hpp"

namespace ttmem::visualizer {

namespace {

// The L1 banks of the first allocator that has any on the device.
std::optional<ledger::BankGeometry> l1_of(const recording::ProcessFacts& facts, uint32_t device) {
    for (const ledger::Allocator& allocator : facts.allocators) {
        const bool has_it =
            std::find(allocator.devices.begin(), allocator.devices.end(), device) != allocator.devices.end();
        if (has_it && allocator.geometry[ledger::kAccountL1].banks != 0) {
            return allocator.geometry[ledger::kAccountL1];
        }
    }
    return std::nullopt;
}

}  // namespace

void add_devices(Tables& tables, const recording::RecordedProcess& process, const DeviceNumbers& numbers,
                 uint32_t rank) {
    using Number = std::optional<uint64_t>;
    for (size_t i = 0; i < numbers.order().size(); ++i) {
        const ledger::Device& device = process.facts->devices[numbers.order()[i]];
        const std::optional<ledger::BankGeometry> l1 = l1_of(*process.facts, numbers.order()[i]);
        const Number cores = device.l1_cores ? Number(*device.l1_cores) : std::nullopt;
        const Number columns = device.l1_columns ? Number(*device.l1_columns) : std::nullopt;
        const auto rows_of = [&columns](const Number& of) {
            return of && columns && *columns != 0 ? Number(*of / *columns) : std::nullopt;
        };
        const Number core_bytes = device.l1_core_bytes != 0 ? Number(device.l1_core_bytes) : std::nullopt;
        // Cores that compute have a bank each; the others dispatch.
        const Number banks = l1 ? Number(l1->banks) : std::nullopt;
        const Number bank_bytes = l1 ? Number(l1->bank_bytes) : std::nullopt;
        const Number base = l1 ? Number(l1->base_address) : std::nullopt;
        const Number in_banks = l1 ? Number(saturating_product(l1->bank_bytes, l1->banks)) : std::nullopt;
        const Number all = banks && core_bytes ? Number(saturating_product(*banks, *core_bytes)) : std::nullopt;
        const Number limit = core_bytes && base && *base <= *core_bytes ? Number(*core_bytes - *base) : std::nullopt;
        tables.add(tables.device, i, rows_of(cores), columns, rows_of(banks), columns, core_bytes, banks, bank_bytes, 0,
                   base, std::nullopt, banks, std::nullopt, all, std::nullopt, in_banks, in_banks, limit, rank);
    }
}

}  // namespace ttmem::visualizer
