// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/process_state.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "ledger/format.hpp"

namespace ttmem::inventory {
namespace {

using api::ProcessState;

template <typename T>
T field(const std::array<unsigned char, ledger::kPageBytes>& header, size_t offset) {
    T value;
    std::memcpy(&value, header.data() + offset, sizeof value);
    return value;
}

bool is_gone(char state) {
    return state == 'Z' || state == 'X' || state == 'x';
}
bool is_halted(char state) {
    return state == 'T' || state == 't';
}

bool owns(const std::optional<std::array<uid_t, 4>>& users, uid_t owner) {
    return !users || std::find(users->begin(), users->end(), owner) != users->end();
}

Verdict ended(const Claim& claim) {
    return {claim.exited ? ProcessState::kExited : ProcessState::kDied, std::nullopt, false, ""};
}

Verdict untrusted(std::string reason) {
    return {ProcessState::kUntrusted, std::nullopt, false, std::move(reason), 0};
}

// The process is there and is the writer.
Verdict alive(const Evidence& evidence, std::optional<pid_t> pid) {
    if (evidence.claim.exited) {
        return {ProcessState::kExited, pid, false, "", 0};
    }
    const bool halted = evidence.status && is_halted(evidence.status->state);
    return {halted ? ProcessState::kStopped : ProcessState::kLive, pid, false, "",
            pid && evidence.status ? evidence.status->parent : 0};
}

UniqueFd open_of(pid_t pid, const char* file) {
    return UniqueFd(open(("/proc/" + std::to_string(pid) + "/" + file).c_str(), O_RDONLY | O_CLOEXEC));
}

// Reads the file from its beginning; empty when the process is gone.
template <size_t N>
std::string_view read_now(const UniqueFd& fd, std::array<char, N>& room) {
    const ssize_t got = fd.valid() ? pread(fd.get(), room.data(), room.size(), 0) : -1;
    return {room.data(), got > 0 ? static_cast<size_t>(got) : 0};
}

bool has_not_run(const KnownProcess& known, std::string_view run_time) {
    return !run_time.empty() && run_time == known.had_run && !is_halted(known.status.state);
}

// The status of process `pid`, through what is known of it if that is still the same process. `has_run`: what the known
// one has run, read just before.
std::optional<ProcessStatus> status_of(pid_t pid, KnownProcess& known, std::string_view has_run) {
    constexpr std::string_view kNotCounted = "0 0 0";
    std::array<char, 128> schedule;
    std::array<char, 1024> stat;
    for (int look = 0; look < 2; ++look) {
        if (known.pid != pid || !known.stat.valid()) {
            known = {};
            known.pid = pid;
            known.stat = open_of(pid, "stat");
            known.schedule = open_of(pid, "schedstat");
            // Before the status: what it runs after this shows the next time.
            has_run = read_now(known.schedule, schedule);
        }
        if (has_not_run(known, has_run)) {
            return known.status;
        }
        if (const std::string_view text = read_now(known.stat, stat); !text.empty()) {
            const std::optional<ProcessStatus> status = parse_stat(text);
            known.had_run = status && !has_run.starts_with(kNotCounted) ? has_run : "";
            known.status = status.value_or(ProcessStatus());
            return status;
        }
        known.stat.reset();  // gone; another one may have the pid now
    }
    known = {};
    return std::nullopt;
}

std::string process_of_another(const std::optional<pid_t>& pid) {
    return "it claims process " + std::to_string(*pid) + ", which is another user's";
}

Verdict judge_held(const Evidence& evidence, const Surroundings& here) {
    const Claim& claim = evidence.claim;
    const std::optional<pid_t> pid = evidence.lock.pid;
    const bool same_namespace = here.pid_namespace != 0 && claim.pid_namespace == here.pid_namespace;
    if (!pid) {
        return same_namespace ? untrusted("it claims a process of this pid namespace, and its writer is of another")
                              : alive(evidence, std::nullopt);
    }
    if (same_namespace && static_cast<uint32_t>(*pid) != claim.pid) {
        return untrusted("it claims process " + std::to_string(claim.pid) + ", and process " + std::to_string(*pid) +
                         " writes it");
    }
    if (!evidence.status) {
        return evidence.hidden ? alive(evidence, pid) : ended(claim);
    }
    if (evidence.status->start_time_ticks != claim.start_time_ticks) {
        return untrusted("it claims a start time that is not that of process " + std::to_string(*pid));
    }
    return owns(evidence.users, evidence.owner) ? alive(evidence, pid) : untrusted(process_of_another(pid));
}

Verdict judge_free(const Evidence& evidence, const Surroundings& here) {
    const Claim& claim = evidence.claim;
    const bool visible = claim.boot_id == here.boot_id && claim.pid_namespace == here.pid_namespace;
    if (!visible || !evidence.status || is_gone(evidence.status->state) ||
        evidence.status->start_time_ticks != claim.start_time_ticks) {
        return ended(claim);
    }
    const pid_t pid = static_cast<pid_t>(claim.pid);
    if (!owns(evidence.users, evidence.owner)) {
        return untrusted(process_of_another(pid));
    }
    if (evidence.mapping == Mapping::kNo) {
        return ended(claim);  // it became another program
    }
    Verdict verdict = alive(evidence, pid);
    verdict.unless_newer = evidence.mapping == Mapping::kUnreadable;
    return verdict;
}

}  // namespace

std::variant<Claim, NoClaim> read_claim(int ledger_fd) {
    using ledger::FileHeader;
    alignas(8) std::array<unsigned char, ledger::kPageBytes> header{};
    ssize_t got = 0;
    do {
        got = pread(ledger_fd, header.data(), header.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got == 0) {
        return NoClaim::kStarting;
    }
    if (got < static_cast<ssize_t>(header.size())) {
        return NoClaim::kCorrupt;
    }
    const auto magic = field<uint64_t>(header, offsetof(FileHeader, magic));
    const auto ready = field<uint64_t>(header, offsetof(FileHeader, ready));
    if (ready == 0 && (magic == 0 || magic == ledger::kMagic)) {
        return NoClaim::kStarting;
    }
    if (magic != ledger::kMagic) {
        return NoClaim::kCorrupt;
    }
    if (field<uint16_t>(header, offsetof(FileHeader, major)) != ledger::kMajor) {
        return NoClaim::kForeignVersion;
    }
    if (ready != ledger::kReady) {
        return NoClaim::kCorrupt;
    }
    Claim claim;
    claim.pid = field<uint32_t>(header, offsetof(FileHeader, pid));
    claim.uid = field<uint32_t>(header, offsetof(FileHeader, uid));
    claim.start_time_ticks = field<uint64_t>(header, offsetof(FileHeader, start_time_ticks));
    claim.pid_namespace = field<uint64_t>(header, offsetof(FileHeader, pid_namespace));
    claim.nonce = field<uint64_t>(header, offsetof(FileHeader, nonce));
    claim.boot_id = field<std::array<uint8_t, 16>>(header, offsetof(FileHeader, boot_id));
    claim.exited = field<uint32_t>(header, offsetof(FileHeader, state)) == ledger::kStateExited;
    return claim;
}

WriteLock query_write_lock(int ledger_fd) {
    // Asking for a read lock finds write locks alone: any user may put a read lock on a file that is readable for it.
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(ledger_fd, F_GETLK, &lock) != 0 || lock.l_type != F_WRLCK || lock.l_pid < 0) {
        return {};  // l_pid -1: an open-file lock, which outlives its maker in a forked child and so proves nothing
    }
    WriteLock answer{true, std::nullopt};
    if (lock.l_pid > 0) {
        answer.pid = lock.l_pid;
    }
    return answer;
}

Evidence gather(int ledger_fd, const FileIdentity& identity, const Claim& claim, uid_t owner, const std::string& path,
                const Surroundings& here, KnownProcess* known) {
    Evidence evidence;
    evidence.owner = owner;
    evidence.claim = claim;
    KnownProcess unknown;
    KnownProcess& process = known == nullptr ? unknown : *known;
    // Before the lock and the status: what it runs after this shows the next time.
    std::array<char, 128> room;
    const std::string_view has_run = read_now(process.schedule, room);
    if (process.held_lock && has_not_run(process, has_run)) {
        evidence.lock = {true, process.pid};
        evidence.status = process.status;
        evidence.users = process.users;
        return evidence;
    }
    evidence.lock = query_write_lock(ledger_fd);
    std::optional<pid_t> pid = evidence.lock.pid;
    if (!evidence.lock.held && claim.pid_namespace == here.pid_namespace && claim.boot_id == here.boot_id) {
        pid = static_cast<pid_t>(claim.pid);
    }
    if (!pid || *pid <= 0) {
        return evidence;
    }
    evidence.status = status_of(*pid, process, has_run);
    if (!evidence.status) {
        evidence.hidden = kill(*pid, 0) == 0 || errno == EPERM;
        return evidence;
    }
    if (!evidence.lock.held && evidence.status->start_time_ticks != claim.start_time_ticks) {
        return evidence;
    }
    if (!process.users) {
        process.users = read_process_users(*pid);
    }
    evidence.users = process.users;
    process.held_lock = evidence.lock.held && !has_run.empty() && has_run == process.had_run;
    if (!evidence.lock.held) {
        evidence.mapping = maps_file(std::to_string(*pid), identity.device, identity.inode, path);
    }
    return evidence;
}

Verdict judge(const Evidence& evidence, const Surroundings& here) {
    if (evidence.claim.uid != evidence.owner) {
        return untrusted("it claims user " + std::to_string(evidence.claim.uid) + ", and belongs to user " +
                         std::to_string(evidence.owner));
    }
    return evidence.lock.held ? judge_held(evidence, here) : judge_free(evidence, here);
}

}  // namespace ttmem::inventory
