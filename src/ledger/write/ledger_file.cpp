// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/ledger_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/bus_guard.hpp"
#include "base/filter_watch.hpp"
#include "base/host_guard.hpp"
#include "ledger/format.hpp"
#include "ledger/write/stale_ledgers.hpp"

namespace ttmem::ledger {

std::atomic<bool> mapping_lost{false};
std::atomic<void (*)() noexcept> mapping_lost_handler{nullptr};

namespace {

constexpr const char* kDefaultBase = "/dev/shm";
constexpr const char* kRunBase = "/run/ttmem";
constexpr int kMostSuffixes = 100;
// Above what hosts close or hand out by number: shells and daemons close the low descriptors.
constexpr int kLowestDescriptor = 512;
constexpr uint64_t kMostSidecarBytes = uint64_t{64} << 20;
// The sidecar grows by so much at a time: the system calls of growing are then a call for each thousand texts or so.
constexpr uint64_t kSidecarStep = uint64_t{64} << 10;

void set_error(FileError& error, const char* what, const char* path) noexcept {
    error.what = what;
    error.errno_value = errno;
    std::snprintf(error.path, sizeof error.path, "%s", path);
}

// In a signal's context: the ledger was cut short under us and its mapping is private memory now.
void on_lost_mapping() noexcept {
    mapping_lost.store(true, std::memory_order_relaxed);
    if (auto* handler = mapping_lost_handler.load(std::memory_order_relaxed)) {
        handler();
    }
}

std::atomic<bool> g_sidecar_lost{false};

// In a signal's context: the sidecar was cut short under us and its mapping is private memory now.
void on_lost_sidecar() noexcept {
    g_sidecar_lost.store(true, std::memory_order_relaxed);
}

// Whether the file system of `fd` has `bytes` and what a growing ledger leaves free beside.
bool has_room(int fd, uint64_t bytes) noexcept {
    struct statvfs space {};
    if (fstatvfs(fd, &space) != 0) {
        return true;
    }
    const uint64_t free_bytes = static_cast<uint64_t>(space.f_bavail) * space.f_frsize;
    const uint64_t all_bytes = static_cast<uint64_t>(space.f_blocks) * space.f_frsize;
    return all_bytes == 0 || free_bytes >= bytes + kept_free(all_bytes);
}

// The directory is this user's, a real directory, and writable by no other user.
bool directory_is_good(int fd) noexcept {
    struct stat found {};
    return fstat(fd, &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid() && (found.st_mode & 022) == 0;
}

// Opens the directory, making it if it is not there. -1 with errno; EEXIST when the name belongs to another user or to
// something that is no directory.
int open_or_make(const char* path) noexcept {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    bool made = false;
    int fd = open(path, kFlags);
    if (fd < 0 && errno == ENOENT) {
        made = mkdir(path, 0755) == 0;
        if (!made && errno != EEXIST) {
            return -1;
        }
        fd = open(path, kFlags);
    }
    if (fd < 0) {
        // Anything else (no descriptor free, no memory) is no reason to try another name.
        errno = errno == ENOTDIR || errno == ELOOP || errno == EACCES || errno == EPERM ? EEXIST : errno;
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

// Moves a descriptor to where hosts do not close by number. What was locked on it is unlocked by that.
int move_high(int fd) noexcept {
    const int high = fcntl(fd, F_DUPFD_CLOEXEC, kLowestDescriptor);
    if (high < 0) {
        return fd;
    }
    close(fd);
    return high;
}

}  // namespace

// Tries <base>/tt_alloc.<uid> and then fresh suffixes: another user may sit on the name where all may write.
bool LedgerFile::open_directory_in(const char* base) noexcept {
    for (int suffix = 0; suffix < kMostSuffixes; ++suffix) {
        const int length =
            suffix == 0 ? std::snprintf(directory_, sizeof directory_, "%s/tt_alloc.%u", base, geteuid())
                        : std::snprintf(directory_, sizeof directory_, "%s/tt_alloc.%u.%d", base, geteuid(), suffix);
        if (length < 0 || static_cast<size_t>(length) >= sizeof directory_) {
            errno = ENAMETOOLONG;
            return false;
        }
        directory_fd_ = open_or_make(directory_);
        if (directory_fd_ >= 0 || errno != EEXIST) {
            return directory_fd_ >= 0;
        }
    }
    return false;
}

bool LedgerFile::open_directory(FileError& error) noexcept {
    // secure_getenv: a set-uid program's ledger does not go where the user that started it says.
    const char* named = secure_getenv("TT_ALLOC_LEDGER_DIR");
    const bool is_named = named != nullptr && named[0] != '\0';
    if (open_directory_in(is_named ? named : kDefaultBase)) {
        return true;
    }
    const int why = errno;
    char first[sizeof directory_];
    std::snprintf(first, sizeof first, "%s", directory_);
    // All names are taken: to a place where another user cannot make any. Readers look there as well.
    if (!is_named && why == EEXIST) {
        const char* run = secure_getenv("XDG_RUNTIME_DIR");
        if (run != nullptr && run[0] == '/' && open_directory_in(run)) {
            return true;
        }
        if (geteuid() == 0) {
            mkdir(kRunBase, 0755);
        }
        if (open_directory_in(kRunBase)) {
            return true;
        }
    }
    errno = why;
    set_error(error,
              is_named && why == ENAMETOOLONG ? "cannot use the ledger directory" : "cannot make the ledger directory",
              first);
    return false;
}

// The file of name_ in the open directory, locked. -1 with errno.
int LedgerFile::make_file() noexcept {
    remove_stale_ledgers(directory_fd_, StaleBound::kUsual);
    constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(directory_fd_, name_, kFlags, 0644);
    if (fd < 0 && (errno == ENOSPC || errno == EDQUOT)) {
        remove_stale_ledgers(directory_fd_, StaleBound::kEverything);
        fd = openat(directory_fd_, name_, kFlags, 0644);
    }
    if (fd < 0) {
        return -1;
    }
    fd = move_high(fd);  // first move the descriptor, then lock: closing the low one afterwards would drop the lock
    fchmod(fd, 0644);
    return fd;
}

bool LedgerFile::create(uint64_t nonce, size_t first_bytes, size_t max_bytes, FileError& error) noexcept {
    if (!open_directory(error)) {
        return false;
    }
    std::snprintf(name_, sizeof name_, "%d-%016llx.ledger", getpid(), static_cast<unsigned long long>(nonce));
    std::snprintf(path_, sizeof path_, "%s/%s", directory_, name_);
    max_bytes_ = max_bytes;
    mapping_lost.store(false, std::memory_order_relaxed);
    note_directory();
    fd_ = make_file();
    bool good = fd_ >= 0;
    if (!good) {
        set_error(error, "cannot make the ledger", path_);
    } else {
        good = note_file() && take_lock(fd_);
        if (!good) {
            set_error(error, "cannot lock the ledger", path_);
        }
    }
    if (good && !reserve(fd_, 0, first_bytes)) {
        remove_stale_ledgers(directory_fd_, StaleBound::kEverything);
        good = reserve(fd_, 0, first_bytes);
        if (!good) {
            set_error(error, "cannot reserve the ledger's first bytes", path_);
        }
    }
    if (good) {
        bytes_ = first_bytes;
        good = map(nullptr, fd_);
        if (!good) {
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
    if (good) {
        prepare_filter_watch();
    }
    return good;
}

// Maps the file at its largest size; pages past the reserved bytes are never touched. `at`: a mapping to replace.
bool LedgerFile::map(void* at, int fd) noexcept {
    const int flags = MAP_SHARED | MAP_NORESERVE | (at == nullptr ? 0 : MAP_FIXED);
    void* memory = mmap(at, max_bytes_, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    data_ = static_cast<std::byte*>(memory);
    madvise(memory, max_bytes_, MADV_DONTFORK);  // a child must not even see it
    madvise(memory, max_bytes_, MADV_DONTDUMP);
    if (at == nullptr) {
        guard_mapping(memory, max_bytes_, on_lost_mapping);
    }
    return true;
}

void LedgerFile::note_directory() noexcept {
    struct stat found {};
    fstat(directory_fd_, &found);
    directory_device_ = found.st_dev;
    directory_inode_ = found.st_ino;
}

bool LedgerFile::note_file() noexcept {
    struct stat made {};
    const bool found = fstat(fd_, &made) == 0;
    device_ = made.st_dev;
    inode_ = made.st_ino;
    return found;
}

bool LedgerFile::take_lock(int fd) noexcept {
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    return fcntl(fd, F_SETLK, &whole) == 0;
}

bool LedgerFile::reserve(int fd, uint64_t offset, uint64_t bytes) noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && offset + bytes > limit.rlim_cur) {
        errno = EFBIG;  // the kernel would send SIGXFSZ
        return false;
    }
    int result = 0;
    do {
        result = fallocate(fd, 0, static_cast<off_t>(offset), static_cast<off_t>(bytes));
    } while (result != 0 && errno == EINTR);
    return result == 0;
}

bool LedgerFile::descriptor_is_ours() const noexcept {
    struct stat found {};
    return fd_ >= 0 && fstat(fd_, &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
}

// The directory that the ledger was made in, whatever its path leads to now. -1: it is not there any more.
int LedgerFile::open_own_directory() const noexcept {
    const int fd = open(directory_, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat found {};
    if (fd >= 0 && (fstat(fd, &found) != 0 || found.st_dev != directory_device_ || found.st_ino != directory_inode_)) {
        close(fd);
        return -1;
    }
    return fd;
}

bool LedgerFile::reopen() noexcept {
    const int directory = open_own_directory();
    if (directory < 0) {
        return false;
    }
    const int fd = openat(directory, name_, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    close(directory);
    if (fd < 0) {
        return false;
    }
    fd_ = move_high(fd);  // nothing is locked yet
    return descriptor_is_ours() && take_lock(fd_);
}

uint64_t LedgerFile::extend(size_t bytes) noexcept {
    if (bytes_ + bytes > max_bytes_ || mapping_lost.load(std::memory_order_relaxed)) {
        return 0;
    }
    const HostGuard guard;
    if (calls_are_filtered()) {
        return 0;  // the next call might end the process
    }
    if (!descriptor_is_ours() && !reopen()) {
        fd_ = -1;  // the number is another file's now
        return 0;
    }
    if (!has_room(fd_, bytes) || !reserve(fd_, bytes_, bytes)) {
        return 0;
    }
    const uint64_t offset = bytes_;
    bytes_ += bytes;
    return offset;
}

uint64_t LedgerFile::free_bytes() const noexcept {
    const HostGuard guard;
    struct statvfs space {};
    const bool known = !calls_are_filtered() && descriptor_is_ours() && fstatvfs(fd_, &space) == 0;
    return known ? static_cast<uint64_t>(space.f_bavail) * space.f_frsize : 0;
}

bool LedgerFile::is_removed() const noexcept {
    struct stat found {};
    if (mapping_lost.load(std::memory_order_relaxed) || calls_are_filtered()) {
        return false;
    }
    if (descriptor_is_ours()) {
        return fstat(fd_, &found) == 0 && found.st_nlink == 0;
    }
    return stat(path_, &found) != 0 && errno == ENOENT;
}

bool LedgerFile::renew() noexcept {
    FileError error;
    const int old = descriptor_is_ours() ? fd_ : -1;
    if (!open_directory(error)) {
        return false;
    }
    std::snprintf(path_, sizeof path_, "%s/%s", directory_, name_);
    note_directory();
    const int fd = make_file();
    bool good = fd >= 0 && reserve(fd, 0, bytes_);
    for (uint64_t at = 0; good && at < bytes_;) {
        const ssize_t written = pwrite(fd, data_ + at, bytes_ - at, static_cast<off_t>(at));
        good = written > 0;
        at += good ? static_cast<uint64_t>(written) : 0;
    }
    // The old descriptor goes before the lock is taken: its file is another one, so the lock is not touched by it.
    good = good && take_lock(fd) && map(data_, fd);
    if (!good) {
        if (fd >= 0) {
            unlinkat(directory_fd_, name_, 0);
            close(fd);
        }
    } else {
        if (old >= 0) {
            close(old);
        }
        fd_ = fd;
        note_file();
    }
    close(directory_fd_);
    directory_fd_ = -1;
    if (good && sidecar_bytes_ != 0) {
        // The sidecar went with the file; its mapping still has all of it, if no other process cut it short.
        if (g_sidecar_lost.load(std::memory_order_relaxed) || !write_sidecar(sidecar_data_, sidecar_bytes_)) {
            unmap_sidecar();
        }
    }
    return good;
}

// Maps the sidecar, `room` bytes of which are reserved, and puts `data` into it; what was mapped before goes.
bool LedgerFile::map_sidecar(int fd, const void* data, uint64_t bytes, uint64_t room) noexcept {
    void* memory = mmap(nullptr, kMostSidecarBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    madvise(memory, kMostSidecarBytes, MADV_DONTFORK);
    madvise(memory, kMostSidecarBytes, MADV_DONTDUMP);
    g_sidecar_lost.store(false, std::memory_order_relaxed);
    guard_mapping(memory, kMostSidecarBytes, on_lost_sidecar);
    std::memcpy(memory, data, bytes);
    unmap_sidecar();  // `data` may lie in it
    sidecar_data_ = static_cast<std::byte*>(memory);
    sidecar_bytes_ = bytes;
    sidecar_room_ = room;
    return true;
}

void LedgerFile::unmap_sidecar() noexcept {
    if (sidecar_data_ != nullptr) {
        unguard_mapping(sidecar_data_);
        munmap(sidecar_data_, kMostSidecarBytes);
        sidecar_data_ = nullptr;
        sidecar_bytes_ = 0;
    }
}

bool LedgerFile::write_sidecar(const void* data, size_t bytes) noexcept {
    const HostGuard guard;
    char name[sizeof name_ + 8];
    std::snprintf(name, sizeof name, "%s.detail", name_);
    const int directory = open_own_directory();
    if (directory < 0) {
        return false;
    }
    const int fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct stat made {};
    const uint64_t room = whole_pages(bytes);
    const bool written = fd >= 0 && room <= kMostSidecarBytes && fstat(fd, &made) == 0 && reserve(fd, 0, room) &&
                         map_sidecar(fd, data, bytes, room);
    if (fd >= 0) {
        close(fd);
        if (!written) {
            unlinkat(directory, name, 0);
        }
    }
    close(directory);
    if (written) {
        sidecar_device_ = made.st_dev;
        sidecar_inode_ = made.st_ino;
    }
    return written;
}

bool LedgerFile::reserve_sidecar(int fd, uint64_t bytes) noexcept {
    const uint64_t room = whole_pages(bytes);
    if (room > kMostSidecarBytes || !has_room(fd, room - sidecar_room_) ||
        !reserve(fd, sidecar_room_, room - sidecar_room_)) {
        return false;
    }
    sidecar_room_ = room;
    return true;
}

// The file is not kept open: a descriptor more would be one more for the host to close by number.
bool LedgerFile::grow_sidecar(uint64_t bytes) noexcept {
    if (calls_are_filtered()) {
        return false;
    }
    const HostGuard guard;
    char name[sizeof name_ + 8];
    std::snprintf(name, sizeof name, "%s.detail", name_);
    const int directory = open_own_directory();
    const int fd = directory < 0 ? -1 : openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (directory >= 0) {
        close(directory);
    }
    if (fd < 0) {
        if (errno != EMFILE && errno != ENFILE) {
            sidecar_bytes_ = 0;  // the sidecar was removed: the rest of the texts is not written
        }
        return false;
    }
    struct stat found {};
    const bool same = fstat(fd, &found) == 0 && found.st_dev == sidecar_device_ && found.st_ino == sidecar_inode_ &&
                      static_cast<uint64_t>(found.st_size) >= sidecar_room_;
    // Where there is no room for a whole step, for these bytes alone.
    const bool grown = same && (reserve_sidecar(fd, sidecar_bytes_ + std::max(bytes, kSidecarStep)) ||
                                reserve_sidecar(fd, sidecar_bytes_ + bytes));
    close(fd);
    return grown;
}

bool LedgerFile::append_sidecar(const void* records, size_t bytes) noexcept {
    if (sidecar_bytes_ == 0 || g_sidecar_lost.load(std::memory_order_relaxed) ||
        (bytes > sidecar_room_ - sidecar_bytes_ && !grow_sidecar(bytes))) {
        return false;
    }
    std::memcpy(sidecar_data_ + sidecar_bytes_, records, bytes);
    sidecar_bytes_ += bytes;
    // The count last: what is not counted is not there.
    reinterpret_cast<SidecarHeader*>(sidecar_data_)
        ->bytes_used.store(sidecar_bytes_ - sizeof(SidecarHeader), std::memory_order_release);
    return !g_sidecar_lost.load(std::memory_order_relaxed);
}

void LedgerFile::remove() noexcept {
    unlink(path_);
    unmap_sidecar();
    unguard_mapping(data_);
    munmap(data_, max_bytes_);
    data_ = nullptr;
    close(fd_);
    fd_ = -1;
}

void LedgerFile::forget_after_fork() noexcept {
    if (descriptor_is_ours()) {
        close(fd_);
    }
    unguard_mapping(data_);
    unguard_mapping(sidecar_data_);
    fd_ = -1;
    data_ = nullptr;
    sidecar_data_ = nullptr;
    sidecar_bytes_ = 0;
}

}  // namespace ttmem::ledger
