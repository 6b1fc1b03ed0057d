// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "attach/obstacles.hpp"

#include <dirent.h>

#include <cstdlib>
#include <cstring>

#include "base/small_file.hpp"

namespace ttmem::attach {
namespace {

constexpr size_t kMostStatusBytes = 64 * 1024;

struct Filters {
    long mode = 0;   // 0 none, 1 strict, 2 filter
    long count = 0;  // Linux 5.9 and newer
    bool operator==(const Filters&) const = default;
};

std::optional<Filters> filters_of(const std::string& status_path) {
    const Result<std::string> status = read_regular_file(status_path, kMostStatusBytes);
    if (!status) {
        return std::nullopt;
    }
    const auto number = [&status](const char* name) {
        const size_t at = status.value().find(name);
        return at == std::string::npos ? 0L : std::strtol(status.value().c_str() + at + std::strlen(name), nullptr, 10);
    };
    return Filters{number("\nSeccomp:"), number("\nSeccomp_filters:")};
}

}  // namespace

std::optional<std::string> sandbox_of(pid_t pid) {
    const std::optional<Filters> ours = filters_of("/proc/self/status");
    const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
    DIR* directory = opendir(tasks.c_str());
    if (directory == nullptr) {
        return std::nullopt;
    }
    std::optional<std::string> found;
    while (const dirent* entry = readdir(directory)) {
        if (std::atoi(entry->d_name) <= 0) {
            continue;
        }
        const std::optional<Filters> its = filters_of(tasks + "/" + entry->d_name + "/status");
        if (!its || its->mode == 0) {
            continue;
        }
        if (its->mode == 1) {
            found = "it has shut itself in (seccomp strict mode)";
            break;
        }
        if (its != ours) {
            found =
                "it has a seccomp filter, which could kill it for what attaching does there; start it with "
                "ttmem run instead";
            break;
        }
    }
    closedir(directory);
    return found;
}

std::optional<std::string> watching_runtime(const MemoryImage& image) {
    constexpr const char* kNames[] = {"__tsan_init", "__msan_init"};
    for (const Image& one : image.images()) {
        const std::string name = one.path.substr(one.path.rfind('/') + 1);
        bool watches = name.rfind("libtsan.", 0) == 0 || name.rfind("libclang_rt.tsan", 0) == 0;
        for (const char* symbol : kNames) {
            watches = watches || image.function(one, symbol) != 0;
        }
        if (watches) {
            return "it runs under a sanitizer that has to see each thread begin (ThreadSanitizer, MemorySanitizer)";
        }
    }
    return std::nullopt;
}

}  // namespace ttmem::attach
