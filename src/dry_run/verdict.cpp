// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/verdict.hpp"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "base/saturate.hpp"

namespace ttmem::dry_run {
namespace {

std::string kind_name(uint8_t account) {
    switch (account) {
        case ledger::kAccountDram:
            return "dram";
        case ledger::kAccountL1:
            return "l1";
        case ledger::kAccountL1Small:
            return "l1_small";
        case ledger::kAccountTrace:
            return "trace";
        default:
            return "";
    }
}

std::string sentence_of(const Refusal& refusal) {
    const ledger::Failure& failure = refusal.failure;
    const std::string during = refusal.operation.empty() ? "" : " in " + refusal.operation;
    if (failure.type == ledger::kFailureClash) {
        const uint64_t over =
            failure.end_address > failure.buffer_address ? failure.end_address - failure.buffer_address : 0;
        return "circular buffers" + during + " end at " + std::to_string(failure.end_address) + ", which is " +
               std::to_string(over) + " bytes on each core above the lowest L1 buffer there, at " +
               std::to_string(failure.buffer_address) +
               (refusal.program.empty() ? "" : " (kernels " + refusal.program + ")");
    }
    std::string text = std::to_string(failure.requested_bytes) + " bytes of " +
                       (refusal.kind.empty() ? "memory" : refusal.kind) + " were refused" + during;
    if (failure.banks != 0) {
        text += ": " + std::to_string(failure.bytes_per_bank) + " bytes in each of " + std::to_string(failure.banks) +
                " banks";
        if (failure.largest_free_per_bank) {
            text += ", of which the largest free block has " + std::to_string(*failure.largest_free_per_bank);
        }
    }
    return text;
}

Refusal refusal_of(const RunLedger& ledger, const ledger::Failure& failure) {
    Refusal refusal;
    refusal.failure = failure;
    refusal.pid = ledger.snapshot.identity.pid;
    refusal.kind = failure.type == ledger::kFailureClash ? "l1" : kind_name(failure.account);
    if (failure.allocator && *failure.allocator < ledger.snapshot.allocators.size()) {
        for (const uint32_t index : ledger.snapshot.allocators[*failure.allocator].devices) {
            refusal.devices.push_back(ledger.snapshot.devices[index].logical_id);
        }
        std::sort(refusal.devices.begin(), refusal.devices.end());
    }
    refusal.operation = text_of(ledger.operations, failure.context);
    refusal.program = text_of(ledger.kernel_names, failure.kernels);
    refusal.sentence = sentence_of(refusal);
    return refusal;
}

void find_refusals(const std::vector<RunLedger>& ledgers, Verdict& verdict) {
    const RunLedger* where = nullptr;
    const ledger::Failure* first = nullptr;
    for (const RunLedger& ledger : ledgers) {
        const std::vector<ledger::Failure>& failures = ledger.snapshot.failures;
        if (failures.empty()) {
            continue;
        }
        verdict.refusals = saturating_sum(verdict.refusals, failures.back().number + 1);
        verdict.all_handled = verdict.all_handled && std::all_of(failures.begin(), failures.end(),
                                                                 [](const ledger::Failure& f) { return f.handled; });
        if (first == nullptr || failures.front().time_ns < first->time_ns) {
            where = &ledger;
            first = &failures.front();
        }
    }
    if (first != nullptr) {
        verdict.first_refusal = refusal_of(*where, *first);
        if (first->number != 0) {
            verdict.notes.push_back("the refusal shown is the oldest that is kept; " + std::to_string(first->number) +
                                    " came before it");
        }
    }
}

void note_what_is_not_exact(const std::vector<RunLedger>& ledgers, Verdict& verdict) {
    uint64_t lost = 0;
    for (const RunLedger& ledger : ledgers) {
        for (const uint32_t cause : {ledger::kLostReentrant, ledger::kLostNoAllocatorRoom, ledger::kLostNoMemory}) {
            lost = saturating_sum(lost, ledger.snapshot.lost[cause]);
        }
    }
    if (lost != 0) {
        verdict.notes.push_back(std::to_string(lost) +
                                " events are missing from the totals: the peaks are lower bounds");
    }
    if (std::any_of(verdict.devices.begin(), verdict.devices.end(),
                    [](const DevicePeaks& d) { return !d.dram.peak_bytes || !d.l1.peak_bytes; })) {
        verdict.notes.push_back(
            "several allocators (a mesh and its submesh, or several processes) held bytes of one chip at the same "
            "time: "
            "its peak lies between the bounds given");
    }
}

// The sentence, `fits` and the exit code.
void decide(const Ending& ending, Verdict& verdict) {
    const std::string count = verdict.refusals == 1 ? "one refusal" : std::to_string(verdict.refusals) + " refusals";
    const bool failed = !ending.exit_code || *ending.exit_code != 0;
    verdict.exit_code = kRunFailed;
    if (ending.timed_out) {
        verdict.sentence = "not known: the run was ended by --timeout";
    } else if (ending.interrupted) {
        verdict.sentence = "not known: the run was interrupted";
    } else if (verdict.devices.empty()) {
        verdict.sentence = failed
                               ? "not known: the run ended with " + how_it_ended(ending) + " before it opened a device"
                               : "not known: the run opened no device";
    } else if (failed && verdict.refusals != 0 && !verdict.all_handled &&
               (ending.exit_code || ending.signal == SIGABRT)) {
        verdict.fits = false;
        verdict.exit_code = kDoesNotFit;
        verdict.sentence = "does not fit: the run ended with " + how_it_ended(ending) + " after " + count;
    } else if (failed) {
        verdict.sentence = "not known: the run ended with " + how_it_ended(ending) +
                           (verdict.refusals == 0 ? ", and no memory was refused"
                            : verdict.all_handled ? " after it had gone on from " + count
                                                  : " after " + count);
    } else {
        verdict.fits = true;
        verdict.exit_code = kFits;
        verdict.sentence = verdict.refusals == 0 ? "fits" : "fits: the program went on after " + count;
    }
}

}  // namespace

std::string how_it_ended(const Ending& ending) {
    if (ending.exit_code) {
        return "exit code " + std::to_string(*ending.exit_code);
    }
    const char* name = strsignal(ending.signal);
    return "signal " + std::to_string(ending.signal) + (name == nullptr ? "" : std::string(" (") + name + ")");
}

Verdict judge(const std::vector<RunLedger>& ledgers, const Ending& ending) {
    Verdict verdict;
    verdict.devices = peaks_of(ledgers);
    find_refusals(ledgers, verdict);
    note_what_is_not_exact(ledgers, verdict);
    decide(ending, verdict);
    return verdict;
}

}  // namespace ttmem::dry_run
