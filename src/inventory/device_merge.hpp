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

#include <sys/types.h>

#include <cstddef>
#include <vector>

#include "ledger/read/snapshot.hpp"

namespace ttmem::inventory {

bool same_device(const ledger::Device& a, const ledger::Device& b);

// How much a record may say of a chip. Living before dead ones; within each, those of root and of the user that asks
// before those of other users, which may claim anything.
enum class Standing { kLiving, kLivingStranger, kDead, kDeadStranger };
constexpr bool is_stranger(Standing standing) {
    return standing == Standing::kLivingStranger || standing == Standing::kDeadStranger;
}

struct MergedDevices {
    std::vector<ledger::Device> devices;  // each with all that its records know
    std::vector<size_t> device_of;        // by index of the record: index into `devices`
    std::vector<size_t> contradicting;    // records of strangers that describe their chip otherwise than it is
    std::vector<Standing> described_by;   // of each device: the best standing of its records
};

// Records are merged in the order of their standing; a stranger's record adds nothing to what a better one says.
// Between strangers, what most users say of the chip at a place counts, each user once, however many processes it has.
// Within a standing, records that know more of themselves are taken first, so that the answer does not hang on the order
// in which processes started; among equals the given order counts, and the first one's logical id is the device's.
// `owners`: the user of each record; empty: all are of one user.
MergedDevices merge_devices(const std::vector<const ledger::Device*>& records, const std::vector<Standing>& standings,
                            const std::vector<uid_t>& owners = {});

}  // namespace ttmem::inventory
