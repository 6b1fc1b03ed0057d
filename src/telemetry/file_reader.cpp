// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/file_reader.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/unique_fd.hpp"

namespace ttmem::telemetry {
namespace {

constexpr std::size_t kLargestFile = 256 * 1024;

class PosixReader final : public FileReader {
public:
    FileText read(const std::string& path) override {
        const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
        if (!fd.valid()) {
            return {errno, {}};
        }
        FileText out;
        std::array<char, 4096> piece;
        // procfs hands out its text in pieces, so only an empty read is the end.
        for (;;) {
            const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
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
        }
    }

    FileNames list(const std::string& directory) override {
        DIR* stream = ::opendir(directory.c_str());
        if (stream == nullptr) {
            return {errno, {}};
        }
        FileNames out;
        while (const dirent* entry = ::readdir(stream)) {
            const std::string_view name(entry->d_name);
            if (name != "." && name != "..") {
                out.names.emplace_back(name);
            }
        }
        ::closedir(stream);
        std::sort(out.names.begin(), out.names.end());
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
};

}  // namespace

std::shared_ptr<FileReader> make_posix_reader() {
    return std::make_shared<PosixReader>();
}

}  // namespace ttmem::telemetry
