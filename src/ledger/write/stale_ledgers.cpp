// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/stale_ledgers.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
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
constexpr uint64_t kKeptBytes = 256u << 20;
constexpr uint64_t kKeptShare = 4;     // and one part in so many of the file system
constexpr unsigned kMostReduced = 16;  // in one call
constexpr unsigned kMostNames = 100'000;
// A dead ledger that was seen by a cleaner: from its modification time on its age counts. And one that was reduced
// since: the owner's bit says so and means nothing else.
constexpr mode_t kSeenDead = 0444;
constexpr mode_t kReduced = 0544;

struct DeadLedger {
    char name[64];
    int64_t dead_since;
    uint64_t bytes;
    bool exited;  // by itself, and nothing was refused
    bool whole;   // not reduced
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
            const mode_t mode = file.st_mode & 07777;
            found.whole = mode != kReduced;
            if (mode != kSeenDead && mode != kReduced) {
                fchmod(fd, kSeenDead);
                futimens(fd, nullptr);
                found.dead_since = now;
            }
        }
    }
    close(fd);
    return dead;
}

// Gives the pages of a section back; it reads as zeros from then on.
bool punch(int fd, const SectionEntry& section) noexcept {
    const uint64_t page = kPageBytes;
    const uint64_t first = (section.offset + page - 1) / page * page;
    const uint64_t end = (section.offset + uint64_t{section.count} * section.stride) / page * page;
    return end <= first || fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(first),
                                     static_cast<off_t>(end - first)) == 0;
}

bool has_live_buffer(int fd, const SectionEntry& section) noexcept {
    if (section.stride != sizeof(BufferRecord)) {
        return true;  // of another version: leave it alone
    }
    constexpr uint64_t kPiece = 64;
    alignas(BufferRecord) unsigned char bytes[kPiece * sizeof(BufferRecord)];
    for (uint64_t at = 0; at < section.count; at += kPiece) {
        const uint64_t count = section.count - at < kPiece ? section.count - at : kPiece;
        const uint64_t size = count * sizeof(BufferRecord);
        if (pread(fd, bytes, size, static_cast<off_t>(section.offset + at * sizeof(BufferRecord))) !=
            static_cast<ssize_t>(size)) {
            return true;
        }
        for (uint64_t i = 0; i < count; ++i) {
            const auto& record = *reinterpret_cast<const BufferRecord*>(bytes + i * sizeof(BufferRecord));
            if ((record.state.load(std::memory_order_relaxed) & kStateMask) != kFree) {
                return true;
            }
        }
    }
    return false;
}

// Opens a dead ledger for writing, which its owner may not do any more since it was marked as seen dead.
int open_writable(int directory_fd, const char* name) noexcept {
    constexpr int kFlags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = openat(directory_fd, name, O_RDWR | kFlags);
    const int plain = fd < 0 && errno == EACCES ? openat(directory_fd, name, O_RDONLY | kFlags) : -1;
    if (plain >= 0) {
        if (fchmod(plain, kSeenDead | S_IWUSR) == 0) {
            fd = openat(directory_fd, name, O_RDWR | kFlags);
            if (fd < 0) {
                fchmod(plain, kSeenDead);
            }
        }
        close(plain);
    }
    return fd;
}

// Of a ledger that stays for its refusal: the rings of events go, whose followers have read them in the minute since
// the end, and the tables of buffers where none lives in any. It reads as before, but for its latest events.
void reduce(int directory_fd, DeadLedger& ledger) noexcept {
    const int fd = open_writable(directory_fd, ledger.name);
    SectionEntry entries[64];
    uint32_t sections = 0;
    if (fd < 0) {
        return;
    }
    const bool read = pread(fd, &sections, sizeof sections, offsetof(FileHeader, section_count)) ==
                          static_cast<ssize_t>(sizeof sections) &&
                      pread(fd, entries, sizeof entries, kDirectoryOffset) == static_cast<ssize_t>(sizeof entries);
    const uint32_t count = sections < 64 ? sections : 64;
    bool none_lives = sections <= 64;
    for (uint32_t i = 0; read && none_lives && i < count; ++i) {
        none_lives = entries[i].kind != kSectionBuffers || !has_live_buffer(fd, entries[i]);
    }
    for (uint32_t i = 0; read && i < count; ++i) {
        const bool of_buffers = entries[i].kind == kSectionBuffers || entries[i].kind == kSectionBufferExtras;
        if (entries[i].kind == kSectionRing || (of_buffers && none_lives)) {
            punch(fd, entries[i]);
        }
    }
    // Its age goes on counting from when it was seen dead.
    const timespec times[2] = {{0, UTIME_OMIT}, {ledger.dead_since, 0}};
    fchmod(fd, kReduced);
    futimens(fd, times);
    struct stat file {};
    if (fstat(fd, &file) == 0) {
        ledger.bytes = static_cast<uint64_t>(file.st_blocks) * 512;
    }
    close(fd);
}

// The bytes that all kept ledgers of the directory may take together.
uint64_t most_kept_bytes(int directory_fd) noexcept {
    struct statvfs space {};
    if (fstatvfs(directory_fd, &space) != 0) {
        return kKeptBytes;
    }
    const uint64_t share = static_cast<uint64_t>(space.f_blocks) * space.f_frsize / kKeptShare;
    return share < kKeptBytes ? share : kKeptBytes;
}

// Ledgers that are kept before others: those with a refusal or a death, each newest first.
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
    unsigned reduced = 0;
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
        if (age > kExitedSeconds && found.whole && !found.exited && reduced < kMostReduced) {
            reduce(directory_fd, found);
            ++reduced;
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
        const uint64_t most = most_kept_bytes(directory_fd);
        uint64_t bytes = 0;
        for (unsigned i = 0; i < count; ++i) {
            bytes += kept[i].bytes;
            if (i >= kKeptFiles || bytes > most) {
                remove_ledger(directory_fd, kept[i].name);
            }
        }
    }
    delete[] kept;
    closedir(directory);
    errno = saved;
}

}  // namespace ttmem::ledger
