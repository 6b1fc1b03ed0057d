// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "commands.hpp"
#include "doctor/report.hpp"
#include "hooks_library.hpp"

namespace ttmem {

int doctor_command(const DoctorOptions& options) {
    doctor::Places places;
    if (const char* root = std::getenv("TT_ALLOC_SYSFS_ROOT"); root != nullptr && *root != '\0') {
        places.sysfs_root = root;
        // A made-up tree has the device nodes beside its sysfs, as /dev stands beside /sys.
        places.device_folder = (std::filesystem::path(root).parent_path() / "dev/tenstorrent").string();
    }
    if (options.socket) {
        places.server_socket = *options.socket;
    }
    if (options.http) {
        places.http = *options.http == "off" ? "" : *options.http;
    }
    places.hooks = find_hooks_library();
    places.ttnn = options.places;
    const std::vector<doctor::Finding> findings = doctor::examine(places);
    const std::string text = options.json ? doctor::report_json(findings) : doctor::report(findings);
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    return written && !doctor::has_problem(findings) ? 0 : kExitFailure;
}

}  // namespace ttmem
