// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/ledger_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "ledger/format.hpp"
#include "ledger/write/stale_ledgers.hpp"

namespace ttmem::ledger {

namespace {

constexpr const char* kDefaultBase = "/dev/shm";
// Above what hosts close or hand out by number: shells and daemons close the low descriptors.
constexpr int kLowestDescriptor = 512;
constexpr uint64_t kMostSidecarBytes = uint64_t{64} << 20;

void set_error(FileError& error, const char* what, const char* path) noexcept {
    error.what = what;
    error.errno_value = errno;
    std::snprintf(error.path, sizeof error.path, "%s", path);
}

// Ours, a real directory, and writable by nobody else.
bool directory_is_good(int fd) noexcept {
    struct stat found {};
    return fstat(fd, &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid() && (found.st_mode & 022) == 0;
}

// Opens the directory, making it if it is not there. -1 with errno; EEXIST when somebody else has the name.
int open_or_make(const char* path) noexcept {
    bool made = false;
    if (mkdir(path, 0755) == 0) {
        made = true;
    } else if (errno != EEXIST) {
        return -1;
    }
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        errno = EEXIST;
        return -1;
    }
    if (made) {
        fchmod(fd, 0755);  // whatever the umask: others may look
    }
    if (!directory_is_good(fd)) {
        close(fd);
        errno = EEXIST;
        return -1;
    }
    return fd;
}

}  // namespace

bool LedgerFile::open_directory(FileError& error) noexcept {
    const char* base = std::getenv("TT_ALLOC_LEDGER_DIR");
    if (base == nullptr || base[0] == '\0') {
        base = kDefaultBase;
    }
    // Somebody else may sit on our name (the base is world-writable): go on to a fresh suffix.
    for (int suffix = 0; suffix < 100; ++suffix) {
        const int length =
            suffix == 0 ? std::snprintf(directory_, sizeof directory_, "%s/tt_alloc.%u", base, geteuid())
                        : std::snprintf(directory_, sizeof directory_, "%s/tt_alloc.%u.%d", base, geteuid(), suffix);
        if (length < 0 || static_cast<size_t>(length) >= sizeof directory_) {
            errno = ENAMETOOLONG;
            set_error(error, "cannot use the ledger directory", base);
            return false;
        }
        directory_fd_ = open_or_make(directory_);
        if (directory_fd_ >= 0) {
            return true;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    set_error(error, "cannot make the ledger directory", directory_);
    return false;
}

bool LedgerFile::create(uint64_t nonce, size_t first_bytes, size_t max_bytes, FileError& error) noexcept {
    if (!open_directory(error)) {
        return false;
    }
    std::snprintf(name_, sizeof name_, "%d-%016llx.ledger", getpid(), static_cast<unsigned long long>(nonce));
    std::snprintf(path_, sizeof path_, "%s/%s", directory_, name_);
    max_bytes_ = max_bytes;

    remove_stale_ledgers(directory_fd_, StaleBound::kUsual);
    int fd = openat(directory_fd_, name_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0 && (errno == ENOSPC || errno == EDQUOT)) {
        remove_stale_ledgers(directory_fd_, StaleBound::kEverything);
        fd = openat(directory_fd_, name_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    }
    bool good = fd >= 0;
    if (!good) {
        set_error(error, "cannot make the ledger", path_);
    } else {
        // First move the descriptor, then lock: closing the low one afterwards would drop the lock.
        const int high = fcntl(fd, F_DUPFD_CLOEXEC, kLowestDescriptor);
        if (high >= 0) {
            close(fd);
            fd = high;
        }
        fd_ = fd;
        fchmod(fd_, 0644);
        struct stat made {};
        good = fstat(fd_, &made) == 0 && take_lock();
        device_ = made.st_dev;
        inode_ = made.st_ino;
        if (!good) {
            set_error(error, "cannot lock the ledger", path_);
        }
    }
    if (good && !reserve(0, first_bytes)) {
        remove_stale_ledgers(directory_fd_, StaleBound::kEverything);
        good = reserve(0, first_bytes);
        if (!good) {
            set_error(error, "cannot reserve the ledger's first bytes", path_);
        }
    }
    if (good) {
        bytes_ = first_bytes;
        // One mapping of the largest size; what lies behind the reserved bytes is never touched.
        void* memory = mmap(nullptr, max_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd_, 0);
        good = memory != MAP_FAILED;
        if (good) {
            data_ = static_cast<std::byte*>(memory);
            madvise(memory, max_bytes_, MADV_DONTFORK);  // a child must not even see it
            madvise(memory, max_bytes_, MADV_DONTDUMP);
        } else {
            set_error(error, "cannot map the ledger", path_);
        }
    }
    if (!good && fd_ >= 0) {
        unlinkat(directory_fd_, name_, 0);
        close(fd_);
        fd_ = -1;
    }
    close(directory_fd_);
    directory_fd_ = -1;
    return good;
}

bool LedgerFile::take_lock() noexcept {
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    return fcntl(fd_, F_SETLK, &whole) == 0;
}

bool LedgerFile::reserve(uint64_t offset, uint64_t bytes) noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && offset + bytes > limit.rlim_cur) {
        errno = EFBIG;  // the kernel would send SIGXFSZ
        return false;
    }
    int result = 0;
    do {
        result = fallocate(fd_, 0, static_cast<off_t>(offset), static_cast<off_t>(bytes));
    } while (result != 0 && errno == EINTR);
    return result == 0;
}

bool LedgerFile::descriptor_is_ours() const noexcept {
    struct stat found {};
    return fd_ >= 0 && fstat(fd_, &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
}

bool LedgerFile::reopen() noexcept {
    const int fd = open(path_, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const int high = fcntl(fd, F_DUPFD_CLOEXEC, kLowestDescriptor);
    if (high >= 0) {
        close(fd);  // nothing is locked yet
    }
    fd_ = high >= 0 ? high : fd;
    return descriptor_is_ours() && take_lock();
}

uint64_t LedgerFile::extend(size_t bytes) noexcept {
    if (bytes_ + bytes > max_bytes_) {
        return 0;
    }
    if (!descriptor_is_ours() && !reopen()) {
        fd_ = -1;  // the number is somebody else's now
        return 0;
    }
    struct statvfs space {};
    if (fstatvfs(fd_, &space) == 0) {
        const uint64_t free_bytes = static_cast<uint64_t>(space.f_bavail) * space.f_frsize;
        const uint64_t all_bytes = static_cast<uint64_t>(space.f_blocks) * space.f_frsize;
        if (all_bytes != 0 && free_bytes < bytes + kept_free(all_bytes)) {
            return 0;
        }
    }
    if (!reserve(bytes_, bytes)) {
        return 0;
    }
    const uint64_t offset = bytes_;
    bytes_ += bytes;
    return offset;
}

namespace {

// Writes all of it, without SIGXFSZ.
bool write_at(int fd, const void* data, size_t bytes, uint64_t offset) noexcept {
    rlimit limit{};
    const bool allowed =
        getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || offset + bytes <= limit.rlim_cur;
    return allowed && pwrite(fd, data, bytes, static_cast<off_t>(offset)) == static_cast<ssize_t>(bytes);
}

}  // namespace

bool LedgerFile::write_sidecar(const void* data, size_t bytes) noexcept {
    char path[sizeof path_ + 8];
    std::snprintf(path, sizeof path, "%s.detail", path_);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    struct stat made {};
    const bool written = write_at(fd, data, bytes, 0) && fstat(fd, &made) == 0;
    close(fd);
    if (!written) {
        unlink(path);
        return false;
    }
    sidecar_bytes_ = bytes;
    sidecar_device_ = made.st_dev;
    sidecar_inode_ = made.st_ino;
    return true;
}

// The file is not kept open: a descriptor more would be one more for the host to close by number.
bool LedgerFile::append_sidecar(const void* records, size_t bytes) noexcept {
    if (sidecar_bytes_ == 0 || sidecar_bytes_ + bytes > kMostSidecarBytes) {
        return false;
    }
    char path[sizeof path_ + 8];
    std::snprintf(path, sizeof path, "%s.detail", path_);
    const int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        sidecar_bytes_ = 0;  // somebody took it away: the rest of the texts is not written
        return false;
    }
    struct stat found {};
    struct statvfs space {};
    if (fstatvfs(fd, &space) == 0) {
        const uint64_t free_bytes = static_cast<uint64_t>(space.f_bavail) * space.f_frsize;
        const uint64_t all_bytes = static_cast<uint64_t>(space.f_blocks) * space.f_frsize;
        if (all_bytes != 0 && free_bytes < bytes + kept_free(all_bytes)) {
            close(fd);
            return false;
        }
    }
    const uint64_t used = sidecar_bytes_ + bytes - sizeof(SidecarHeader);
    // The count last: what is not counted is not there.
    const bool written = fstat(fd, &found) == 0 && found.st_dev == sidecar_device_ && found.st_ino == sidecar_inode_ &&
                         write_at(fd, records, bytes, sidecar_bytes_) &&
                         write_at(fd, &used, sizeof used, offsetof(SidecarHeader, bytes_used));
    close(fd);
    sidecar_bytes_ += written ? bytes : 0;
    return written;
}

void LedgerFile::remove() noexcept {
    unlink(path_);
    munmap(data_, max_bytes_);
    data_ = nullptr;
    close(fd_);
    fd_ = -1;
}

void LedgerFile::forget_after_fork() noexcept {
    if (descriptor_is_ours()) {
        close(fd_);
    }
    fd_ = -1;
    data_ = nullptr;
}

}  // namespace ttmem::ledger
