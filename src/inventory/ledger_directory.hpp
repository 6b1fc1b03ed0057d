// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds ledgers and opens them without trusting any user's directory or file.
//
// A directory `tt_alloc.<uid>[.suffix]` counts only if it is a real directory (no symbolic link), owned by that uid and
// writable by no other user; a file in it only if it is a regular file of that owner, not writable by other users. What
// is passed over for that reason is said in a notice. Opening never blocks, whatever lies there.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "inventory/listing_stamp.hpp"

namespace ttmem::inventory {

// TT_ALLOC_LEDGER_DIR, or /dev/shm.
std::string default_base_directory();

// "<pid>-<nonce as 16 hex>.ledger"
struct LedgerName {
    std::string file;
    uint32_t pid = 0;  // in the writer's pid namespace; a claim, like the nonce
    uint64_t nonce = 0;
    ino_t inode = 0;  // as the directory lists it (an overlay may list another number than the file says)
};
std::optional<LedgerName> parse_ledger_name(std::string_view file);

// The uid in "tt_alloc.<uid>[.suffix]"; nullopt for other names.
std::optional<uid_t> parse_directory_uid(std::string_view name);

struct LedgerDirectory {
    std::string path;
    UniqueFd fd;
    uid_t owner = 0;
    dev_t device = 0;
    std::vector<LedgerName> ledgers;
    std::optional<ListingStamp> listed;  // as long as it holds, so do `ledgers`
};

struct FoundLedgers {
    std::vector<LedgerDirectory> directories;
    std::vector<std::string> notices;
    std::optional<ListingStamp> listed;
};
FoundLedgers find_ledgers(const std::string& base_directory);

// find_ledgers() for a caller that repeats it: a folder that has not changed since is not listed again.
class LedgerFinder {
public:
    explicit LedgerFinder(std::string base_directory) : base_(std::move(base_directory)) {}
    FoundLedgers& find();

private:
    bool still_holds() const;

    std::string base_;
    FoundLedgers found_;
};

// Which file a descriptor is.
struct FileIdentity {
    dev_t device = 0;
    ino_t inode = 0;
    int64_t changed_ns = 0;  // ctime
    bool operator==(const FileIdentity&) const = default;
};

struct OpenLedger {
    UniqueFd fd;
    FileIdentity identity;
};
// Error: gone (errno_value ENOENT), or not to be trusted (the message says why, errno_value 0), or refused by the
// kernel.
Result<OpenLedger> open_ledger(const LedgerDirectory& directory, const LedgerName& name);

// The ledger that this very process writes: it must not be opened, since closing any descriptor of a file drops the
// process's record locks on it.
bool is_own_ledger(const LedgerDirectory& directory, const LedgerName& name);

}  // namespace ttmem::inventory
