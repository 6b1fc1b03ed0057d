// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// For this part's tests: a fake tt-kmd tree on disk, and a reader that puts faults in front of it.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "telemetry/file_reader.hpp"
#include "telemetry/options.hpp"

namespace ttmem::telemetry {

// tests/support/fake-kmd-tree written to a directory of its own, which goes with the object.
class FakeTree {
public:
    explicit FakeTree(const std::string& cards = "n150 n300 p150");
    ~FakeTree();
    FakeTree(const FakeTree&) = delete;
    FakeTree& operator=(const FakeTree&) = delete;

    std::string sys() const { return root_ + "/sys"; }
    std::string proc() const { return root_ + "/proc"; }
    const std::string& root() const { return root_; }
    // Paths are below the root. Files are replaced whole, directories are made as needed.
    void write(const std::string& path, const std::string& text) const;
    void remove(const std::string& path) const;
    void rename(const std::string& from, const std::string& to) const;
    // The device's own directory in sysfs, below the root.
    std::string node(int index) const;
    std::string hwmon(int index) const;
    // Takes a device out of the machine, and puts it back under a number.
    void unplug(int index);
    void plug(int index, int new_index);

    // Looks here, at its largest interval.
    Options options(std::shared_ptr<FileReader> reader = nullptr) const;

private:
    std::string pci(int index) const;

    std::string root_;
    std::map<int, std::string> unplugged_;  // former index to PCI directory
};

// Thread safe. A fault applies to every path that contains its pattern; the one set last wins.
class FaultyReader final : public FileReader {
public:
    FileText read(const std::string& path) override;
    FileNames list(const std::string& directory) override;
    FileText link_target(const std::string& path) override { return real_->link_target(path); }
    std::uint64_t incarnation(const std::string& path) override { return real_->incarnation(path); }

    void fail(const std::string& pattern, int error);
    void answer(const std::string& pattern, const std::string& text);
    // Reads wait until release().
    void block(const std::string& pattern);
    // Waits until that many reads are blocked.
    void wait_blocked(unsigned count);
    unsigned blocked();
    // Takes every fault away and lets blocked reads go.
    void release();
    std::vector<std::string> paths();

private:
    struct Fault {
        std::string pattern;
        int error = 0;
        std::string text;
        bool blocks = false;
    };

    std::shared_ptr<FileReader> real_ = make_posix_reader();
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Fault> faults_;
    std::vector<std::string> paths_;
    unsigned blocked_ = 0;
    unsigned generation_ = 0;
};

}  // namespace ttmem::telemetry
