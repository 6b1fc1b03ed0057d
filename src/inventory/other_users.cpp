// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/other_users.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>

#include "base/directory.hpp"
#include "inventory/ledger_directory.hpp"
#include "inventory/upstream_region.hpp"

namespace ttmem::inventory {
namespace {

bool is_other(uid_t uid) {
    return uid != 0 && uid != geteuid();
}

// Whether `is_of_other` says so of an entry of the folder; a folder that is not there has none.
template <typename IsOfOther>
bool any_entry(const std::string& folder, const IsOfOther& is_of_other) {
    const DirectoryStream entries(opendir(folder.c_str()));
    if (entries == nullptr) {
        return errno != ENOENT;
    }
    while (const dirent* entry = readdir(entries.get())) {
        if (is_of_other(dirfd(entries.get()), entry->d_name)) {
            return true;
        }
    }
    return false;
}

}  // namespace

bool has_other_users(const Settings& settings) {
    for (const std::string& base : base_directories(settings)) {
        if (any_entry(base, [](int, const char* name) {
                const std::optional<uid_t> uid = parse_directory_uid(name);
                return uid && is_other(*uid);
            })) {
            return true;
        }
    }
    return any_entry(region_directory(settings), [](int folder, const char* name) {
        struct stat status {};
        return parse_region_name(name) &&
               (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || is_other(status.st_uid));
    });
}

}  // namespace ttmem::inventory
