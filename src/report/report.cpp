// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/saturate.hpp"
#include "inventory/holdings.hpp"
#include "recording/replay.hpp"
#include "report/course.hpp"
#include "report/names.hpp"

namespace ttmem::report {

namespace {

using recording::Event;
using recording::Held;
using recording::Moment;
using recording::MomentPlace;
using recording::RecordedProcess;

struct Sum {
    uint64_t buffers = 0;
    uint64_t bytes = 0;
};
using Sums = std::unordered_map<Origin, Sum, OriginHash>;

void add(Sums& sums, const Held& held) {
    Sum& sum = sums[origin_of(held)];
    ++sum.buffers;
    saturating_add(sum.bytes, held.bytes);
}

Holders named(const Sums& sums, Names& names, const Options& options) {
    std::map<std::optional<std::string>, Sum> by_name;
    for (const auto& [origin, sum] : sums) {
        Sum& all = by_name[options.folded ? names.folded(origin) : names.name(origin, options.by)];
        all.buffers += sum.buffers;
        saturating_add(all.bytes, sum.bytes);
    }
    Holders holders;
    for (const auto& [name, sum] : by_name) {
        holders.push_back({name, sum.buffers, sum.bytes});
    }
    std::stable_sort(holders.begin(), holders.end(),
                     [](const Holder& a, const Holder& b) { return a.bytes > b.bytes; });
    return holders;
}

// Whether an account's bytes are gone from a device's memory: not those of views, captures and the six reports.
bool takes_memory(uint8_t account) {
    return inventory::kind_of_account(account).has_value();
}

struct Highest {
    uint64_t bytes = 0;
    uint64_t time_ns = 0;
    uint64_t step = 0;
    MomentPlace place;
    bool any = false;
};

const char* refusal_text(uint8_t type) {
    switch (type) {
        case ledger::kEventFail:
            return "out of memory";
        case ledger::kEventClash:
            return "circular buffers clash with a buffer";
        default:
            return "refused";
    }
}

// A pass over the events of a process.
class Pass {
public:
    Pass(const recording::Reader& reader, const RecordedProcess& process, const Options& options, size_t number)
        : reader_(reader), process_(process), options_(options), number_(number), names_(process) {}

    void run(Report& report);

private:
    void on_event(Moment& moment, const Event& event);
    void on_allocation(const Moment& moment, const Event& event);
    void on_free(const Event& event, const Held& freed);
    void settle_last_free();
    void on_break(const Moment& moment, const recording::EventChunk& chunk, uint64_t missed);
    void raise(const Moment& moment, uint32_t allocator, uint8_t account, uint64_t time_ns);
    void add_peaks(Report& report);

