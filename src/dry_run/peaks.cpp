// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/peaks.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "base/saturate.hpp"

namespace ttmem::dry_run {
namespace {

constexpr uint64_t kForEver = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kLeastAlignment = 32;  // of what tt-metal divides L1 into

// The peak of one kind in an allocator, and when it was open.
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
    DevicePeaks peaks;
};

template <typename Value, typename Choose>
void keep(std::optional<Value>& kept, Value value, const Choose& choose) {
    kept = kept ? choose(*kept, value) : value;
}

uint64_t larger(uint64_t a, uint64_t b) {
    return std::max(a, b);
}

uint64_t smaller(uint64_t a, uint64_t b) {
    return std::min(a, b);
}

// Regions are not shared by allocators, which do not see each other: the one that needs most decides.
SizeNeeded more(const SizeNeeded& a, const SizeNeeded& b) {
    return {std::max(a.bytes, b.bytes), a.at_least || b.at_least};
}

// The least that a bank would have to have for an allocation that was refused: a larger region is longer at one end, so
// that a hole grows by as much. Where the largest hole is not known, all that was held and what was asked for.
uint64_t bank_for_refused(const ledger::Failure& failure, const ledger::BankGeometry& banks) {
    if (failure.largest_free_per_bank && *failure.largest_free_per_bank <= failure.bytes_per_bank) {
        return saturating_sum(banks.bank_bytes, failure.bytes_per_bank - *failure.largest_free_per_bank);
    }
    return saturating_sum(failure.allocated_bytes / std::max(banks.banks, 1u), failure.bytes_per_bank);
}

bool is_refusal_of(const ledger::Failure& failure, const ledger::Allocator& allocator, uint8_t account) {
    return failure.type == ledger::kFailureOutOfMemory && failure.allocator == allocator.index &&
           failure.account == account;
}

// L1_SMALL is filled from its upper end, so that what lies below the lowest buffer was never needed.
SizeNeeded l1_small_of(const ledger::Allocator& allocator, const std::vector<ledger::Failure>& failures) {
    const ledger::BankGeometry& banks = allocator.geometry[ledger::kAccountL1Small];
    const ledger::AccountTotals& totals = allocator.totals[ledger::kAccountL1Small];
    const std::optional<uint64_t>& lowest = allocator.watermarks[ledger::kAccountL1Small].lowest_address;
    const uint64_t count = std::max<uint64_t>(banks.banks, 1);
    const uint64_t end = saturating_sum(banks.base_address, banks.bank_bytes);
    SizeNeeded needed{totals.peak_bytes / count, totals.peak_bytes != 0};
    if (lowest && *lowest <= end && !allocator.hybrid) {
        needed = {std::max(needed.bytes, end - *lowest), false};
    }
    for (const ledger::Failure& failure : failures) {
        if (is_refusal_of(failure, allocator, ledger::kAccountL1Small)) {
            needed = {std::max(needed.bytes, bank_for_refused(failure, banks)), true};
        }
    }
    return needed;
}

SizeNeeded trace_region_of(const ledger::Allocator& allocator, const std::vector<ledger::Failure>& failures) {
    const ledger::BankGeometry& banks = allocator.geometry[ledger::kAccountTrace];
    const ledger::AccountTotals& totals = allocator.totals[ledger::kAccountTrace];
    SizeNeeded needed{totals.peak_bytes, totals.frees != 0};  // traces that were released leave holes
    for (const ledger::Failure& failure : failures) {
        if (is_refusal_of(failure, allocator, ledger::kAccountTrace)) {
            needed = {std::max(needed.bytes, saturating_product(bank_for_refused(failure, banks), banks.banks)), true};
        } else if (failure.type == ledger::kFailureTraceRegion && failure.allocator == allocator.index) {
            needed = {std::max(needed.bytes, failure.end_address), true};
        }
    }
    return needed;
}

// tt-metal divides L1 from its end on: worker_l1_size, rounded to the allocator's alignment, is L1 and L1_SMALL, and the
// ring ends where it begins.
void gather_ring(const ledger::Allocator& allocator, const std::vector<ledger::Failure>& failures, DevicePeaks& peaks) {
    const ledger::BankGeometry& l1 = allocator.geometry[ledger::kAccountL1];
    const uint64_t now = saturating_sum(l1.bank_bytes, allocator.geometry[ledger::kAccountL1Small].bank_bytes);
    const uint64_t alignment = std::max<uint64_t>(l1.alignment, kLeastAlignment);
    const ledger::Watermarks& marks = allocator.watermarks[ledger::kAccountKernelApplication];
    if (marks.highest_end) {
        keep(peaks.config_bytes, *marks.highest_end, larger);
    }
    if (marks.highest_end && marks.least_largest_free && *marks.least_largest_free != 0) {
        keep(peaks.ring_bytes, saturating_sum(*marks.highest_end, *marks.least_largest_free), smaller);
        keep(peaks.most_worker_l1_size, saturating_sum(now, *marks.least_largest_free / alignment * alignment),
             smaller);
    }
    for (const ledger::Failure& failure : failures) {
        if (failure.type != ledger::kFailureConfigRing || failure.allocator != allocator.index ||
            failure.region_kind != ledger::kProgramRegionWorkerRing || !failure.limit_bytes ||
            failure.end_address <= *failure.limit_bytes) {
            continue;
        }
        keep(peaks.config_bytes, failure.end_address, larger);
        keep(peaks.ring_bytes, *failure.limit_bytes, smaller);
        const uint64_t missing = failure.end_address - *failure.limit_bytes;
        const uint64_t less = saturating_sum(missing, alignment - 1) / alignment * alignment;
        keep(peaks.most_worker_l1_size, now > less ? now - less : 0, smaller);
    }
}

void gather_sizes(const RunLedger& ledger, const ledger::Allocator& allocator, DevicePeaks& peaks) {
    const std::vector<ledger::Failure>& failures = ledger.snapshot.failures;
    if (allocator.geometry[ledger::kAccountL1Small].bank_bytes != 0) {
        keep(peaks.l1_small_size, l1_small_of(allocator, failures), more);
    }
    if (allocator.geometry[ledger::kAccountTrace].bank_bytes != 0) {
        SizeNeeded needed = trace_region_of(allocator, failures);
        needed.at_least = needed.at_least || peaks.mock;  // a mock captures no trace: what one takes is not known
        keep(peaks.trace_region_size, needed, more);
    }
    gather_ring(allocator, failures, peaks);
    if (const auto& end = allocator.watermarks[ledger::kAccountCircularBuffer].highest_end) {
        keep(peaks.circular_buffers_end, *end, larger);
    }
    const ledger::BankGeometry& l1 = allocator.geometry[ledger::kAccountL1];
    if (l1.bank_bytes != 0) {
        keep(peaks.l1_end, saturating_sum(l1.base_address, l1.bank_bytes), larger);
    }
    if (allocator.least_headroom &&
        (!peaks.least_headroom || allocator.least_headroom->bytes < peaks.least_headroom->bytes_per_core)) {
        peaks.least_headroom = {allocator.least_headroom->bytes,
                                text_of(ledger.operations, allocator.least_headroom->context)};
    }
}

void gather_kinds(const ledger::Allocator& allocator, Gathered& gathered) {
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

DevicePeaks finished(int32_t index, Gathered& gathered) {
    for (uint32_t type = 0; type < ledger::kBufferTypes; ++type) {
        KindPeak& kind = gathered.kinds[type];
        kind.at_most_bytes = most_at_once(gathered.spans[type]);
        if (kind.at_most_bytes == kind.at_least_bytes) {
            kind.peak_bytes = kind.at_most_bytes;
        }
    }
    DevicePeaks& peaks = gathered.peaks;
    peaks.index = index;
    peaks.dram = gathered.kinds[ledger::kAccountDram];
    peaks.l1 = gathered.kinds[ledger::kAccountL1];
    peaks.l1_small = gathered.kinds[ledger::kAccountL1Small];
    peaks.trace = gathered.kinds[ledger::kAccountTrace];
    return std::move(peaks);
}

}  // namespace

std::vector<DevicePeaks> peaks_of(const std::vector<RunLedger>& ledgers) {
    std::map<int32_t, Gathered> devices;
    for (const RunLedger& ledger : ledgers) {
        for (const ledger::Allocator& allocator : ledger.snapshot.allocators) {
            for (const uint32_t index : allocator.devices) {
                const ledger::Device& device = ledger.snapshot.devices[index];
                Gathered& gathered = devices[device.logical_id];
                gathered.peaks.mock = device.mock;
                gather_kinds(allocator, gathered);
                gather_sizes(ledger, allocator, gathered.peaks);
            }
        }
    }
    std::vector<DevicePeaks> peaks;
    for (auto& [index, gathered] : devices) {
        peaks.push_back(finished(index, gathered));
    }
    return peaks;
}

std::string text_of(const std::vector<std::pair<uint32_t, std::string>>& texts, uint32_t id) {
    const auto found = std::find_if(texts.begin(), texts.end(), [id](const auto& text) { return text.first == id; });
    return id == 0 || found == texts.end() ? "" : found->second;
}

}  // namespace ttmem::dry_run
