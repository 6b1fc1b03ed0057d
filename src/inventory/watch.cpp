// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/watch.hpp"

#include <dirent.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "base/directory.hpp"
#include "base/pidfd.hpp"
#include "inventory/ledger_directory.hpp"
#include "inventory/upstream_region.hpp"

namespace ttmem::inventory {
namespace {

constexpr uint32_t kOfFolder = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_ATTRIB;
constexpr uint32_t kAnyway = IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;
constexpr int kInotify = -1;  // beside pids, in epoll's data
constexpr size_t kEventsAtOnce = 64;

bool add(int epoll, int fd, int number) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = number;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

// Each process takes a descriptor: an eighth of those that this process may open go to them.
size_t most_processes() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return Watch::kMostProcesses / 4;
    }
    return std::min<size_t>(Watch::kMostProcesses, static_cast<size_t>(limit.rlim_cur / 8));
}

}  // namespace

Result<std::unique_ptr<Watch>> Watch::make(std::vector<std::string> bases, std::string regions) {
    UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    UniqueFd inotify(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!epoll.valid() || !inotify.valid() || !add(epoll.get(), inotify.get(), kInotify)) {
        return Error{"the kernel cannot notify of ledgers", errno};
    }
    return std::unique_ptr<Watch>(
        new Watch(std::move(epoll), std::move(inotify), std::move(bases), std::move(regions)));
}

Watch::Watch(UniqueFd epoll, UniqueFd inotify, std::vector<std::string> bases, std::string regions)
    : epoll_(std::move(epoll)), inotify_(std::move(inotify)), bases_(std::move(bases)), regions_(std::move(regions)) {
    watch_folders();
}

void Watch::watch_folders() {
    std::vector<std::string> all = bases_;
    all.push_back(regions_);
    for (const std::string& path : all) {
        const bool known = std::any_of(folders_.begin(), folders_.end(), [&](const auto& folder) {
            return folder.second.path == path && !folder.second.directory;
        });
        if (known) {
            continue;
        }
        // The folder itself may be a link, as /dev/shm is on some systems.
        const int watch = inotify_add_watch(inotify_.get(), path.c_str(), kOfFolder | IN_ONLYDIR | IN_DELETE_SELF);
        if (watch < 0) {
            continue;
        }
        Folder& folder = folders_[watch];
        folder.path = path;
        folder.regions = folder.regions || path == regions_;
        folder.ledgers = folder.ledgers || std::find(bases_.begin(), bases_.end(), path) != bases_.end();
        if (!folder.ledgers) {
            continue;
        }
        const DirectoryStream entries(opendir(path.c_str()));
        while (const dirent* entry = entries ? readdir(entries.get()) : nullptr) {
            if (parse_directory_uid(entry->d_name)) {
                watch_directory(path + "/" + entry->d_name);
            }
        }
    }
}

void Watch::watch_directory(const std::string& path) {
    if (folders_.size() >= kMostDirectories) {
        return;
    }
    const int watch = inotify_add_watch(inotify_.get(), path.c_str(), kOfFolder | kAnyway);
    if (watch >= 0 && !folders_.contains(watch)) {
        folders_[watch] = {path, false, false, true};
    }
}

bool Watch::take_files() {
    bool any = false;
    std::array<char, 16384> bytes;
    for (;;) {
        const ssize_t got = read(inotify_.get(), bytes.data(), bytes.size());
        if (got <= 0) {
            return any;
        }
        for (ssize_t at = 0; at < got;) {
            inotify_event event{};
            std::memcpy(&event, bytes.data() + at, sizeof event);
            // The name is padded with zeros to event.len.
            const std::string name = event.len > 0 ? bytes.data() + at + sizeof event : "";
            at += static_cast<ssize_t>(sizeof event) + event.len;
            if ((event.mask & IN_Q_OVERFLOW) != 0) {
                any = true;
                folders_.clear();  // watches stay, and get the same numbers again
                watch_folders();
                continue;
            }
            const auto found = folders_.find(event.wd);
            if (found == folders_.end()) {
                continue;
            }
            if ((event.mask & IN_IGNORED) != 0) {
                folders_.erase(found);  // it is gone, or was unmounted
                any = true;
                continue;
            }
            const Folder& folder = found->second;
            if (folder.directory) {
                any = any || parse_ledger_name(name).has_value();
            }
            if (folder.ledgers && parse_directory_uid(name)) {
                any = true;
                if ((event.mask & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB)) != 0) {
                    watch_directory(folder.path + "/" + name);
                }
            }
            any = any || (folder.regions && parse_region_name(name));
        }
    }
}

Watch::Changes Watch::take_changes() {
    Changes changes;
    std::array<epoll_event, kEventsAtOnce> events;
    for (;;) {
        const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
        for (int i = 0; i < count; ++i) {
            const int number = events[static_cast<size_t>(i)].data.fd;
            if (number == kInotify) {
                changes.files = take_files() || changes.files;
            } else {
                changes.ended.push_back(number);
                processes_.erase(number);
            }
        }
        if (count < static_cast<int>(events.size())) {
            return changes;
        }
    }
}

bool Watch::follow(const api::Model& model, std::vector<int>* ended) {
    watch_folders();
    std::set<int> living;
    const size_t most = most_processes();
    for (const api::Process& process : model.processes) {
        if (api::counts(process.state) && process.pid_visible && process.pid && living.size() < most) {
            living.insert(*process.pid);
        }
    }
    std::erase_if(processes_, [&](const auto& followed) {
        const bool gone = !living.contains(followed.first);
        if (gone && ended != nullptr) {
            ended->push_back(followed.first);
        }
        return gone;
    });
    bool any = false;
    for (const int pid : living) {
        if (processes_.contains(pid)) {
            continue;
        }
        UniqueFd fd = open_pidfd(pid);
        if (!fd.valid()) {
            any = any || errno == ESRCH;  // gone already: a second look will show it
        } else if (add(epoll_.get(), fd.get(), pid)) {
            processes_.emplace(pid, std::move(fd));
            any = true;
        }
    }
    return any;
}

}  // namespace ttmem::inventory
