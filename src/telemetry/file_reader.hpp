// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The only door to the file system in this part. Tests replace it by one with errors, junk and blocking reads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"

namespace ttmem::telemetry {

// The result of a read: the text, or the errno of the call that failed.
struct FileText {
    int error = 0;
    std::string text;
};

struct FileNames {
    int error = 0;
    std::vector<std::string> names;  // without "." and "..", sorted
    // Of each name: differs when the entry was removed and made again under that name; 0 where the file system reuses
    // numbers. May be empty.
    std::vector<std::uint64_t> numbers = {};
};

// A file that is read again and again, for one thread's use. Keeping it open makes a read five to ten times cheaper.
struct KeptFile {
    UniqueFd fd;
    bool always_fresh = false;    // sysfs and procfs, where a descriptor of something removed says so by itself
    unsigned unasked = 0;         // elsewhere: reads since the file was asked whether it still has a name
    std::shared_ptr<void> place;  // its share of the files that this process may keep open
};

// On a file system where files are replaced (that of a test's tree), their names are looked for once in so many reads.
inline constexpr unsigned kReadsToALook = 4;

// Implementations are called from several threads at once. Any call may block for as long as the driver wants
// (tt-kmd 2.9 and later hold attribute reads while a reset runs; up to 10.5 s on Wormhole).
class FileReader {
public:
    virtual ~FileReader() = default;
    // The whole of a small text file.
    virtual FileText read(const std::string& path) = 0;
    // The same, through a descriptor that may be kept from call to call. `path` must be the same each time. A file that
    // went is noticed at once in sysfs and procfs; elsewhere it may be read for kReadsToALook calls more.
    virtual FileText reread(const std::string& path, KeptFile& /*kept*/) { return read(path); }
    // The entries of a directory.
    virtual FileNames list(const std::string& directory) = 0;
    // The target of a symbolic link.
    virtual FileText link_target(const std::string& path) = 0;
    // A number that changes when the directory is removed and made again under the same name; 0 when there is none.
    virtual std::uint64_t incarnation(const std::string& path) = 0;
};

// Reads the real file system. A file larger than 256 KiB is EFBIG. No device node is ever named by its callers. Keeps
// no more than a quarter of the descriptors open that the process may have (the soft limit at this call); beyond that,
// reread() is read().
std::shared_ptr<FileReader> make_posix_reader();

}  // namespace ttmem::telemetry
