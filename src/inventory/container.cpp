// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/container.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "inventory/procfs.hpp"

namespace ttmem::inventory {
namespace {

constexpr size_t kIdLength = 64;      // of a container, in hex
constexpr size_t kUidLength = 36;     // of a pod: 8-4-4-4-12
constexpr size_t kStaticLength = 32;  // of a static pod: the hash of its configuration
constexpr size_t kLongestJob = 32;

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

size_t run_of(std::string_view text, bool (*is)(char)) {
    return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is) - text.begin());
}

// A run of exactly kIdLength hex digits.
std::string_view container_id(std::string_view path) {
    for (size_t at = 0; at < path.size();) {
        const size_t length = run_of(path.substr(at), is_hex);
        if (length == kIdLength) {
            return path.substr(at, kIdLength);
        }
        at += std::max<size_t>(length, 1);
    }
    return {};
}

const char* runtime_of(std::string_view path) {
    constexpr std::pair<std::string_view, const char*> kMarks[] = {{"kubepods", "kubernetes"},
                                                                   {"docker", "docker"},
                                                                   {"libpod", "podman"},
                                                                   {"containerd", "containerd"},
                                                                   {"crio", "cri-o"}};
    for (const auto& [mark, runtime] : kMarks) {
        if (path.find(mark) != std::string_view::npos) {
            return runtime;
        }
    }
    return "";
}

// "…/pod1a2b…/…" or "…-pod1a2b….slice", where systemd makes the dashes of the uid underscores.
std::string pod_uid(std::string_view path) {
    if (path.find("kubepods") == std::string_view::npos) {
        return "";
    }
    for (size_t at = path.find("pod"); at != std::string_view::npos; at = path.find("pod", at + 3)) {
        const std::string_view rest = path.substr(at + 3);
        std::string uid(rest.substr(0, std::min(rest.find_first_of("/."), rest.size())));
        std::replace(uid.begin(), uid.end(), '_', '-');
        const bool is_uid = uid.size() == kUidLength && std::count(uid.begin(), uid.end(), '-') == 4;
        const bool all_hex = std::all_of(uid.begin(), uid.end(), [](char c) { return is_hex(c) || c == '-'; });
        if (all_hex && (is_uid || uid.size() == kStaticLength)) {
            return uid;
        }
    }
    return "";
}

// "/slurm/uid_1000/job_123/step_0", "/system.slice/slurmstepd.scope/job_123/…".
std::string slurm_job(std::string_view path) {
    constexpr std::string_view kMark = "/job_";
    const size_t at = path.find("slurm") == std::string_view::npos ? path.npos : path.find(kMark);
    if (at == path.npos) {
        return "";
    }
    const std::string_view rest = path.substr(at + kMark.size());
    return std::string(rest.substr(0, std::min(run_of(rest, is_digit), kLongestJob)));
}

std::string_view variable(std::string_view environment, std::string_view name) {
    while (!environment.empty()) {
        const size_t end = std::min(environment.find('\0'), environment.size());
        const std::string_view entry = environment.substr(0, end);
        if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
            return entry.substr(name.size() + 1);
        }
        environment.remove_prefix(std::min(end + 1, environment.size()));
    }
    return {};
}

}  // namespace

std::optional<api::Container> parse_container(std::string_view cgroup, std::string_view environment) {
    api::Container container;
    while (!cgroup.empty()) {
        const size_t end = std::min(cgroup.find('\n'), cgroup.size());
        const std::string_view path = cgroup.substr(0, end);
        cgroup.remove_prefix(std::min(end + 1, cgroup.size()));
        if (container.id.empty()) {
            container.id = container_id(path);
            container.runtime = container.id.empty() ? "" : runtime_of(path);
        }
        if (container.pod.empty()) {
            container.pod = pod_uid(path);
        }
        if (container.job.empty()) {
            container.job = slurm_job(path);
        }
    }
    if (container.runtime.empty()) {
        // podman and systemd-nspawn say it themselves.
        const std::string_view said = variable(environment, "container");
        container.runtime = said == "podman" || said == "docker" || said == "systemd-nspawn" ? said : "";
    }
    const std::string_view job = variable(environment, "SLURM_JOB_ID");
    if (container.job.empty() && job.size() <= kLongestJob && run_of(job, is_digit) == job.size()) {
        container.job = job;
    }
    const bool any =
        !container.id.empty() || !container.runtime.empty() || !container.pod.empty() || !container.job.empty();
    return any ? std::optional(container) : std::nullopt;
}

std::optional<api::Container> read_container(pid_t pid) {
    const std::string folder = "/proc/" + std::to_string(pid);
    return parse_container(read_text(folder + "/cgroup").value_or(""), read_text(folder + "/environ").value_or(""));
}

}  // namespace ttmem::inventory
