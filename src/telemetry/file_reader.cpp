// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/file_reader.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/unique_fd.hpp"

namespace ttmem::telemetry {
namespace {

constexpr std::size_t kLargestFile = 256 * 1024;
constexpr std::size_t kOneLine = 256;

constexpr long kSysfsMagic = 0x62656572;  // linux/magic.h
constexpr long kProcfsMagic = 0x9fa0;
constexpr long kTmpfsMagic = 0x01021994;

// The whole file from its start. procfs hands out its text in pieces, so only an empty read is the end.
FileText read_whole(int fd) {
    FileText out;
    std::array<char, 4096> piece;
    for (;;) {
        const ssize_t got = ::pread(fd, piece.data(), piece.size(), static_cast<off_t>(out.text.size()));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return {errno, {}};
        }
        if (got == 0) {
            return out;
        }
        if (out.text.size() + static_cast<std::size_t>(got) > kLargestFile) {
            return {EFBIG, {}};
        }
        out.text.append(piece.data(), static_cast<std::size_t>(got));
        // A sensor's line is a few bytes and comes at once. A long text may go on.
        if (got < static_cast<ssize_t>(kOneLine) && out.text.size() == static_cast<std::size_t>(got)) {
            return out;
        }
    }
}

bool is_replaced(KeptFile& kept) {
    if (kept.always_fresh || ++kept.unasked < kReadsToALook) {
        return false;
    }
    kept.unasked = 0;
    struct stat info {};
    return ::fstat(kept.fd.get(), &info) != 0 || info.st_nlink == 0;
}

int open_to_read(const std::string& path) {
    // O_NONBLOCK: attributes are regular files, but a FIFO in a made-up tree must not block us.
    return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

class PosixReader final : public FileReader {
public:
    PosixReader() {
        rlimit limit{};
        if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
            places_->store(static_cast<long>(std::min<rlim_t>(limit.rlim_cur, 1 << 20) / 4));
        }
    }

    FileText read(const std::string& path) override {
        const UniqueFd fd(open_to_read(path));
        return fd.valid() ? read_whole(fd.get()) : FileText{errno, {}};
    }

    FileText reread(const std::string& path, KeptFile& kept) override {
        if (kept.fd.valid()) {
            FileText file = read_whole(kept.fd.get());
            if (file.error == 0 && !is_replaced(kept)) {
                return file;
            }
            // ENODATA is the driver's answer about the value; the file itself is there.
            if (file.error == ENODATA) {
                return file;
            }
            kept = {};
        }
        UniqueFd fd(open_to_read(path));
        if (!fd.valid()) {
            return {errno, {}};
        }
        FileText file = read_whole(fd.get());
        if (file.error != 0 && file.error != ENODATA) {
            return file;
        }
        if (places_->fetch_sub(1) <= 0) {
            places_->fetch_add(1);
            return file;
        }
        struct statfs system {};
        if (::fstatfs(fd.get(), &system) == 0) {
            kept.always_fresh = system.f_type == kSysfsMagic || system.f_type == kProcfsMagic;
        }
        kept.fd = std::move(fd);
        kept.place = std::shared_ptr<void>(nullptr, [places = places_](void*) { places->fetch_add(1); });
        return file;
    }

    FileNames list(const std::string& directory) override {
        DIR* stream = ::opendir(directory.c_str());
        if (stream == nullptr) {
            return {errno, {}};
        }
        struct statfs system {};
        const bool unique =
            ::fstatfs(::dirfd(stream), &system) == 0 && (system.f_type == kSysfsMagic || system.f_type == kTmpfsMagic);
        std::vector<std::pair<std::string, std::uint64_t>> entries;
        while (const dirent* entry = ::readdir(stream)) {
            const std::string_view name(entry->d_name);
            if (name != "." && name != "..") {
                entries.emplace_back(name, unique ? entry->d_ino : 0);
            }
        }
        ::closedir(stream);
        std::sort(entries.begin(), entries.end());
        FileNames out;
        for (auto& [name, number] : entries) {
            out.names.push_back(std::move(name));
            out.numbers.push_back(number);
        }
        return out;
    }

    FileText link_target(const std::string& path) override {
        std::array<char, PATH_MAX> buffer;
        const ssize_t got = ::readlink(path.c_str(), buffer.data(), buffer.size());
        if (got < 0) {
            return {errno, {}};
        }
        return {0, std::string(buffer.data(), static_cast<std::size_t>(got))};
    }

    std::uint64_t incarnation(const std::string& path) override {
        struct stat info {};
        return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
    }

private:
    std::shared_ptr<std::atomic<long>> places_ = std::make_shared<std::atomic<long>>(0);
};

}  // namespace

std::shared_ptr<FileReader> make_posix_reader() {
    return std::make_shared<PosixReader>();
}

}  // namespace ttmem::telemetry
