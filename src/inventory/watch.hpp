// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Waits for the kernel to report changes, so that readers need not poll.
//
//   inotify   on the folders that hold ledger directories, on those directories, and on the folder of upstream's
//             regions: files that are made, removed, or closed by their writer (which an exit or a kill does too, also
//             in another pid namespace)
//   pidfd     of each process that is shown alive: its end
//
// The figures in shared memory change without a notification; they are read on request. Uses one descriptor, which an
// event loop may wait for, and one for each living process. Not thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

class Watch {
public:
    // Beyond these, ends are noticed by the writer's closing of its ledger, and new ledgers by the next look.
    static constexpr size_t kMostProcesses = 4096;
    static constexpr size_t kMostDirectories = 1024;

    // `bases`: folders that hold ledger directories; one that is not there yet is tried again at each follow().
    static Result<std::unique_ptr<Watch>> make(std::vector<std::string> bases, std::string regions);

    int fd() const { return epoll_.get(); }  // readable: take_changes() has something

    // Takes in the kernel's notifications since the last call. Never waits.
    struct Changes {
        bool files = false;      // ledgers or regions came, went, or lost their writer
        std::vector<int> ended;  // pids of followed processes
        explicit operator bool() const { return files || !ended.empty(); }
    };
    Changes take_changes();

    // The processes to follow are those that this model shows alive. True: some are new, whose end may have come just
    // before they were followed, so that it is worth a second look. `ended` gets the pids of those that the model shows
    // dead before the kernel's word of it was taken in.
    bool follow(const api::Model& model, std::vector<int>* ended = nullptr);

    size_t processes() const { return processes_.size(); }

private:
    Watch(UniqueFd epoll, UniqueFd inotify, std::vector<std::string> bases, std::string regions);
    void watch_folders();
    void watch_directory(const std::string& path);
    bool take_files();

    struct Folder {
        std::string path;
        bool ledgers = false;    // what is made in it may be a ledger directory
        bool regions = false;    // ... or a counter file
        bool directory = false;  // it is a ledger directory
    };

    UniqueFd epoll_;
    UniqueFd inotify_;
    std::vector<std::string> bases_;
    std::string regions_;
    std::map<int, Folder> folders_;      // by watch
    std::map<int, UniqueFd> processes_;  // pidfd, by pid
};

}  // namespace ttmem::inventory
