// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Is the process that wrote a ledger alive, and is the ledger its own? The kernel answers; the header only claims.
//
//   write lock held    The kernel names the holder in our pid namespace: that is the writer. A write lock needs a
//                      descriptor open for writing, which only the owner could get.
//   lock free          A host that closes every descriptor drops its lock and lives on. So the header's pid is looked
//                      up, if it is of our pid namespace and boot: the same start time means the same process, and a
//                      mapping of the ledger that it has not become another program by exec.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/unique_fd.hpp"
#include "inventory/ledger_directory.hpp"
#include "inventory/procfs.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// A ledger's header as it describes the writer, read before the rest of the ledger.
struct Claim {
    uint32_t pid = 0;
    uint32_t uid = 0;
    uint64_t start_time_ticks = 0;
    uint64_t pid_namespace = 0;
    std::array<uint8_t, 16> boot_id{};
    uint64_t nonce = 0;
    bool exited = false;
};
enum class NoClaim : uint8_t {
    kStarting,        // no ready word yet
    kForeignVersion,  // another major version
    kCorrupt          // no ledger
};
std::variant<Claim, NoClaim> read_claim(int ledger_fd);

struct WriteLock {
    bool held = false;
    std::optional<pid_t> pid;  // of the holder, where our pid namespace shows it
};
WriteLock query_write_lock(int ledger_fd);

// The machine as this program sees it.
struct Surroundings {
    uint64_t pid_namespace = 0;
    std::array<uint8_t, 16> boot_id{};
    static Surroundings here() { return {own_pid_namespace(), own_boot_id()}; }
};

// The facts by which a process is judged.
struct Evidence {
    uid_t owner = 0;  // of the file
    WriteLock lock;
    Claim claim;
    // The status of the lock's holder, or else of the claimed pid when that is of our namespace.
    std::optional<ProcessStatus> status;
    std::optional<std::array<uid_t, 4>> users;
    Mapping mapping = Mapping::kUnreadable;  // read only when the lock is free
    bool hidden = false;                     // the pid exists, and /proc does not show it to us
};

// Cache of a writer's state, by which checking it again is one short read. Open descriptors of /proc/PID/stat and
// schedstat are bound to the process: when that is gone they answer ESRCH, whichever process has the pid then.
struct KnownProcess {
    pid_t pid = 0;
    UniqueFd stat;
    UniqueFd schedule;
    // How long it had run when its status was read. While that is the same it has not run since, and no process stops
    // without running; only its parent may have become another one. Empty where the kernel does not count.
    std::string had_run;
    ProcessStatus status;
    // The process held its ledger's lock then. It cannot end or become another program without running; should a thread
    // of it have closed the file, it lives on all the same.
    bool held_lock = false;
    std::optional<std::array<uid_t, 4>> users;  // as of the first look at the process
};
// `known` may be null: nothing is remembered.
Evidence gather(int ledger_fd, const FileIdentity& identity, const Claim& claim, uid_t owner, const std::string& path,
                const Surroundings& here, KnownProcess* known = nullptr);

struct Verdict {
    api::ProcessState state = api::ProcessState::kDied;
    std::optional<pid_t> pid;  // in our namespace, confirmed by the kernel
    // Live only if no newer ledger of the same pid and start time exists (the mapping could not be looked at).
    bool unless_newer = false;
    std::string reason;  // untrusted: what was claimed
    pid_t parent = 0;    // of a living one whose pid is known; 0 unknown
};
Verdict judge(const Evidence& evidence, const Surroundings& here);

}  // namespace ttmem::inventory
