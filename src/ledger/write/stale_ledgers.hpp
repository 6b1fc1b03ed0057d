// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Removes ledgers of dead processes from a directory, by age and size. Called by a process that makes a ledger, inside
// the host: bounded work, no exception, and never a live process's file.
#pragma once

namespace ttmem::ledger {

enum class StaleBound {
    // Exited ones after a minute, or after a day if a request of theirs was refused; died ones after a day; beyond 64
    // files, 256 MiB or a quarter of the file system together those that exited without a refusal first, then the
    // oldest. After a minute those that stay are cut down to header, picture and live records.
    kUsual,
    kEverything  // the file system is full: every dead one
};

// Removes dead ledgers (and their sidecars) of the directory. A ledger is dead when no process holds its record lock
// and the process of its name is gone or started at another time; in doubt it stays. Looks at no more than 100,000
// names. Requires: no ledger in the directory is open in this process (closing one would drop its lock).
void remove_stale_ledgers(int directory_fd, StaleBound bound) noexcept;

}  // namespace ttmem::ledger
