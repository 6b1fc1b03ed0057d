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
#include <variant>

#include "base/dry_run_record.hpp"
#include "inventory/ledger_directory.hpp"
#include "inventory/sidecar_names.hpp"
#include "ledger/read/reader.hpp"

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

// The texts that a verdict may name.
void read_names(const inventory::SidecarNames& names, RunLedger& ledger) {
    for (const ledger::Failure& failure : ledger.snapshot.failures) {
        ledger.operations.emplace_back(failure.context, names.operation(failure.context));
        ledger.kernel_names.emplace_back(failure.kernels, names.kernel(failure.kernels));
    }
    for (const ledger::Allocator& allocator : ledger.snapshot.allocators) {
        if (allocator.least_headroom) {
            const uint32_t context = allocator.least_headroom->context;
            ledger.operations.emplace_back(context, names.operation(context));
        }
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
            const bool known =
                std::any_of(open_.begin(), open_.end(), [&](const Open& open) { return open.name.file == name.file; });
            Result<inventory::OpenLedger> opened =
                known ? Result<inventory::OpenLedger>(Error{}) : inventory::open_ledger(directory, name);
            if (opened) {
                open_.push_back({name, directory.path, std::move(opened.value().fd)});
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
    if (figure(DryRunFigure::kGridsCorrected) != 0) {
        notes.push_back(
            "programs were checked against the grid of the dispatch that the device was opened with, as on a "
            "card; a mock by itself takes another");
    }
    return notes;
}

std::vector<RunLedger> RunFolder::read_ledgers(std::vector<std::string>& notes) {
    find_ledgers();
    const inventory::FoundLedgers places = inventory::find_ledgers(path_);
    std::vector<RunLedger> ledgers;
    for (Open& open : open_) {
        ledger::ReadOptions options;
        options.writer_halted = true;
        auto read = ledger::Reader::from_fd(std::move(open.ledger)).read(options);
        if (const auto* error = std::get_if<ledger::ReadError>(&read)) {
            if (error->failure != ledger::ReadFailure::kStarting) {
                notes.push_back("a ledger of the run cannot be read (" + error->message +
                                "): the peaks are lower bounds");
            }
            continue;
        }
        RunLedger& found = ledgers.emplace_back();
        found.snapshot = std::move(std::get<ledger::Snapshot>(read));
        for (const inventory::LedgerDirectory& place : places.directories) {
            if (place.path == open.directory) {
                inventory::SidecarNames names;
                names.read(place, open.name.file, open.name.nonce);
                read_names(names, found);
            }
        }
    }
    open_.clear();
    return ledgers;
}

}  // namespace ttmem::dry_run
