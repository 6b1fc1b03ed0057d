// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The folder of one run, in shared memory: the mock cluster's description and the ledgers of the run's processes, apart
// from those of other processes of this user.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "dry_run/run_ledgers.hpp"

namespace ttmem::dry_run {

// Removes itself and all in it. Movable, not copyable; not thread safe.
class RunFolder {
public:
    // Under TT_ALLOC_LEDGER_DIR, or /dev/shm. Folders that dry runs left which were killed are removed first.
    static Result<RunFolder> make(const std::string& description);
    ~RunFolder();
    RunFolder(RunFolder&& other) noexcept
        : path_(std::exchange(other.path_, {})), ledgers_(std::move(other.ledgers_)) {}
    RunFolder& operator=(RunFolder&&) = delete;

    const std::string& path() const { return path_; }
    std::string description() const { return path_ + "/board.yaml"; }
    std::string record() const { return path_ + "/stand-ins"; }  // base/dry_run_record.hpp

    // Opens the ledgers that have appeared. Called while the run goes on: a ledger of a process that has ended may be
    // removed by one that starts, and can be read as long as it is open here.
    void find_ledgers();

    // After the run: what the hooks stood in for, as notes for a person.
    std::vector<std::string> read_record() const;

    // After the run: all that was found. What cannot be read is said in `notes`.
    std::vector<RunLedger> read_ledgers(std::vector<std::string>& notes);

private:
    explicit RunFolder(std::string path) : path_(std::move(path)) {}

    std::string path_;
    RunLedgers ledgers_;
};

}  // namespace ttmem::dry_run
