// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "run_summary.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "commands.hpp"
#include "dry_run/run_ledgers.hpp"
#include "held_command.hpp"
#include "output/table.hpp"
#include "output/text.hpp"
#include "output/write_text.hpp"
#include "recorder/ledger_search.hpp"

namespace ttmem {
namespace {

using dry_run::DevicePeaks;
using dry_run::KindPeak;
using dry_run::SizeNeeded;
using Bytes = std::optional<uint64_t>;

constexpr int kLookMs = 20;  // between two looks for new ledgers

void complain(const std::string& text) {
    std::fprintf(stderr, "ttmem run: %s\n", text.c_str());
}

std::string number(const Bytes& bytes) {
    return bytes ? std::to_string(*bytes) : std::string(monitor::kUnknown);
}

// "1024-2048" where several allocators held bytes of the chip at the same time.
std::string peak_text(const KindPeak& kind, uint64_t part) {
    return kind.peak_bytes
               ? std::to_string(*kind.peak_bytes / part)
               : std::to_string(kind.at_least_bytes / part) + "-" + std::to_string(kind.at_most_bytes / part);
}

monitor::TableRow row(const std::string& name, std::string peak, const Bytes& size, const std::string& share,
                      const std::string& needed) {
    return {name, std::move(peak), number(size), share, needed.empty() ? std::string(monitor::kUnknown) : needed};
}

// Of all banks of the device, or of one bank.
monitor::TableRow kind_row(const std::string& name, const KindPeak& kind, bool one_bank, const std::string& needed) {
    if (kind.capacity_bytes == 0) {
        return row(name, std::string(monitor::kUnknown), std::nullopt, std::string(monitor::kUnknown), needed);
    }
    const uint64_t part = one_bank && kind.banks != 0 ? kind.banks : 1;
    return row(name, peak_text(kind, part), kind.capacity_bytes / part,
               monitor::percent(kind.peak_bytes, kind.capacity_bytes), needed);
}

std::string needed_text(const char* option, const std::optional<SizeNeeded>& needed) {
    return !needed ? "" : option + ("=" + std::to_string(needed->bytes)) + (needed->at_least ? " at least" : "");
}

void add_device(std::vector<monitor::TableRow>& rows, const DevicePeaks& peaks) {
    rows.push_back(kind_row("DRAM of the device", peaks.dram, false, ""));
    rows.push_back(kind_row("L1 of the device", peaks.l1, false, ""));
    rows.push_back(
        kind_row("L1_SMALL of a core", peaks.l1_small, true, needed_text("l1_small_size", peaks.l1_small_size)));
    rows.push_back(kind_row("trace region of the device", peaks.trace, false,
                            needed_text("trace_region_size", peaks.trace_region_size)));
    rows.push_back(row(
        "kernel-config ring of a core", number(peaks.config_bytes), peaks.ring_bytes,
        monitor::percent(peaks.config_bytes, peaks.ring_bytes),
        peaks.most_worker_l1_size ? "worker_l1_size=" + std::to_string(*peaks.most_worker_l1_size) + " at most" : ""));
    rows.push_back(row("end of circular buffers on a core", number(peaks.circular_buffers_end), peaks.l1_end,
                       monitor::percent(peaks.circular_buffers_end, peaks.l1_end), ""));
    const auto& least = peaks.least_headroom;
    rows.push_back(row("least headroom of a core", number(least ? Bytes(least->bytes_per_core) : Bytes()), std::nullopt,
                       std::string(monitor::kUnknown),
                       least && !least->operation.empty() ? "in " + monitor::printable(least->operation) : ""));
}

// Devices whose figures are the same, as one.
struct Group {
    std::vector<int> indexes;
    DevicePeaks peaks;  // without the index
};

std::vector<Group> groups_of(const std::vector<DevicePeaks>& devices) {
    std::vector<Group> groups;
    for (const DevicePeaks& device : devices) {
        DevicePeaks peaks = device;
        peaks.index = 0;
        if (!groups.empty() && groups.back().peaks == peaks) {
            groups.back().indexes.push_back(device.index);
        } else {
            groups.push_back({{device.index}, std::move(peaks)});
        }
    }
    return groups;
}

// A setting of the command is kept; otherwise this program says how many requests were refused, and its processes do not.
int become(const std::vector<std::string>& command) {
    setenv("TT_ALLOC_SAY_REFUSALS", "0", 0);
    unsetenv("TT_ALLOC_SUMMARY");  // a `ttmem run` in the command is part of this summary
    return run_command(command);
}

void say_refusals(const std::vector<dry_run::RunLedger>& ledgers, uint64_t refusals) {
    const dry_run::RunLedger* latest = nullptr;
    for (const dry_run::RunLedger& ledger : ledgers) {
        const auto& failures = ledger.snapshot.failures;
        if (!failures.empty() &&
            (latest == nullptr || failures.back().time_ns > latest->snapshot.failures.back().time_ns)) {
            latest = &ledger;
        }
    }
    if (latest != nullptr) {
        complain(std::to_string(refusals) + (refusals == 1 ? " request was" : " requests were") +
                 " refused for want of memory; ttmem why " + std::to_string(latest->snapshot.identity.pid) +
                 " says why and what would help");
    }
}

void say_all(dry_run::RunLedgers& found, const std::vector<std::string>& passed_over, bool all_ended) {
    std::vector<std::string> notes = passed_over;
    const std::vector<dry_run::RunLedger> ledgers = found.read(inventory::default_base_directory(), all_ended, notes);
    const dry_run::Verdict verdict = dry_run::judge(ledgers, {});
    if (ledgers.empty()) {
        complain("no process was tracked (see ttmem doctor)");
    } else if (verdict.devices.empty()) {
        complain("no device was opened");
    } else {
        complain(all_ended
                     ? "the most that was held, in bytes"
                     : "the most that was held, in bytes, up to now: processes that the command started still run");
        monitor::write_text(STDERR_FILENO, summary_table(verdict.devices));
    }
    notes.insert(notes.end(), verdict.notes.begin(), verdict.notes.end());
    for (const std::string& note : notes) {
        complain(note);
    }
    const char* said = std::getenv("TT_ALLOC_SAY_REFUSALS");
    if (said == nullptr) {
        say_refusals(ledgers, verdict.refusals);
    }
}

}  // namespace

monitor::Lines summary_table(const std::vector<DevicePeaks>& devices) {
    monitor::Lines lines;
    for (const Group& group : groups_of(devices)) {
        std::vector<monitor::TableRow> rows{
            {(group.indexes.size() == 1 ? "device " : "devices ") + monitor::ranges(group.indexes), "PEAK", "SIZE",
             "SHARE", "NEEDED"}};
        add_device(rows, group.peaks);
        monitor::add_table(lines, rows, {0, 4});
    }
    return lines;
}

int run_with_summary(const std::vector<std::string>& command) {
    Result<HeldCommand> held = hold_command([&command] { return become(command); });
    if (!held) {
        complain(held.error().message);
        return kExitRunFailed;
    }
    const pid_t pid = held.value().pid;
    const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    recorder::LedgerSearch search(getpid(), true);
    dry_run::RunLedgers ledgers;
    const auto look = [&] {
        search.look([&ledgers](recorder::FoundLedger found) {
            ledgers.add(found.directory, found.name, std::move(found.ledger.fd));
        });
    };
    if (!held.value().let_go()) {
        waitpid(pid, nullptr, 0);
        return kExitRunFailed;
    }
    std::optional<int> code;
    while (!code) {
        pollfd ended{process.get(), POLLIN, 0};
        poll(&ended, process.valid() ? 1 : 0, kLookMs);
        look();
        code = reap_children(pid, look);
    }
    command_has_ended();
    reap_children(pid, look);
    siginfo_t child{};
    const bool all_ended = waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
    const bool never_ran = *code == kExitRunFailed || *code == kExitNotFound || *code == kExitNotExecutable;
    if (!never_ran || !ledgers.empty()) {
        say_all(ledgers, search.notices(), all_ended);
    }
    return *code;
}

}  // namespace ttmem
