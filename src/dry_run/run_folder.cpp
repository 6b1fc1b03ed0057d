// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/run_folder.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/dry_run_record.hpp"
#include "inventory/ledger_directory.hpp"

namespace ttmem::dry_run {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "ttmem-dry-run.";  // then the pid, a dot and six letters

// Whether the process that a folder's name gives has ended.
bool is_left_over(const std::string& name) {
    const char* const begin = name.data() + std::strlen(kPrefix);
    int pid = 0;
    const auto [end, error] = std::from_chars(begin, name.data() + name.size(), pid);
    return error == std::errc() && pid > 0 && *end == '.' && kill(pid, 0) != 0 && errno == ESRCH;
}

void remove_left_overs(const std::string& base) {
    std::error_code error;
    std::vector<fs::path> found;
    for (fs::directory_iterator it(base, error), end; !error && it != end; it.increment(error)) {
        struct stat is {};
        if (it->path().filename().string().starts_with(kPrefix) && lstat(it->path().c_str(), &is) == 0 &&
            S_ISDIR(is.st_mode) && is.st_uid == geteuid() && is_left_over(it->path().filename().string())) {
            found.push_back(it->path());
        }
    }
    for (const fs::path& folder : found) {
        fs::remove_all(folder, error);
    }
}

}  // namespace

Result<RunFolder> RunFolder::make(const std::string& description) {
    const std::string base = inventory::default_base_directory();
    remove_left_overs(base);
    std::string path = base + "/" + kPrefix + std::to_string(getpid()) + ".XXXXXX";
    if (mkdtemp(path.data()) == nullptr) {
        return Error{"cannot make a folder for the run in " + base + ": " + std::strerror(errno), errno};
    }
    RunFolder folder(path);
    std::string record(sizeof(DryRunRecord), '\0');
    std::memcpy(record.data(), &kDryRunMagic, sizeof kDryRunMagic);
    for (const auto& [name, text] :
         {std::pair(folder.description(), description), std::pair(folder.record(), record)}) {
        std::ofstream file(name, std::ios::binary);
        file << text;
        file.close();
        if (!file) {
            return Error{"cannot write " + name};
        }
    }
    return Result<RunFolder>(std::move(folder));
}

RunFolder::~RunFolder() {
    if (!path_.empty()) {
        std::error_code error;
        fs::remove_all(path_, error);
    }
}

void RunFolder::find_ledgers() {
    for (const inventory::LedgerDirectory& directory : inventory::find_ledgers(path_).directories) {
        for (const inventory::LedgerName& name : directory.ledgers) {
            Result<inventory::OpenLedger> opened =
                ledgers_.has(name) ? Result<inventory::OpenLedger>(Error{}) : inventory::open_ledger(directory, name);
            if (opened) {
                ledgers_.add(directory, name, std::move(opened.value().fd));
            }
        }
    }
}

std::vector<std::string> RunFolder::read_record() const {
    struct Bytes {
        uint64_t magic = 0;
        std::array<uint64_t, kDryRunFigures> figures{};
    } record;
    static_assert(sizeof record == sizeof(DryRunRecord));
    std::ifstream file(this->record(), std::ios::binary);
    if (!file.read(reinterpret_cast<char*>(&record), sizeof record) || record.magic != kDryRunMagic) {
        return {};
    }
    std::vector<std::string> notes;
    const auto figure = [&record](DryRunFigure which) { return record.figures[static_cast<uint32_t>(which)]; };
    if (const uint64_t traces = figure(DryRunFigure::kTracesCaptured); traces != 0) {
        notes.push_back((traces == 1 ? "1 trace was" : std::to_string(traces) + " traces were") +
                        " captured: what a trace's buffer takes is not known on a mock, and an empty one is counted");
    }
    if (figure(DryRunFigure::kChipsNotAsked) != 0) {
        notes.push_back(
            "this ttnn does not say that its chips are mocks (0.72.0 and later do), so nothing stands in for them: "
            "captures of traces, waits for events and sub-device managers end in a crash of the mock");
    }
    if (figure(DryRunFigure::kGridsCorrected) != 0) {
        notes.push_back(
            "programs were checked against the grid of the dispatch that the device was opened with, as on a "
            "card; a mock by itself takes another");
    }
    return notes;
}

std::vector<RunLedger> RunFolder::read_ledgers(std::vector<std::string>& notes) {
    find_ledgers();
    return ledgers_.read(path_, true, notes);
}

}  // namespace ttmem::dry_run
