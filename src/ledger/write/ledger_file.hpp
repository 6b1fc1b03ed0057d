// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The file of a ledger: its place, its making, its growth. Runs inside the host, so nothing here throws, prints,
// raises SIGBUS or SIGXFSZ, or keeps a lock that another process could wait for.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ledger/format.hpp"

namespace ttmem::ledger {

// True once a ledger of this process was cut short under it (ledger_file.cpp): what is written goes nowhere from then
// on. The handler is called at that moment, in a signal's context; set it before the first ledger is made.
extern std::atomic<bool> mapping_lost;
extern std::atomic<void (*)() noexcept> mapping_lost_handler;

// Why something about the file failed, for the one line on stderr.
struct FileError {
    const char* what = nullptr;  // literal: "cannot make the ledger directory"
    int errno_value = 0;
    char path[320] = {};
};

// The bytes that a growing ledger leaves free for the host, on a file system of `all_bytes`: an eighth of a small one
// (a container's /dev/shm has 64 MiB), and no more than 256 MiB of a large one.
constexpr uint64_t kept_free(uint64_t all_bytes) noexcept {
    constexpr uint64_t kMost = uint64_t{256} << 20;
    return all_bytes / 8 < kMost ? all_bytes / 8 : kMost;
}

constexpr uint64_t whole_pages(uint64_t bytes) noexcept {
    return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

// A ledger file, mapped for writing, locked by this process. Not thread safe: the lock of Sections guards it.
//
// The descriptor carries a POSIX record lock over the whole file, by which readers know that the process lives: the
// kernel drops it when the process ends, execs, or closes ANY descriptor of the file. So the process never opens its
// own ledger again, and a host that closed the descriptor is noticed when the file next grows.
class LedgerFile {
public:
    LedgerFile() = default;
    LedgerFile(const LedgerFile&) = delete;
    LedgerFile& operator=(const LedgerFile&) = delete;
    ~LedgerFile() = default;  // the mapping lives as long as the process: threads may still write at its very end

    // Makes <base>/tt_alloc.<uid>[.n]/<pid>-<nonce>.ledger (base: TT_ALLOC_LEDGER_DIR, /dev/shm, and where all its
    // names are taken $XDG_RUNTIME_DIR and /run/ttmem), reserves its first `first_bytes`, maps `max_bytes` of address
    // space over it and takes the lock. When the file system is full it first removes what dead processes left. False
    // with `error` filled in when it cannot.
    bool create(uint64_t nonce, size_t first_bytes, size_t max_bytes, FileError& error) noexcept;

    // Reserves `bytes` more (a multiple of 4096) at the end. Their offset, or 0 when there is no room: the bound of
    // create(), the file system, the host's limit on file sizes, or so little space left that the host might want it.
    uint64_t extend(size_t bytes) noexcept;

    // The free bytes of its file system; 0: not known. Two system calls.
    uint64_t free_bytes() const noexcept;

    // Whether the file has no name any more: it was removed (systemd-logind does so at a user's logout), so that no
    // reader finds it. Two system calls. errno is not kept.
    bool is_removed() const noexcept;

    // Makes the file again under its old name, with all that the mapping holds, and puts it where the old mapping is.
    // The sidecar comes with it. No thread may write in the mapping meanwhile. False: as before.
    bool renew() noexcept;

    // Writes `bytes` into the sidecar, which is made with mode 0600. Best effort: false when it cannot.
    bool write_sidecar(const void* data, size_t bytes) noexcept;

    // Appends `bytes` (whole records, a multiple of 8) to the sidecar and counts them in its header. False when there
    // is none, or no room. Without a system call but where the sidecar grows, by 64 KiB at a time.
    bool append_sidecar(const void* records, size_t bytes) noexcept;

    // Takes the file away again when the rest of the writer could not be made.
    void remove() noexcept;

    // Forgets the parent's file in a forked child: closes the inherited descriptor if it is still that file's. The
    // mapping was not inherited.
    void forget_after_fork() noexcept;

    std::byte* data() const noexcept { return data_; }
    uint64_t bytes() const noexcept { return bytes_; }
    const char* path() const noexcept { return path_; }

private:
    bool open_directory(FileError& error) noexcept;
    bool open_directory_in(const char* base) noexcept;
    int open_own_directory() const noexcept;
    void note_directory() noexcept;
    int make_file() noexcept;
    bool note_file() noexcept;
    bool map(void* at, int fd) noexcept;
    static bool reserve(int fd, uint64_t offset, uint64_t bytes) noexcept;
    bool descriptor_is_ours() const noexcept;
    static bool take_lock(int fd) noexcept;
    bool reopen() noexcept;
    bool map_sidecar(int fd, const void* data, uint64_t bytes, uint64_t room) noexcept;
    void unmap_sidecar() noexcept;
    bool grow_sidecar(uint64_t bytes) noexcept;
    bool reserve_sidecar(int fd, uint64_t bytes) noexcept;

    int fd_ = -1;
    int directory_fd_ = -1;  // open during create() and renew() only
    std::byte* data_ = nullptr;
    uint64_t bytes_ = 0;
    uint64_t max_bytes_ = 0;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    dev_t directory_device_ = 0;
    ino_t directory_inode_ = 0;
    std::byte* sidecar_data_ = nullptr;  // mapped at its largest size
    uint64_t sidecar_bytes_ = 0;         // of it that are written; 0: no sidecar, or no more of it
    uint64_t sidecar_room_ = 0;          // and reserved
    dev_t sidecar_device_ = 0;
    ino_t sidecar_inode_ = 0;
    char directory_[256] = {};
    char path_[320] = {};
    char name_[64] = {};
};

}  // namespace ttmem::ledger
