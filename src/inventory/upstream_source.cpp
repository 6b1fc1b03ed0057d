// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/upstream_source.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "base/directory.hpp"
#include "base/saturate.hpp"
#include "base/unique_fd.hpp"
#include "inventory/container.hpp"
#include "inventory/procfs.hpp"

namespace ttmem::inventory {
namespace {

using api::kAllMemoryKinds;
using api::MemoryKind;

// Mock chips have made-up ids (0, 1 << 32, ...); unique ids of real chips use their upper bits.
constexpr uint64_t kLeastRealId = uint64_t{1} << 48;
constexpr uint64_t kMostClaimedBytes = uint64_t{1} << 50;
constexpr const char* kGhost = "a ghost: upstream's counters still have its bytes from when it ended";

bool is_gone(char state) {
    return state == 'Z' || state == 'X' || state == 'x';
}

bool owns(pid_t pid, uid_t owner) {
    const auto users = read_process_users(pid);
    return !users || std::find(users->begin(), users->end(), owner) != users->end();
}

// Is `pid` a process that has the region mapped? If /proc/PID/maps is not readable, the process's name is compared.
bool is_at(pid_t pid, const std::string& name, uid_t owner, const FileIdentity& file, const std::string& path) {
    if (!owns(pid, owner)) {
        return false;
    }
    const Mapping mapping = maps_file(std::to_string(pid), file.device, file.inode, path);
    return mapping == Mapping::kYes ||
           (mapping == Mapping::kUnreadable && !name.empty() && read_command_name(pid) == name);
}

api::DeviceIndex device_of(api::Model& model, uint64_t id, int32_t device_id) {
    const bool real = id >= kLeastRealId;
    for (api::DeviceIndex i{0}; i < model.devices.size(); ++i) {
        const api::Device& device = model.devices[i];
        if (device.unique_id ? device.unique_id == id : !real && device.mock && device.id == device_id) {
            return i;
        }
    }
    api::Device device;
    device.id = device_id;
    device.mock = !real;
    if (real) {
        device.unique_id = id;
    }
    model.devices.push_back(std::move(device));
    return api::DeviceIndex(model.devices.size() - 1);
}

// Adds the requested bytes, and resets every figure that such a process leaves unknown.
void count(api::Device& device, const UpstreamUse& use) {
    ++device.live_processes;
    if (std::find(device.sources.begin(), device.sources.end(), api::Source::kUpstreamShm) == device.sources.end()) {
        device.sources.push_back(api::Source::kUpstreamShm);
    }
    for (const MemoryKind kind : kAllMemoryKinds) {
        api::MemoryUse& memory = device.memory[kind];
        // A counter file is its user's claim: it fills a chip at most.
        const uint64_t bound =
            std::min(kMostClaimedBytes, memory.physical_bytes.value_or(memory.capacity_bytes.value_or(UINT64_MAX)));
        const auto add = [&](api::Bytes& sum) {
            const uint64_t before = sum.value_or(0);
            sum = std::max(before, std::min(saturating_sum(before, use.requested_bytes[kind]), bound));
        };
        add(memory.upstream_bytes);
        add(memory.requested_bytes);
        add(memory.allocated_bytes);
        memory.peak_bytes.reset();
        memory.peak_since_attach_bytes.reset();
        memory.buffers.reset();
        memory.largest_free_bytes_per_bank.reset();
    }
    if (use.circular_buffer_bytes > 0) {
        api::Bytes& sum = device.circular_buffers.current_bytes;
        sum = saturating_sum(sum.value_or(0), use.circular_buffer_bytes);
    }
    if (use.kernel_bytes > 0) {
        device.kernels.loaded_bytes = saturating_sum(device.kernels.loaded_bytes.value_or(0), use.kernel_bytes);
    }
}

}  // namespace

std::string default_region_directory() {
    const char* named = std::getenv("TT_ALLOC_REGION_DIR");
    return named != nullptr && *named != '\0' ? named : default_base_directory();
}

void UpstreamSource::refresh() {
    regions_.clear();
    notices_.clear();
    strangers_.reset();
    if (struct stat now{}; none_there_ && stat(directory_.c_str(), &now) == 0 && listing_stamp(now) == *none_there_) {
        return;
    }
    const UniqueFd directory(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
    const std::optional<ListingStamp> stamp = stamp_before_listing(directory.get());
    const DirectoryStream entries(directory.valid() ? fdopendir(fcntl(directory.get(), F_DUPFD_CLOEXEC, 0)) : nullptr);
    std::vector<std::pair<uint64_t, std::string>> names;
    while (const dirent* entry = entries ? readdir(entries.get()) : nullptr) {
        if (const std::optional<uint64_t> id = parse_region_name(entry->d_name)) {
            names.emplace_back(*id, entry->d_name);
        }
    }
    none_there_ = names.empty() ? stamp : std::nullopt;
    std::sort(names.begin(), names.end());
    std::map<uid_t, size_t> of_user;
    for (const auto& [id, name] : names) {
        struct stat status {};
        if (fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;  // gone meanwhile
        }
        const size_t number = ++of_user[status.st_uid];
        if (number <= kMostRegionsOfUser) {
            read(name, id, directory.get());
        } else if (number == kMostRegionsOfUser + 1) {
            notices_.push_back(directory_ + ": user " + std::to_string(status.st_uid) + " has more than " +
                               std::to_string(kMostRegionsOfUser) + " of upstream's regions; the rest is not read");
        }
    }
    const auto is_here = [&](const Entry& entry) {
        return std::any_of(regions_.begin(), regions_.end(), [&](const Region& region) {
            return region.file.device == std::get<0>(entry) && region.file.inode == std::get<1>(entry);
        });
    };
    std::erase_if(confirmed_, [&](const auto& known) { return !is_here(known.first); });
    std::erase_if(ghosts_, [&](const auto& known) { return !is_here(known.first); });
}

void UpstreamSource::read(const std::string& name, uint64_t id, int directory) {
    Region region;
    region.path = directory_ + "/" + name;
    const auto pass_over = [&](const std::string& why) { notices_.push_back(region.path + " is not read: " + why); };
    // O_NONBLOCK: a FIFO must not hold us.
    const UniqueFd fd(openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!fd.valid()) {
        // Upstream makes them 0600: what is another user's is theirs to see.
        if (errno != ENOENT && errno != EACCES) {
            pass_over(errno == ELOOP ? "it is a symbolic link" : std::strerror(errno));
        }
        return;
    }
    struct stat status {};
    if (fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return pass_over("it is no regular file");
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return pass_over("others may write to it");
    }
    std::array<std::byte, kMostRegionBytes> bytes{};
    const ssize_t got = pread(fd.get(), bytes.data(), bytes.size(), 0);
    if (got < 0) {
        return pass_over(std::strerror(errno));
    }
    const auto parsed = parse_upstream_region(std::span(bytes).first(static_cast<size_t>(got)));
    if (const auto* problem = std::get_if<RegionProblem>(&parsed)) {
        if (*problem != RegionProblem::kStarting) {
            pass_over(*problem == RegionProblem::kCut ? "it is cut short" : "it is of a version that is not known");
        }
        return;
    }
    const auto& counters = std::get<UpstreamRegion>(parsed);
    if (counters.asic_id != 0 && counters.asic_id != id) {
        return pass_over("it calls itself chip " + std::to_string(counters.asic_id));
    }
    if (counters.senseless > 0) {
        notices_.push_back(region.path + ": " + std::to_string(counters.senseless) + " entries make no sense");
    }
    region.owner = status.st_uid;
    region.file = {status.st_dev, status.st_ino, 0};
    region.id = id;
    region.device_id = counters.device_id;
    for (const UpstreamProcess& entry : counters.processes) {
        region.processes.push_back(judge(entry, region));
    }
    regions_.push_back(std::move(region));
}

UpstreamSource::Judged UpstreamSource::judge(const UpstreamProcess& entry, const Region& region) {
    Judged judged;
    judged.entry = entry;
    const Entry key{region.file.device, region.file.inode, entry.pid};
    const auto take = [&](pid_t pid, const ProcessStatus& status) {
        judged.pid = pid;
        judged.start_time_ticks = status.start_time_ticks;
        judged.stopped = status.state == 'T' || status.state == 't';
        confirmed_[key] = {pid, status.start_time_ticks};
        ghosts_.erase(key);
    };
    const auto is_there = [](const std::optional<ProcessStatus>& status) { return status && !is_gone(status->state); };
    if (const auto known = confirmed_.find(key); known != confirmed_.end()) {
        const auto status = read_process_status(known->second.pid);
        if (is_there(status) && status->start_time_ticks == known->second.start_time_ticks) {
            take(known->second.pid, *status);
            return judged;
        }
        confirmed_.erase(known);
    } else if (const auto ghost = ghosts_.find(key); ghost != ghosts_.end() && ghost->second == entry.last_update_ns) {
        return judged;
    }
    auto status = read_process_status(entry.pid);
    if (is_there(status) && is_at(entry.pid, entry.name, region.owner, region.file, region.path)) {
        take(entry.pid, *status);
        return judged;
    }
    const std::optional<pid_t> elsewhere = find_elsewhere(entry.pid, region);
    status = elsewhere ? read_process_status(*elsewhere) : std::nullopt;
    if (is_there(status)) {
        take(*elsewhere, *status);
    } else {
        ghosts_[key] = entry.last_update_ns;
    }
    return judged;
}

// A process of another pid namespace that is called `pid` there and has the region mapped. All of /proc is looked
// through, so that is done once for all entries.
std::optional<pid_t> UpstreamSource::find_elsewhere(int32_t pid, const Region& region) {
    if (!strangers_) {
        strangers_.emplace();
        const DirectoryStream processes(opendir("/proc"));
        while (const dirent* entry = processes ? readdir(processes.get()) : nullptr) {
            const auto candidate = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
            if (candidate <= 0) {
                continue;
            }
            if (const std::vector<pid_t> names = read_namespace_pids(candidate); names.size() > 1) {
                strangers_->emplace(names.back(), candidate);
            }
        }
    }
    const auto [first, last] = strangers_->equal_range(pid);
    for (auto stranger = first; stranger != last; ++stranger) {
        if (owns(stranger->second, region.owner) && maps_file(std::to_string(stranger->second), region.file.device,
                                                              region.file.inode, region.path) == Mapping::kYes) {
            return stranger->second;
        }
    }
    return std::nullopt;
}

UpstreamProcesses UpstreamSource::add_devices(api::Model& model, const std::vector<int>& living,
                                              const std::vector<int>& ended) const {
    const auto is_in = [](const std::vector<int>& pids, int pid) {
        return std::find(pids.begin(), pids.end(), pid) != pids.end();
    };
    struct Uses {
        bool lives = false;
        bool stopped = false;
        std::vector<std::pair<const Region*, const Judged*>> each;
    };
    std::map<std::tuple<int, uid_t, uint64_t>, Uses> found;  // by pid, owner and start time (0: a ghost)
    for (const Region& region : regions_) {
        for (const Judged& judged : region.processes) {
            const int pid = judged.pid.value_or(judged.entry.pid);
            if (is_in(living, pid) || (!judged.pid && is_in(ended, pid))) {
                continue;
            }
            Uses& uses = found[{pid, region.owner, judged.start_time_ticks}];
            uses.lives = judged.pid.has_value();
            uses.stopped = judged.stopped;
            uses.each.emplace_back(&region, &judged);
        }
    }
    UpstreamProcesses processes;
    for (const auto& [key, uses] : found) {
        api::Process process;
        process.pid = std::get<0>(key);
        process.pid_visible = uses.lives;
        process.uid = std::get<1>(key);
        process.user = user_name(*process.uid);
        process.source = api::Source::kUpstreamShm;
        process.command = uses.each.front().second->entry.name;
        if (uses.lives) {
            process.state = uses.stopped ? api::ProcessState::kStopped : api::ProcessState::kLive;
            process.start_time_ns = start_time_of(std::get<2>(key));
            process.container = read_container(*process.pid);
            if (std::string line = read_command_line(*process.pid); !line.empty()) {
                process.command = std::move(line);
            }
        } else {
            process.state = api::ProcessState::kDied;
            process.reason = kGhost;
        }
        for (const auto& [region, judged] : uses.each) {
            const UpstreamUse& from = judged->entry.use;
            api::ProcessDevice use;
            use.device = device_of(model, region->id, region->device_id);
            for (const MemoryKind kind : kAllMemoryKinds) {
                use.bytes[kind] = from.requested_bytes[kind];
            }
            if (from.circular_buffer_bytes > 0) {
                use.circular_buffer_bytes = from.circular_buffer_bytes;
            }
            if (from.kernel_bytes > 0) {
                use.kernel_bytes = from.kernel_bytes;
            }
            if (uses.lives) {
                count(model.devices[use.device], from);
            }
            process.devices.push_back(std::move(use));
        }
        (uses.lives ? processes.living : processes.ghosts).push_back(std::move(process));
    }
    return processes;
}

}  // namespace ttmem::inventory
