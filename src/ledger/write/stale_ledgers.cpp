// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/stale_ledgers.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/process_stat.hpp"
#include "ledger/format.hpp"

namespace ttmem::ledger {

namespace {

constexpr int64_t kExitedSeconds = 60;
constexpr int64_t kDiedSeconds = 24 * 3600;
constexpr int64_t kForeignNamespaceSeconds = 7 * 24 * 3600;
constexpr unsigned kKeptFiles = 64;
constexpr uint64_t kKeptBytes = 32u << 20;
constexpr unsigned kMostNames = 100'000;
// A dead ledger that was seen by a cleaner: from its modification time on its age counts.
constexpr mode_t kSeenDead = 0444;

struct DeadLedger {
    char name[64];
    int64_t dead_since;
    uint64_t bytes;
    bool exited;  // by itself, and nothing was refused
};

enum class Life { kAlive, kDead, kInDoubt };

// Judges an open ledger by the kernel's lock and, in our pid namespace, by the process itself.
Life life_of(int fd, const FileHeader& header, bool header_good) noexcept {
    struct flock probe {};
    probe.l_type = F_WRLCK;
    probe.l_whence = SEEK_SET;
    if (fcntl(fd, F_GETLK, &probe) != 0 || probe.l_type != F_UNLCK) {
        return Life::kAlive;
    }
    if (!header_good) {
        return Life::kInDoubt;
    }
    if (header.pid_namespace != own_pid_namespace()) {
        return header.state.load(std::memory_order_relaxed) == kStateExited ? Life::kDead : Life::kInDoubt;
    }
    const int pid = static_cast<int>(header.pid);
    if (kill(pid, 0) != 0 && errno == ESRCH) {
        return Life::kDead;
    }
    const uint64_t started = process_start_ticks(pid);
    if (started != 0 && started != header.start_time_ticks) {
        return Life::kDead;
    }
    return Life::kAlive;  // its host closed the descriptor, or it has executed another program: keep
}

bool is_ledger_name(const char* name) noexcept {
    const size_t length = std::strlen(name);
    return length > 7 && length < sizeof DeadLedger::name && std::strcmp(name + length - 7, ".ledger") == 0;
}

void remove_ledger(int directory_fd, const char* name) noexcept {
    char detail[80];
    std::snprintf(detail, sizeof detail, "%s.detail", name);
    unlinkat(directory_fd, detail, 0);
    unlinkat(directory_fd, name, 0);
}

// Fills in `found` when the file is a dead process's ledger.
bool examine(int directory_fd, const char* name, int64_t now, DeadLedger& found) noexcept {
    // Reading is enough to ask after the lock and, of one's own file, to set mode and times.
    const int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    struct stat file {};
    alignas(FileHeader) unsigned char bytes[sizeof(FileHeader)];
    bool dead = false;
    if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_uid == geteuid()) {
        const bool whole = pread(fd, bytes, sizeof bytes, 0) == static_cast<ssize_t>(sizeof bytes);
        const auto& header = *reinterpret_cast<const FileHeader*>(bytes);
        const bool header_good = whole && header.magic == kMagic;
        const Life life = life_of(fd, header, header_good);
        const int64_t age = now - file.st_mtim.tv_sec;
        // In doubt: half-made, or of another pid namespace with its lock gone. Age alone may end it.
        dead = life == Life::kDead || (life == Life::kInDoubt && age > kForeignNamespaceSeconds);
        if (dead) {
            std::snprintf(found.name, sizeof found.name, "%s", name);
            found.exited = header_good && header.state.load(std::memory_order_relaxed) == kStateExited &&
                           header.failure_count.load(std::memory_order_relaxed) == 0;
            found.bytes = static_cast<uint64_t>(file.st_blocks) * 512;
            found.dead_since = file.st_mtim.tv_sec;
            if ((file.st_mode & 07777) != kSeenDead) {
                fchmod(fd, kSeenDead);
                futimens(fd, nullptr);
                found.dead_since = now;
            }
        }
    }
    close(fd);
    return dead;
}

// What is to be kept first: those that tell of a refusal or a death, each newest first.
int by_worth(const void* a, const void* b) noexcept {
    const auto& left = *static_cast<const DeadLedger*>(a);
    const auto& right = *static_cast<const DeadLedger*>(b);
    if (left.exited != right.exited) {
        return left.exited ? 1 : -1;
    }
    return left.dead_since < right.dead_since ? 1 : (left.dead_since > right.dead_since ? -1 : 0);
}

}  // namespace

void remove_stale_ledgers(int directory_fd, StaleBound bound) noexcept {
    const int saved = errno;
    const int listing_fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* directory = listing_fd >= 0 ? fdopendir(listing_fd) : nullptr;
    if (directory == nullptr) {
        if (listing_fd >= 0) {
            close(listing_fd);
        }
        errno = saved;
        return;
    }
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    // Dead ledgers that stay for now, sorted by worth. A full array is trimmed to the better half.
    constexpr unsigned kRoom = 1024;
    auto* kept = new (std::nothrow) DeadLedger[kRoom];
    unsigned count = 0;
    unsigned names = 0;
    while (const dirent* entry = readdir(directory)) {
        if (++names > kMostNames || kept == nullptr) {
            break;
        }
        DeadLedger found{};
        if (!is_ledger_name(entry->d_name) || !examine(directory_fd, entry->d_name, now.tv_sec, found)) {
            continue;
        }
        const int64_t age = now.tv_sec - found.dead_since;
        if (bound == StaleBound::kEverything || age > (found.exited ? kExitedSeconds : kDiedSeconds)) {
            remove_ledger(directory_fd, found.name);
            continue;
        }
        if (count == kRoom) {
            qsort(kept, count, sizeof *kept, by_worth);
            while (count > kRoom / 2) {
                remove_ledger(directory_fd, kept[--count].name);
            }
        }
        kept[count++] = found;
    }
    if (kept != nullptr && count > 0) {
        qsort(kept, count, sizeof *kept, by_worth);
        uint64_t bytes = 0;
        for (unsigned i = 0; i < count; ++i) {
            bytes += kept[i].bytes;
            if (i >= kKeptFiles || bytes > kKeptBytes) {
                remove_ledger(directory_fd, kept[i].name);
            }
        }
    }
    delete[] kept;
    closedir(directory);
    errno = saved;
}

}  // namespace ttmem::ledger
