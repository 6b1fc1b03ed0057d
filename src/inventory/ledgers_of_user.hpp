// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <vector>

#include "inventory/ledger_directory.hpp"

namespace ttmem::inventory {

// Ledgers of one user that are read, and of them those whose process is gone. The client keeps 64 of the latter; more
// than these are made up, and would only make every look slower.
inline constexpr size_t kMostLedgersOfUser = 4096;
inline constexpr size_t kMostEndedOfUser = 512;

// By the name of the ledger alone, which may lie. One of another pid namespace counts as ended.
inline bool is_of_ended_process(const LedgerName& name) {
    const auto pid = static_cast<pid_t>(name.pid);
    return pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH);
}

// How many ledgers of a user there are so far, and how many of them are left out.
class LedgersOfUser {
public:
    bool takes(const LedgerName& name) {
        const bool ended = is_of_ended_process(name);
        if (all_ >= kMostLedgersOfUser || (ended && ended_ >= kMostEndedOfUser)) {
            ++left_out_;
            return false;
        }
        ++all_;
        ended_ += ended ? 1 : 0;
        return true;
    }
    // A notice, if there are some that are not read.
    void say(uid_t owner, std::vector<std::string>& notices) const {
        if (left_out_ > 0) {
            notices.push_back("user " + std::to_string(owner) + " has more than " + std::to_string(kMostEndedOfUser) +
                              " ledgers of ended processes, or " + std::to_string(kMostLedgersOfUser) + " in all; " +
                              std::to_string(left_out_) + " are not read");
        }
    }

private:
    size_t all_ = 0;
    size_t ended_ = 0;
    size_t left_out_ = 0;
};

}  // namespace ttmem::inventory
