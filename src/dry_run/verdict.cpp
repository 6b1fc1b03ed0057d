// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/verdict.hpp"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace ttmem::dry_run {
namespace {

constexpr uint64_t kForEver = std::numeric_limits<uint64_t>::max();

uint64_t saturating_sum(uint64_t a, uint64_t b) {
    return a > kForEver - b ? kForEver : a + b;
}

uint64_t saturating_product(uint64_t a, uint64_t b) {
    return b != 0 && a > kForEver / b ? kForEver : a * b;
}

// An allocator's peak of one kind, and when it was open.
struct Span {
    uint64_t from = 0;
    uint64_t to = 0;
    uint64_t peak = 0;
};

// The largest sum of peaks over allocators that were open at one moment: moments at which one opens are enough.
uint64_t most_at_once(const std::vector<Span>& spans) {
    uint64_t most = 0;
    for (const Span& moment : spans) {
        uint64_t sum = 0;
        for (const Span& other : spans) {
            if (other.from <= moment.from && moment.from < other.to) {
                sum = saturating_sum(sum, other.peak);
            }
        }
        most = std::max(most, sum);
    }
    return most;
}

struct Gathered {
    std::vector<Span> spans[ledger::kBufferTypes];
    KindPeak kinds[ledger::kBufferTypes];
    bool mock = false;
    std::optional<Headroom> least_headroom;
};

std::string text_of(const std::vector<std::pair<uint32_t, std::string>>& texts, uint32_t id) {
    const auto found = std::find_if(texts.begin(), texts.end(), [id](const auto& text) { return text.first == id; });
    return id == 0 || found == texts.end() ? "" : found->second;
}

void gather(const RunLedger& run_ledger, std::map<int32_t, Gathered>& devices) {
    const ledger::Snapshot& snapshot = run_ledger.snapshot;
    for (const ledger::Allocator& allocator : snapshot.allocators) {
        for (const uint32_t index : allocator.devices) {
            const ledger::Device& device = snapshot.devices[index];
            Gathered& gathered = devices[device.logical_id];
            gathered.mock = device.mock;
            if (allocator.least_headroom && (!gathered.least_headroom || allocator.least_headroom->bytes <
                                                                             gathered.least_headroom->bytes_per_core)) {
                gathered.least_headroom = {allocator.least_headroom->bytes,
                                           text_of(run_ledger.operations, allocator.least_headroom->context)};
            }
            for (uint32_t type = 0; type < ledger::kBufferTypes; ++type) {
                const ledger::BankGeometry& banks = allocator.geometry[type];
                const uint64_t capacity = saturating_product(banks.bank_bytes, banks.banks);
                KindPeak& kind = gathered.kinds[type];
                if (capacity != 0 && (kind.capacity_bytes == 0 || capacity < kind.capacity_bytes)) {
                    kind.capacity_bytes = capacity;
                    kind.banks = banks.banks;
                }
                const uint64_t peak = allocator.totals[type].peak_bytes;
                if (peak != 0) {
                    gathered.spans[type].push_back({allocator.opened_ns, allocator.closed_ns.value_or(kForEver), peak});
                    kind.at_least_bytes = std::max(kind.at_least_bytes, peak);
                }
            }
        }
    }
}

DevicePeaks peaks_of(int32_t index, Gathered& gathered) {
    for (uint32_t type = 0; type < ledger::kBufferTypes; ++type) {
        KindPeak& kind = gathered.kinds[type];
        kind.at_most_bytes = most_at_once(gathered.spans[type]);
        if (kind.at_most_bytes == kind.at_least_bytes) {
            kind.peak_bytes = kind.at_most_bytes;
        }
    }
    const auto& kinds = gathered.kinds;
    return {index,
            gathered.mock,
            kinds[ledger::kAccountDram],
            kinds[ledger::kAccountL1],
            kinds[ledger::kAccountL1Small],
            kinds[ledger::kAccountTrace],
            std::move(gathered.least_headroom)};
}

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
    std::map<int32_t, Gathered> devices;
    for (const RunLedger& ledger : ledgers) {
        gather(ledger, devices);
    }
    for (auto& [index, gathered] : devices) {
        verdict.devices.push_back(peaks_of(index, gathered));
    }
    find_refusals(ledgers, verdict);
    note_what_is_not_exact(ledgers, verdict);
    decide(ending, verdict);
    return verdict;
}

}  // namespace ttmem::dry_run
