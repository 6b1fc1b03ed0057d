// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recorder/ledger_search.hpp"

#include <unistd.h>

#include <optional>
#include <utility>
#include <variant>

#include "base/clock.hpp"
#include "inventory/process_state.hpp"
#include "inventory/procfs.hpp"

namespace ttmem::recorder {
namespace {

constexpr int kMostAncestors = 64;

}  // namespace

LedgerSearch::LedgerSearch(pid_t pid, bool with_descendants)
    : pid_(pid),
      with_descendants_(with_descendants),
      began_ns_(clock_ns(CLOCK_REALTIME)),
      finder_(inventory::default_base_directory()) {}

void LedgerSearch::look(const std::function<void(FoundLedger)>& take) {
    const inventory::FoundLedgers& found = finder_.find();
    for (const inventory::LedgerDirectory& directory : found.directories) {
        for (const inventory::LedgerName& name : directory.ledgers) {
            if (!known_.contains(name.file)) {
                consider(directory, name, take);
            }
        }
    }
}

void LedgerSearch::consider(const inventory::LedgerDirectory& directory, const inventory::LedgerName& name,
                            const std::function<void(FoundLedger)>& take) {
    Result<inventory::OpenLedger> opened = inventory::open_ledger(directory, name);
    if (!opened) {
        known_.insert(name.file);
        return;
    }
    const auto claim = inventory::read_claim(opened.value().fd.get());
    const auto* claimed = std::get_if<inventory::Claim>(&claim);
    if (claimed == nullptr) {
        if (std::get<inventory::NoClaim>(claim) != inventory::NoClaim::kStarting) {
            known_.insert(name.file);
        }
        return;
    }
    known_.insert(name.file);
    static const inventory::Surroundings kHere = inventory::Surroundings::here();
    const std::string path = directory.path + "/" + name.file;
    const inventory::Evidence evidence =
        inventory::gather(opened.value().fd.get(), opened.value().identity, *claimed, directory.owner, path, kHere);
    std::optional<pid_t> pid = inventory::judge(evidence, kHere).pid;
    if (!pid && claimed->uid == geteuid() && claimed->uid == directory.owner && evidence.status &&
        evidence.status->start_time_ticks == claimed->start_time_ticks) {
        pid = static_cast<pid_t>(claimed->pid);  // it has ended, and its parent, which is shown, has not reaped it
    }
    if (!pid) {
        const std::optional<uint64_t> started = inventory::start_time_of(claimed->start_time_ticks);
        if (with_descendants_ && claimed->uid == geteuid() && started && *started >= began_ns_) {
            notices_.push_back("process " + std::to_string(claimed->pid) +
                               " ended before it could be seen whether this command started it: left out");
        }
        return;
    }
    if (is_ours(*pid)) {
        take({directory, name, std::move(opened.value()), *pid});
    }
}

bool LedgerSearch::is_ours(pid_t pid) const {
    for (int i = 0; i < kMostAncestors && pid > 1; ++i) {
        if (pid == pid_) {
            return true;
        }
        const std::optional<inventory::ProcessStatus> status = inventory::read_process_status(pid);
        if (!with_descendants_ || !status) {
            return false;
        }
        pid = status->parent;
    }
    return false;
}

}  // namespace ttmem::recorder
