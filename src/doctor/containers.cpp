// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A container has a /dev/shm of its own unless it is started with the host's; its ledgers are not seen outside. Both
// sides notice: inside by traces of the container's manager, outside by processes that have ttnn in another mount
// namespace while no ledger of theirs is in sight.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "base/clean_text.hpp"
#include "base/small_file.hpp"
#include "doctor/checks.hpp"
#include "inventory/inventory.hpp"
#include "inventory/ledger_directory.hpp"

namespace ttmem::doctor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kShared = "/dev/shm/ttmem";
constexpr size_t kMostMaps = 4 * 1024 * 1024;

std::string start_with(const std::string& place) {
    return "start the container with --volume " + place + ":" + place + " --env TT_ALLOC_LEDGER_DIR=" + place;
}

// The name of the container's manager, where this program runs in one; else empty.
std::string manager_of(const Places& places) {
    std::error_code error;
    if (fs::exists(places.root + "/run/.containerenv", error)) {
        return "podman";
    }
    if (fs::exists(places.root + "/.dockerenv", error)) {
        return "docker";
    }
    if (fs::exists(places.root + "/var/run/secrets/kubernetes.io", error)) {
        return "a pod";
    }
    return "";
}

// Whether another file system is mounted at the folder or above it, other than the root and the container's own shared
// memory, which its manager calls "shm".
bool comes_from_outside(const Places& places, const std::string& folder) {
    std::ifstream mounts(places.proc + "/self/mountinfo");
    std::string nearest;
    bool outside = false;
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words(line);
        std::string skipped;
        std::string point;
        words >> skipped >> skipped >> skipped >> skipped >> point;
        const size_t dash = line.find(" - ");
        const bool above = folder == point || folder.starts_with(point + "/");
        if (dash == std::string::npos || !above || point.size() < nearest.size()) {
            continue;
        }
        std::istringstream rest(line.substr(dash + 3));
        std::string source;
        rest >> skipped >> source;
        nearest = point;
        outside = source != "shm";
    }
    return outside;
}

Finding inside_finding(const Places& places, const std::string& manager, const std::string& base) {
    if (comes_from_outside(places, base)) {
        return {
            "container", Level::kOk,
            "in a container (" + manager + "), and its ledgers' folder " + base + " is mounted from outside",
            base == "/dev/shm" ? "" : "outside, ttmem server --ledger-dir FOLDER shows it, by the folder's path there"};
    }
    return {"container", Level::kNote, "in a container (" + manager + "): no tool outside sees the ledgers in " + base,
            start_with(kShared) + "; outside: ttmem server --ledger-dir " + kShared + " (docs/containers.md)"};
}

bool has_ttnn(const std::string& process) {
    const Result<std::string> maps = read_regular_file(process + "/maps", kMostMaps);
    return maps && maps.value().find("libtt_metal.so") != std::string::npos;
}

// Processes in another mount namespace than this one that have ttnn loaded; those that may not be looked into are left
// out.
std::set<int> foreign_processes(const Places& places) {
    std::set<int> found;
    std::error_code error;
    const fs::path own = fs::read_symlink(places.proc + "/self/ns/mnt", error);
    for (fs::directory_iterator it(places.proc, error), end; !error && it != end; it.increment(error)) {
        const std::string name = it->path().filename().string();
        if (name.empty() || name.find_first_not_of("0123456789") != std::string::npos || name.size() > 9) {
            continue;
        }
        std::error_code unreadable;
        const fs::path its = fs::read_symlink(it->path() / "ns/mnt", unreadable);
        if (!unreadable && its != own && has_ttnn(it->path().string())) {
            found.insert(std::stoi(name));
        }
    }
    return found;
}

}  // namespace

std::vector<Finding> check_containers(const Places& places) {
    std::vector<Finding> findings;
    const std::string base = places.ledger_base.empty() ? inventory::default_base_directory() : places.ledger_base;
    if (const std::string manager = manager_of(places); !manager.empty()) {
        findings.push_back(inside_finding(places, manager, base));
    }
    std::set<int> unseen = foreign_processes(places);
    if (!unseen.empty()) {
        inventory::Inventory inventory({places.ledger_base, inventory::TelemetryUse::kOff});
        const std::shared_ptr<const api::Model> model = inventory.refresh();
        for (const api::Process& process : model->processes) {
            unseen.erase(process.pid.value_or(0));
        }
    }
    for (const int pid : unseen) {
        const Result<std::string> name = read_regular_file(places.proc + "/" + std::to_string(pid) + "/comm", 64);
        const std::string command = name ? clean_text(name.value().substr(0, name.value().find('\n'))) : "";
        findings.push_back({"container", Level::kNote,
                            "process " + std::to_string(pid) + (command.empty() ? "" : " (" + command + ")") +
                                " has ttnn in a container, and no ledger of it is in sight",
                            start_with(kShared) + ", and the server with --ledger-dir " + kShared +
                                " (docs/containers.md); or it is not tracked"});
    }
    return findings;
}

}  // namespace ttmem::doctor
