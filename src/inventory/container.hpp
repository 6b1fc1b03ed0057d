// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Where a process runs: container, pod, batch job. The kernel's cgroup path says so (docker, podman, containerd, CRI-O,
// Kubernetes' pod uid, Slurm's job); what it lacks may stand in the process's environment, which is its own
// word about itself. Thread safe.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "model/model.hpp"

namespace ttmem::inventory {

// From /proc/PID/cgroup and /proc/PID/environ; nothing when the process runs in none, or is hidden from us.
std::optional<api::Container> read_container(pid_t pid);

// The texts of these files; `environment` is NUL-separated.
std::optional<api::Container> parse_container(std::string_view cgroup, std::string_view environment);

}  // namespace ttmem::inventory
