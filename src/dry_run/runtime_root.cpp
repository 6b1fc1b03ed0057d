// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/runtime_root.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "base/capture.hpp"
#include "dry_run/kernel_stand_in.hpp"

namespace ttmem::dry_run {
namespace {

namespace fs = std::filesystem;

constexpr const char* kToolchain = "sfpi/compiler/bin";
constexpr const char* kSystemToolchain = "/opt/tenstorrent/sfpi/compiler/bin";
constexpr int kPatienceMs = 20'000;  // for a compiler that answers --version, on a busy machine

using Links = std::map<std::string, fs::path>;  // path in the folder -> what it leads to

// The package's own entries, but for the toolchain's place.
std::optional<Links> links_of(const fs::path& package, const fs::path& program) {
    Links links;
    std::error_code error;
    for (fs::directory_iterator it(package, error), end; !error && it != end; it.increment(error)) {
        if (it->path().filename() != "runtime") {
            links[it->path().filename().string()] = it->path();
        }
    }
    if (error) {
        return std::nullopt;
    }
    // A package without runtime/ has no toolchain either, and the stand-in is all that is needed there.
    for (fs::directory_iterator it(package / "runtime", error), end; !error && it != end; it.increment(error)) {
        if (it->path().filename() != "sfpi") {
            links["runtime/" + it->path().filename().string()] = it->path();
        }
    }
    links[std::string("runtime/") + kToolchain + "/" + kCompilerName] = program;
    return links;
}

// FNV-1a over the links: folders with equal contents have the same name.
std::string name_of(const Links& links) {
    uint64_t hash = 0xcbf29ce484222325;
    const auto mix = [&hash](const std::string& text) {
        for (const unsigned char c : text + '\0') {
            hash = (hash ^ c) * 0x100000001b3;
        }
    };
    for (const auto& [name, target] : links) {
        mix(name);
        mix(target.string());
    }
    char text[32];
    std::snprintf(text, sizeof text, "root-%016llx", static_cast<unsigned long long>(hash));
    return text;
}

bool is_whole(const fs::path& folder, const Links& links) {
    return std::all_of(links.begin(), links.end(), [&](const auto& link) {
        std::error_code error;
        return fs::read_symlink(folder / link.first, error) == link.second && !error;
    });
}

std::error_code make_links(const fs::path& folder, const Links& links) {
    std::error_code error;
    for (const auto& [name, target] : links) {
        const fs::path link = folder / name;
        fs::create_directories(link.parent_path(), error);
        if (!error) {
            fs::create_symlink(target, link, error);
        }
        if (error) {
            break;
        }
    }
    return error;
}

Result<std::string> link_folder(const fs::path& package, const fs::path& cache, const fs::path& program) {
    const std::optional<Links> links = links_of(package, program);
    if (!links) {
        return Error{"cannot list " + package.string()};
    }
    const fs::path folder = cache / name_of(*links);
    if (is_whole(folder, *links)) {
        return folder.string();
    }
    // Made aside and put in place at once: another run may look for it at this moment.
    std::string making = (cache / "making.XXXXXX").string();
    if (mkdtemp(making.data()) == nullptr) {
        return Error{"cannot make a folder in " + cache.string()};
    }
    const std::error_code failed = make_links(making, *links);
    std::error_code error;
    if (!failed) {
        fs::rename(making, folder, error);
        if (error && !is_whole(folder, *links)) {  // a damaged one is in the way
            fs::remove_all(folder, error);
            fs::rename(making, folder, error);
        }
    }
    std::error_code ignored;
    fs::remove_all(making, ignored);
    if (failed || !is_whole(folder, *links)) {
        return Error{"cannot make links to ttnn in " + cache.string() + ": " + (failed ? failed : error).message()};
    }
    return folder.string();
}

// The version that a compiler prints; nullopt when it is no compiler, or the stand-in.
std::optional<std::string> real_version(const fs::path& compiler) {
    if (access(compiler.c_str(), X_OK) != 0) {
        return std::nullopt;
    }
    const Captured answer = capture({compiler.string(), "--version"}, kPatienceMs);
    if (answer.exit_code != 0 || answer.out.find(kStandInMark) != std::string::npos) {
        return std::nullopt;
    }
    return answer.out.substr(0, answer.out.find('\n'));
}

}  // namespace

Result<Compiler> prepare_compiler(const std::string& package, const std::string& cache, const std::string& program) {
    for (const fs::path& folder : {fs::path(package) / "runtime" / kToolchain, fs::path(kSystemToolchain)}) {
        if (const std::optional<std::string> version = real_version(folder / kCompilerName)) {
            return Compiler{false, (folder / kCompilerName).string(), *version, ""};
        }
    }
    const Result<std::string> root = link_folder(package, cache, program);
    if (!root) {
        return root.error();
    }
    return Compiler{true, program, "", root.value()};
}

Result<std::string> cache_folder() {
    std::string base;
    if (const char* given = std::getenv("XDG_CACHE_HOME"); given != nullptr && given[0] == '/') {
        base = given;
    } else if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
        base = std::string(home) + "/.cache";
    } else if (const passwd* user = getpwuid(getuid()); user != nullptr) {
        base = std::string(user->pw_dir) + "/.cache";
    }
    const fs::path folder = fs::path(base) / "ttmem" / "dry-run";
    std::error_code error;
    if (!base.empty()) {
        fs::create_directories(folder, error);
    }
    if (base.empty() || error || chmod(folder.c_str(), 0700) != 0) {
        return Error{"cannot make the cache folder " + folder.string() + "; set XDG_CACHE_HOME"};
    }
    return folder.string();
}

}  // namespace ttmem::dry_run
