// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/test_tree.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace ttmem::telemetry {

namespace fs = std::filesystem;

namespace {

std::string make_directory() {
    // Hundreds of small files: much cheaper where they are in memory.
    const fs::path memory = "/dev/shm";
    const bool in_memory = std::getenv("TMPDIR") == nullptr && ::access(memory.c_str(), W_OK) == 0;
    std::string name = ((in_memory ? memory : fs::temp_directory_path()) / "ttmem-kmd-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("mkdtemp failed");
    }
    return name;
}

// The generator's trees, each made once a program: copying one is a tenth of the work.
class Originals {
public:
    ~Originals() {
        std::error_code ignored;
        for (const auto& [cards, root] : roots_) {
            fs::remove_all(root, ignored);
        }
    }
    const std::string& of(const std::string& cards) {
        std::string& root = roots_[cards];
        if (root.empty()) {
            root = make_directory();
            const std::string command = "python3 " TTMEM_SUPPORT_DIR "/fake-kmd-tree " + root + " " + cards;
            if (std::system(command.c_str()) != 0) {
                throw std::runtime_error("failed: " + command);
            }
        }
        return root;
    }

private:
    std::map<std::string, std::string> roots_;
};

}  // namespace

FakeTree::FakeTree(const std::string& cards) : root_(make_directory()) {
    static Originals originals;
    fs::copy(originals.of(cards), root_, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

FakeTree::~FakeTree() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
}

void FakeTree::write(const std::string& path, const std::string& text) const {
    const fs::path whole = fs::path(root_) / path;
    fs::create_directories(whole.parent_path());
    fs::remove(whole);  // the generator's files are read-only, as the driver's are
    std::ofstream(whole) << text;
}

void FakeTree::remove(const std::string& path) const {
    fs::remove_all(fs::path(root_) / path);
}

void FakeTree::rename(const std::string& from, const std::string& to) const {
    fs::rename(fs::path(root_) / from, fs::path(root_) / to);
}

std::string FakeTree::pci(int index) const {
    const fs::path link = fs::path(sys()) / "class/tenstorrent" / ("tenstorrent!" + std::to_string(index));
    return fs::relative(fs::canonical(link / "device"), fs::canonical(root_)).string();
}

std::string FakeTree::node(int index) const {
    return pci(index) + "/tenstorrent/tenstorrent!" + std::to_string(index);
}

std::string FakeTree::hwmon(int index) const {
    for (const auto& entry : fs::directory_iterator(fs::path(root_) / pci(index) / "hwmon")) {
        return pci(index) + "/hwmon/" + entry.path().filename().string();
    }
    throw std::runtime_error("no hwmon");
}

void FakeTree::unplug(int index) {
    const std::string number = std::to_string(index);
    unplugged_[index] = pci(index);
    remove("sys/class/tenstorrent/tenstorrent!" + number);
    fs::create_directories(fs::path(root_) / "away");
    rename(unplugged_[index], "away/" + number);
    rename("proc/driver/tenstorrent/" + number, "away/proc" + number);
}

void FakeTree::plug(int index, int new_index) {
    const std::string from = std::to_string(index);
    const std::string to = std::to_string(new_index);
    rename("away/" + from, unplugged_[index]);
    rename("away/proc" + from, "proc/driver/tenstorrent/" + to);
    const std::string directory = unplugged_[index] + "/tenstorrent/tenstorrent!";
    if (index != new_index) {
        rename(directory + from, directory + to);
    }
    const std::string below_sys = unplugged_[index].substr(std::string("sys/").size());
    fs::create_symlink("../../" + below_sys + "/tenstorrent/tenstorrent!" + to,
                       fs::path(sys()) / "class/tenstorrent" / ("tenstorrent!" + to));
}

Options FakeTree::options(std::shared_ptr<FileReader> reader) const {
    Options options;
    options.sysfs_root = sys();
    options.procfs_root = proc();
    options.interval = std::chrono::milliseconds(2000);
    options.reader = std::move(reader);
    return options;
}

FileText FaultyReader::read(const std::string& path) {
    std::unique_lock lock(mutex_);
    paths_.push_back(path);
    const auto fault = std::find_if(faults_.rbegin(), faults_.rend(), [&path](const Fault& candidate) {
        return path.find(candidate.pattern) != std::string::npos;
    });
    if (fault == faults_.rend()) {
        lock.unlock();
        return real_->read(path);
    }
    if (!fault->blocks) {
        return {fault->error, fault->text};
    }
    const unsigned generation = generation_;
    ++blocked_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return generation_ != generation; });
    --blocked_;
    lock.unlock();
    return real_->read(path);
}

FileNames FaultyReader::list(const std::string& directory) {
    return real_->list(directory);
}

void FaultyReader::fail(const std::string& pattern, int error) {
    const std::lock_guard lock(mutex_);
    faults_.push_back({pattern, error, {}, false});
}

void FaultyReader::answer(const std::string& pattern, const std::string& text) {
    const std::lock_guard lock(mutex_);
    faults_.push_back({pattern, 0, text, false});
}

void FaultyReader::block(const std::string& pattern) {
    const std::lock_guard lock(mutex_);
    faults_.push_back({pattern, 0, {}, true});
}

void FaultyReader::wait_blocked(unsigned count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return blocked_ >= count; });
}

unsigned FaultyReader::blocked() {
    const std::lock_guard lock(mutex_);
    return blocked_;
}

void FaultyReader::release() {
    const std::lock_guard lock(mutex_);
    faults_.clear();
    ++generation_;
    changed_.notify_all();
}

std::vector<std::string> FaultyReader::paths() {
    const std::lock_guard lock(mutex_);
    return paths_;
}

}  // namespace ttmem::telemetry