    const recording::Reader& reader_;
    const RecordedProcess& process_;
    const Options& options_;
    const size_t number_;
    Names names_;
    ProcessSummary summary_;
    std::vector<std::array<Highest, ledger::kAccounts>> highest_;  // by allocator
    std::unordered_map<uint32_t, uint64_t> allocations_of_;        // by thread
    MomentPlace place_;
    Held last_freed_;
    uint64_t last_free_ns_ = 0;  // 0: none
    uint32_t last_free_thread_ = 0;
    bool last_free_cleared_ = false;
    bool last_is_temporary_ = false;
    Sums temporary_, churn_, leaks_;
    analysis::Beats beats_;
    StepMarks marks_;
    std::vector<Refusal> refusals_;
};

void Pass::raise(const Moment& moment, uint32_t allocator, uint8_t account, uint64_t time_ns) {
    if (!takes_memory(account)) {
        return;
    }
    if (allocator >= highest_.size()) {
        highest_.resize(allocator + 1);
    }
    Highest& highest = highest_[allocator][account];
    const uint64_t bytes = moment.total(allocator, account).bytes;
    if (bytes > highest.bytes || !highest.any) {
        highest = {bytes, time_ns, marks_.last, place_, true};
    }
}

void Pass::on_allocation(const Moment& moment, const Event& event) {
    ++summary_.allocations;
    if (takes_memory(event.account)) {
        add(churn_, recording::held_of(event));
        beats_.note(event.context, summary_.allocations);
        raise(moment, event.allocator, event.account, event.time_ns);
    }
}

void Pass::on_free(const Event& event, const Held& freed) {
    ++summary_.frees;
    if (!takes_memory(freed.account)) {
        return;
    }
    beats_.note_free(freed.context);
    // A cleared allocator frees all that lives in it at one reading of the clock, which no two calls of a program share.
    const bool together = event.time_ns == last_free_ns_ && event.thread == last_free_thread_;
    if (together) {
        if (!std::exchange(last_free_cleared_, true)) {
            add(leaks_, last_freed_);
        }
        add(leaks_, freed);
    } else {
        settle_last_free();
        last_free_cleared_ = false;
    }
    last_free_ns_ = event.time_ns;
    last_free_thread_ = event.thread;
    last_freed_ = freed;
    last_is_temporary_ = freed.mark != 0 && allocations_of_[freed.thread] - freed.mark <= options_.temporary;
}

// A free of its own may have been that of a short-lived buffer.
void Pass::settle_last_free() {
    if (last_free_ns_ != 0 && !last_free_cleared_ && last_is_temporary_) {
        add(temporary_, last_freed_);
    }
    last_free_ns_ = 0;
}

void Pass::on_event(Moment& moment, const Event& event) {
    ++summary_.events;
    ++place_.events;
    uint64_t mark = 0;
    if (event.type == ledger::kEventAllocate && takes_memory(event.account)) {
        mark = ++allocations_of_[event.thread];
    }
    Held freed;
    switch (moment.apply(event, &freed, mark)) {
        case recording::Change::kAllocated:
            return on_allocation(moment, event);
        case recording::Change::kFreed:
            return on_free(event, freed);
        case recording::Change::kUnknownFree:
            ++summary_.frees;
            ++summary_.unknown_frees;
            return;
        case recording::Change::kOther:
            break;
    }
    if (event.type == ledger::kEventMark) {
        ++marks_.count;
        marks_.last = event.id;
        marks_.context = event.context;
    }
    if (event.is_refusal()) {
        ++summary_.refusals;
        if (refusals_.size() < kMostRefusals) {
            const Origin origin{event.context, 0, 0, 0, 0, event.account};
            refusals_.push_back(
                {number_, event.time_ns, event.bytes, refusal_text(event.type),
                 names_.name(origin,
                             options_.by == inventory::GroupBy::kTensor ? inventory::GroupBy::kLine : options_.by)});
        }
    }
}

void Pass::on_break(const Moment& moment, const recording::EventChunk& chunk, uint64_t missed) {
    saturating_add(summary_.missed, missed);
    summary_.approximate = summary_.approximate || chunk.approximate;
    summary_.from_the_beginning = summary_.from_the_beginning && !chunk.after_dropped;
    const uint64_t time_ns =
        chunk.events.empty() ? process_.events[place_.chunk].head.first_ns : chunk.events.front().time_ns;
    for (uint32_t allocator = 0; allocator < moment.totals().size(); ++allocator) {
        for (uint8_t account = 0; account < ledger::kAccounts; ++account) {
            if (moment.total(allocator, account).buffers != 0) {
                raise(moment, allocator, account, time_ns);
            }
        }
    }
}

void Pass::add_peaks(Report& report) {
    for (uint32_t allocator = 0; allocator < highest_.size(); ++allocator) {
        for (uint8_t account = 0; account < ledger::kAccounts; ++account) {
            const Highest& highest = highest_[allocator][account];
            if (!highest.any) {
                continue;
            }
            Peak& peak = report.peaks.emplace_back();
            peak.process = number_;
            peak.allocator = allocator;
            peak.kind = *inventory::kind_of_account(account);
            peak.bytes = highest.bytes;
            peak.time_ns = highest.time_ns;
            peak.step = highest.step != 0 ? std::optional(highest.step) : std::nullopt;
            peak.chunk = highest.place.chunk;
            peak.events = highest.place.events;
            peak.lower_bound = summary_.missed != 0 || !summary_.from_the_beginning || summary_.approximate;
            if (process_.facts && allocator < process_.facts->allocators.size()) {
                const ledger::Allocator& facts = process_.facts->allocators[allocator];
                for (const uint32_t device : facts.devices) {
                    peak.devices.push_back(process_.facts->devices[device].logical_id);
                }
                const ledger::BankGeometry& banks = facts.geometry[account];
                if (banks.banks != 0) {
                    peak.capacity_bytes = saturating_product(banks.bank_bytes, banks.banks);
                }
            }
            if (process_.end) {
                for (const recording::ProcessEnd::Total& total : process_.end->totals) {
                    if (total.allocator == allocator && total.account == account) {
                        peak.ledger_bytes = total.peak_bytes;
                    }
                }
            }
            Sums sums;
            if (const std::optional<Moment> moment = moment_at(reader_, process_, highest.place)) {
                peak.buffers = moment->total(allocator, account).buffers;
                for (const Held& held : moment->by_id()) {
                    if (held.allocator == allocator && held.account == account) {
                        add(sums, held);
                    }
                }
            }
            peak.holders = named(sums, names_, options_);
        }
    }
}

void Pass::run(Report& report) {
    if (process_.facts) {
        const recording::ProcessFacts& facts = *process_.facts;
        summary_.pid = facts.pid;
        summary_.name = facts.name;
        summary_.command = facts.command;
        summary_.library = facts.library;
        summary_.from_the_beginning = facts.from_the_beginning;
    }
    if (process_.end) {
        summary_.ending = process_.end->ending;
    }
    if (!process_.events.empty()) {
        summary_.first_ns = process_.events.front().head.first_ns;
        summary_.last_ns = process_.events.back().head.last_ns;
    }
    recording::Visitor visitor;
    visitor.on_event = [this](Moment& moment, const Event& event) { on_event(moment, event); };
    visitor.on_break = [this](const Moment& moment, const auto& chunk, uint64_t missed) {
        on_break(moment, chunk, missed);
    };
    visitor.on_chunk = [this](const Moment&, size_t chunk) { place_ = {chunk, 0}; };
    const Moment last = replay(reader_, process_, visitor);
    settle_last_free();
    for (const Held& held : last.by_id()) {
        if (takes_memory(held.account)) {
            add(leaks_, held);
        }
    }
    add_peaks(report);
    if (options_.course) {
        add_course(reader_, process_, number_,
                   {options_.by, beats_.beat(summary_.allocations), marks_, summary_.events}, names_, report);
    }
    report.processes.push_back(summary_);
    report.refusals.insert(report.refusals.end(), refusals_.begin(), refusals_.end());
    report.leaks.push_back({number_, named(leaks_, names_, options_)});
    report.temporary.push_back({number_, named(temporary_, names_, options_)});
    report.churn.push_back({number_, named(churn_, names_, options_)});
}

}  // namespace

Report make_report(const recording::Reader& reader, const Options& options) {
    Report report;
    report.file_bytes = reader.bytes();
    report.finished = reader.finished();
    report.damages = reader.damages();
    for (size_t i = 0; i < reader.processes().size(); ++i) {
        Pass(reader, reader.processes()[i], options, i).run(report);
    }
    return report;
}

}  // namespace ttmem::report
