// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/ledger_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/directory.hpp"
#include "inventory/procfs.hpp"

namespace ttmem::inventory {
namespace {

constexpr std::string_view kDirectoryPrefix = "tt_alloc.";
constexpr std::string_view kLedgerSuffix = ".ledger";
constexpr mode_t kOthersMayWrite = S_IWGRP | S_IWOTH;

// Takes the descriptor over; nothing when it cannot be listed.
DirectoryStream stream_of(UniqueFd fd) {
    DirectoryStream stream(fdopendir(fd.get()));
    if (stream) {
        fd.release();
    }
    return stream;
}

template <typename T>
bool parse_whole(std::string_view text, T& value, int base) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

std::string said(int error) {
    return std::strerror(error);
}

// Why a directory is not taken; empty when it is.
std::string distrust(const struct stat& status, uid_t uid) {
    if (!S_ISDIR(status.st_mode)) {
        return "it is no directory";
    }
    if (status.st_uid != uid) {
        return "it belongs to user " + std::to_string(status.st_uid) + ", not " + std::to_string(uid);
    }
    if ((status.st_mode & kOthersMayWrite) != 0) {
        return "others may write there";
    }
    return "";
}

}  // namespace

std::string default_base_directory() {
    const char* named = std::getenv("TT_ALLOC_LEDGER_DIR");
    return named != nullptr && *named != '\0' ? named : "/dev/shm";
}

std::optional<LedgerName> parse_ledger_name(std::string_view file) {
    LedgerName name;
    if (!file.ends_with(kLedgerSuffix)) {
        return std::nullopt;
    }
    const std::string_view stem = file.substr(0, file.size() - kLedgerSuffix.size());
    const size_t dash = stem.find('-');
    if (dash == std::string_view::npos || stem.size() - dash - 1 != 16) {
        return std::nullopt;
    }
    if (!parse_whole(stem.substr(0, dash), name.pid, 10) || !parse_whole(stem.substr(dash + 1), name.nonce, 16)) {
        return std::nullopt;
    }
    name.file = file;
    return name;
}

std::optional<uid_t> parse_directory_uid(std::string_view name) {
    if (!name.starts_with(kDirectoryPrefix)) {
        return std::nullopt;
    }
    name.remove_prefix(kDirectoryPrefix.size());
    // Digits only: a folder's name chosen by another user must not get into a message.
    uid_t uid = 0;
    unsigned suffix = 0;
    const size_t dot = name.find('.');
    if (!parse_whole(name.substr(0, dot), uid, 10) ||
        (dot != std::string_view::npos && !parse_whole(name.substr(dot + 1), suffix, 10))) {
        return std::nullopt;
    }
    return uid;
}

FoundLedgers find_ledgers(const std::string& base_directory) {
    FoundLedgers found;
    UniqueFd base(open(base_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
    const int base_error = errno;
    const int base_number = base.get();
    DirectoryStream entries = base.valid() ? stream_of(std::move(base)) : nullptr;
    if (!entries) {
        found.notices.push_back("ledgers are looked for in " + base_directory + ": " + said(base_error));
        return found;
    }
    found.listed = stamp_before_listing(base_number);
    while (const dirent* entry = readdir(entries.get())) {
        const std::optional<uid_t> uid = parse_directory_uid(entry->d_name);
        if (!uid) {
            continue;
        }
        LedgerDirectory directory;
        directory.path = base_directory + "/" + entry->d_name;
        directory.owner = *uid;
        const auto pass_over = [&](const std::string& why) {
            found.notices.push_back(directory.path + " is not read: " + why);
        };
        struct stat status {};
        if (fstatat(base_number, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;  // gone meanwhile
        }
        if (S_ISLNK(status.st_mode)) {
            pass_over("it is a symbolic link");
            continue;
        }
        directory.fd.reset(
            openat(base_number, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
        if (!directory.fd.valid() || fstat(directory.fd.get(), &status) != 0) {
            if (errno != ENOENT) {
                pass_over(errno == ENOTDIR ? "it is no directory" : said(errno));
            }
            continue;
        }
        if (const std::string why = distrust(status, *uid); !why.empty()) {
            pass_over(why);
            continue;
        }
        directory.device = status.st_dev;
        // A descriptor of its own for the listing, since closing the stream closes what it reads from.
        DirectoryStream files =
            stream_of(UniqueFd(openat(directory.fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)));
        if (!files) {
            pass_over(said(errno));
            continue;
        }
        directory.listed = stamp_before_listing(directory.fd.get());
        while (const dirent* file = readdir(files.get())) {
            if (std::optional<LedgerName> name = parse_ledger_name(file->d_name)) {
                name->inode = file->d_ino;
                directory.ledgers.push_back(std::move(*name));
            }
        }
        found.directories.push_back(std::move(directory));
    }
    std::sort(found.directories.begin(), found.directories.end(),
              [](const LedgerDirectory& a, const LedgerDirectory& b) { return a.path < b.path; });
    std::sort(found.notices.begin(), found.notices.end());
    return found;
}

bool LedgerFinder::still_holds() const {
    // A directory that was passed over may be mended without a word to its base.
    struct stat status {};
    if (!found_.listed || !found_.notices.empty() || stat(base_.c_str(), &status) != 0 ||
        listing_stamp(status) != *found_.listed) {
        return false;
    }
    return std::all_of(found_.directories.begin(), found_.directories.end(), [&](const LedgerDirectory& directory) {
        return directory.listed && fstat(directory.fd.get(), &status) == 0 &&
               listing_stamp(status) == *directory.listed;
    });
}

FoundLedgers& LedgerFinder::find() {
    if (!still_holds()) {
        found_ = find_ledgers(base_);
    }
    return found_;
}

Result<OpenLedger> open_ledger(const LedgerDirectory& directory, const LedgerName& name) {
    // O_NONBLOCK: a FIFO must not hold us. O_NOCTTY: nor a terminal become ours.
    UniqueFd fd(
        openat(directory.fd.get(), name.file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!fd.valid()) {
        return errno == ELOOP ? Error{"it is a symbolic link", 0} : Error{said(errno), errno};
    }
    struct stat status {};
    if (fstat(fd.get(), &status) != 0) {
        return Error{said(errno), errno};
    }
    if (!S_ISREG(status.st_mode)) {
        return Error{"it is no regular file", 0};
    }
    if (status.st_uid != directory.owner) {
        return Error{"it belongs to user " + std::to_string(status.st_uid), 0};
    }
    if ((status.st_mode & kOthersMayWrite) != 0) {
        return Error{"others may write to it", 0};
    }
    OpenLedger opened;
    opened.fd = std::move(fd);
    opened.identity = {status.st_dev, status.st_ino,
                       int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec};
    return opened;
}

bool is_own_ledger(const LedgerDirectory& directory, const LedgerName& name) {
    if (name.pid != static_cast<uint32_t>(getpid())) {
        return false;
    }
    // The name alone may be that of an earlier process with our pid; ours is the one that this process has mapped.
    struct stat status {};
    if (fstatat(directory.fd.get(), name.file.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    return maps_file("self", status.st_dev, status.st_ino, directory.path + "/" + name.file) != Mapping::kNo;
}

}  // namespace ttmem::inventory
