// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/source_places.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "inventory/ledger_directory.hpp"
#include "inventory/upstream_source.hpp"
#include "telemetry/options.hpp"

namespace ttmem::inventory {
namespace {

std::string folder(const std::string& path) {
    struct stat status {};
    return path + (stat(path.c_str(), &status) == 0
                       ? " " + std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino)
                       : " -");
}

std::string pid_namespace() {
    std::array<char, 64> text{};
    const ssize_t size = readlink("/proc/self/ns/pid", text.data(), text.size());
    return size > 0 ? std::string(text.data(), static_cast<size_t>(size)) : "-";
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr || *value == '\0' ? "-" : value;
}

bool holds_ledgers(const std::filesystem::path& folder) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (parse_directory_uid(entry->path().filename().string())) {
            return true;
        }
    }
    return false;
}

// Where processes put their ledgers when another user holds all of their names in the usual place (ledger_file.cpp):
// /run/ttmem, and the run-time folders of users, as far as this process may read them.
void add_refuges(std::vector<std::string>& to) {
    if (struct stat found{}; stat("/run/ttmem", &found) == 0 && S_ISDIR(found.st_mode)) {
        to.emplace_back("/run/ttmem");
    }
    const std::string own = variable("XDG_RUNTIME_DIR");
    std::vector<std::filesystem::path> folders;
    if (own.starts_with('/')) {
        folders.emplace_back(own);
    }
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/run/user", error), end; geteuid() == 0 && !error && entry != end;
         entry.increment(error)) {
        folders.push_back(entry->path());
    }
    for (const std::filesystem::path& folder : folders) {
        if (holds_ledgers(folder) && std::find(to.begin(), to.end(), folder.string()) == to.end()) {
            to.push_back(folder.string());
        }
    }
}

}  // namespace

std::vector<std::string> base_directories(const Settings& settings) {
    std::vector<std::string> all = {settings.base_directory.empty() ? default_base_directory()
                                                                    : settings.base_directory};
    if (settings.base_directory.empty() && std::getenv("TT_ALLOC_LEDGER_DIR") == nullptr) {
        add_refuges(all);
    }
    all.insert(all.end(), settings.more_directories.begin(), settings.more_directories.end());
    return all;
}

std::string region_directory(const Settings& settings) {
    if (!settings.region_directory.empty()) {
        return settings.region_directory;
    }
    return settings.base_directory.empty() ? default_region_directory() : settings.base_directory;
}

std::string source_places(const Settings& settings) {
    const Result<telemetry::Options> cards = telemetry::options_from_environment();
    return pid_namespace() + "\nledgers " + folder(base_directories(settings).front()) + "\nregions " +
           folder(region_directory(settings)) + "\ncards " +
           (cards ? cards.value().sysfs_root + " " + cards.value().procfs_root : cards.error().message) + "\nflits " +
           variable("TT_ALLOC_PCIE_FLIT_BYTES") + "\numd " + variable("TT_ALLOC_UMD") + "\n";
}

}  // namespace ttmem::inventory
