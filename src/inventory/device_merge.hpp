// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which device records of different processes are one chip. Pure.
//
//   both know a unique id    the same chip if it is the same id, else two
//   both know a PCI address  the same chip if it is the same address (and neither is a remote chip), else two
//   otherwise                the same chip only if logical id, architecture, board and bank geometry agree
// Mock devices and real ones are never the same.
#pragma once

#include <cstddef>
#include <vector>

#include "ledger/read/snapshot.hpp"

namespace ttmem::inventory {

bool same_device(const ledger::Device& a, const ledger::Device& b);

struct MergedDevices {
    std::vector<ledger::Device> devices;  // each with all that any of its records knows
    std::vector<size_t> device_of;        // by index of the record: index into `devices`
};

// The first `living` records are of living processes: they are put together before the others, which then find their
// place among them. Records that know more of themselves are taken first, so that the answer does not hang on the order
// in which processes started; among equals the given order counts, and the first one's logical id is the device's.
MergedDevices merge_devices(const std::vector<const ledger::Device*>& records, size_t living);

}  // namespace ttmem::inventory
