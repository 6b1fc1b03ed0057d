// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "doctor/ttnn.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <set>
#include <string_view>
#include <system_error>

#include "base/capture.hpp"
#include "doctor/elf_file.hpp"
#include "tt_metal/release/known_releases.hpp"
#include "tt_metal/release/requirements.hpp"

namespace ttmem::doctor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "libtt_metal.so";

std::vector<std::string> split(std::string_view text, char between) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const size_t end = std::min(text.find(between), text.size());
        if (end > 0) {
            parts.emplace_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// Folders whose name begins with `prefix`, in order.
std::vector<fs::path> folders(const fs::path& in, const std::string& prefix) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator it(in, error), end; !error && it != end; it.increment(error)) {
        if (it->path().filename().string().starts_with(prefix)) {
            found.push_back(it->path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

fs::path package_of(const fs::path& library) {
    return library.parent_path().parent_path().parent_path();
}

// site-packages/ttnn/build/lib/libtt_metal.so beside site-packages/ttnn-0.81.1.dist-info
std::string release_of(const fs::path& library) {
    const fs::path package = package_of(library);
    if (package.filename() != "ttnn") {
        return "";
    }
    for (const fs::path& info : folders(package.parent_path(), "ttnn-")) {
        const std::string name = info.stem().string();
        if (info.extension() == ".dist-info") {
            return name.substr(name.find('-') + 1);
        }
    }
    return "";
}

std::string family_of(const ElfFile& file) {
    for (const tt_metal::Family& family : tt_metal::kFamilies) {
        if (file.exports(family.mark)) {
            return family.name;
        }
    }
    return "";
}

// Sorts the objects that hooks read at offsets in a release later than all that were tried: those that a running process
// checks, and those that the library lacks a function for.
void add_probed(const ElfFile& file, tt_metal::Version release, Ttnn& ttnn) {
    for (const tt_metal::KnownLayout* layout : tt_metal::kLayouts) {
        if (tt_metal::trust_in(*layout, release) != tt_metal::LayoutTrust::kProbe) {
            continue;
        }
        const bool complete = std::all_of(std::begin(layout->needs), std::end(layout->needs),
                                          [&](const char* name) { return name == nullptr || file.exports(name); });
        (complete ? ttnn.probed : ttnn.unreadable).emplace_back(layout->what);
    }
}

}  // namespace

std::vector<std::string> libraries_at(const std::string& place) {
    std::error_code error;
    if (fs::is_regular_file(place, error)) {
        return {place};
    }
    std::vector<fs::path> candidates{
        fs::path(place) / "ttnn/build/lib" / kLibrary, fs::path(place) / "build/lib" / kLibrary,
        fs::path(place) / "build_Release/lib" / kLibrary, fs::path(place) / "lib" / kLibrary};
    for (const fs::path& python : folders(fs::path(place) / "lib", "python3")) {
        candidates.push_back(python / "site-packages/ttnn/build/lib" / kLibrary);
        candidates.push_back(python / "dist-packages/ttnn/build/lib" / kLibrary);
    }
    std::vector<std::string> found;
    for (const fs::path& candidate : candidates) {
        if (fs::is_regular_file(candidate, error)) {
            found.push_back(candidate.string());
        }
    }
    return found;
}

Ttnn examine(const std::string& library, const std::string& found_by) {
    Ttnn ttnn;
    ttnn.library = library;
    ttnn.found_by = found_by;
    ttnn.release = release_of(library);
    std::error_code error;
    ttnn.has_switch = fs::is_regular_file(package_of(library).parent_path() / "ttmem_switch.pth", error);
    const Result<ElfFile> file = ElfFile::read(library);
    if (!file) {
        ttnn.problem = file.error().message;
        return ttnn;
    }
    const auto exports = [&](const char* name) { return file.value().exports(name); };
    const char* missing = tt_metal::first_missing(tt_metal::kBufferRequirements, exports);
    ttnn.trackable = missing == nullptr;
    if (missing != nullptr) {
        ttnn.problem = std::string("it does not export ") + missing;
        return ttnn;
    }
    ttnn.family = family_of(file.value());
    ttnn.programs = tt_metal::first_missing(tt_metal::kProgramRequirements, exports) == nullptr;
    const tt_metal::Version release = tt_metal::parse_version(ttnn.release.c_str());
    ttnn.newer = release > tt_metal::parse_version(tt_metal::kNewestRelease);
    if (ttnn.newer) {
        add_probed(file.value(), release, ttnn);
    }
    const std::vector<std::string>& needed = file.value().needed();
    ttnn.reports_itself = std::any_of(needed.begin(), needed.end(),
                                      [](const std::string& name) { return name.starts_with("libtt_alloc_client"); });
    return ttnn;
}

std::vector<Ttnn> find_ttnn(const std::vector<std::string>& places, int patience_ms) {
    std::vector<Ttnn> found;
    std::set<fs::path> known;
    const auto look = [&](const std::string& place, const std::string& found_by) {
        for (const std::string& library : libraries_at(place)) {
            std::error_code error;
            fs::path real = fs::canonical(library, error);
            if (!error && known.insert(std::move(real)).second) {
                found.push_back(examine(library, found_by));
            }
        }
    };
    if (!places.empty()) {
        for (const std::string& place : places) {
            look(place, "given");
        }
        return found;
    }
    for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX", "TT_METAL_HOME", "TT_METAL_RUNTIME_ROOT"}) {
        if (const std::string place = variable(name); !place.empty()) {
            look(place, name);
        }
    }
    std::set<fs::path> asked;
    for (const char* name : {"python3", "python", "python3.12", "python3.10"}) {
        for (const std::string& folder : split(variable("PATH"), ':')) {
            const fs::path python = fs::path(folder) / name;
            std::error_code error;
            if (!fs::exists(python, error) || !asked.insert(python).second) {
                continue;
            }
            const Captured answer =
                capture({python.string(), "-c", "import sys; print('\\n'.join(sys.path))"}, patience_ms);
            if (answer.exit_code == 0) {
                for (const std::string& place : split(answer.out, '\n')) {
                    look(place, python.string());
                }
            }
        }
    }
    return found;
}

}  // namespace ttmem::doctor
