// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads /proc/PID (proc(5)). Every call is safe when the process ends meanwhile. Thread safe.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ttmem::inventory {

struct ProcessStatus {
    char state = '?';               // field 3 of stat: R S D T t Z X ...
    uint64_t start_time_ticks = 0;  // field 22 of stat
    pid_t parent = 0;               // field 4 of stat; 0 when it is of another pid namespace
};
// nullopt: no such process in this pid namespace, or hidden from us.
std::optional<ProcessStatus> read_process_status(pid_t pid);
// From the text of /proc/PID/stat. The name in it may hold blanks and parentheses.
std::optional<ProcessStatus> parse_stat(std::string_view text);

// Real, effective, saved and file system user, from the Uid line of /proc/PID/status.
std::optional<std::array<uid_t, 4>> read_process_users(pid_t pid);
std::optional<std::array<uid_t, 4>> parse_users(std::string_view status);

// Host memory of a process, in bytes (proc(5)). Each is nothing where the kernel does not say. What a driver pins for
// DMA (tt-kmd) shows in none of them: the kernel counts such pages for the driver, not for the process.
struct HostMemory {
    std::optional<uint64_t> rss_bytes;     // VmRSS: resident, huge pages of hugetlbfs left out
    std::optional<uint64_t> locked_bytes;  // VmLck: by mlock(2)
    std::optional<uint64_t> pinned_bytes;  // VmPin: pages that may not move (RDMA, io_uring, vfio)
    std::optional<uint64_t> huge_bytes;    // HugetlbPages
};
// nullopt: no such process, or its status is hidden from us. A kernel thread or a zombie has none of the four.
std::optional<HostMemory> read_host_memory(pid_t pid);
// From the text of /proc/PID/status.
HostMemory parse_host_memory(std::string_view status);

enum class Mapping : uint8_t { kYes, kNo, kUnreadable };
// Does /proc/<who>/maps name that file? `path` serves where the file system reports another device number there.
Mapping maps_file(const std::string& who, dev_t device, ino_t inode, const std::string& path);

// Does the text of /proc/PID/maps name a ledger whose file was removed? Its process writes on, and no reader finds it.
bool maps_removed_ledger(std::string_view maps);
// The processes for which that is true, among those whose /proc may be read.
std::vector<pid_t> processes_with_removed_ledgers();

// The process's pid in each of the namespaces that show it, ours first (NSpid of /proc/PID/status); empty unknown.
std::vector<pid_t> read_namespace_pids(pid_t pid);
std::vector<pid_t> parse_namespace_pids(std::string_view status);

// ns since the Unix epoch of a time in clock ticks since boot; nothing of 0.
std::optional<uint64_t> start_time_of(uint64_t ticks);

// The arguments joined by blanks; empty when they cannot be read.
std::string read_command_line(pid_t pid);
// The command's name, which every user may read; empty when there is no such process.
std::string read_command_name(pid_t pid);

// Name of a user, or the number as text.
std::string user_name(uid_t uid);

// The pid namespace of this process, and this boot; 0 and zeros when /proc lacks it.
uint64_t own_pid_namespace();
std::array<uint8_t, 16> own_boot_id();

// Whole text of a small file; nothing when it cannot be read.
std::optional<std::string> read_text(const std::string& path);

}  // namespace ttmem::inventory
