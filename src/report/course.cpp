// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/course.hpp"

#include <algorithm>
#include <map>

#include "base/saturate.hpp"
#include "inventory/holdings.hpp"
#include "recording/replay.hpp"
#include "report/bank_holes.hpp"
#include "report/growth.hpp"

namespace ttmem::report {

namespace {

using recording::Held;
using recording::Moment;
using recording::MomentPlace;
using recording::RecordedProcess;

struct Place {
    uint32_t allocator = 0;
    uint8_t account = 0;
    auto operator<=>(const Place&) const = default;
};

// The smallest largest hole of one bank, as the events go by.
struct Bank {
    BankHoles holes;
    ledger::BankGeometry geometry;
    uint64_t least = ~uint64_t{0};  // all ones: no moment yet
    uint64_t free_bytes = 0;
    uint64_t count = 0;
    uint64_t time_ns = 0;
    MomentPlace place;
};

class FragmentationPass {
public:
    explicit FragmentationPass(const RecordedProcess& process) : process_(process) {}

    void came(const Held& held, const MomentPlace& place) {
        if (Bank* bank = bank_of(held)) {
            bank->holes.take(held.address, bytes_per_bank(process_, held));
            look(*bank, held.time_ns, place);
        }
    }
    void went(const Held& held) {
        if (Bank* bank = bank_of(held)) {
            bank->holes.give_back(held.address, bytes_per_bank(process_, held));
        }
    }
    void reset(const Moment& moment, uint64_t time_ns, const MomentPlace& at) {
        for (auto& [place, bank] : banks_) {
            bank.holes = BankHoles(bank.geometry.base_address, bank.geometry.bank_bytes);
        }
        for (const Held& held : moment.by_id()) {
            if (Bank* bank = bank_of(held)) {
                bank->holes.take(held.address, bytes_per_bank(process_, held));
            }
        }
        // The fullest moment may be one that was not seen coming.
        for (auto& [place, bank] : banks_) {
            look(bank, time_ns, at);
        }
    }
    void add(const recording::Reader& reader, size_t number, inventory::GroupBy by, Names& names, Report& report) const;

private:
    Bank* bank_of(const Held& held) {
        if (!inventory::kind_of_account(held.account)) {
            return nullptr;
        }
        const Place place{held.allocator, held.account};
        const auto found = banks_.find(place);
        if (found != banks_.end()) {
            return &found->second;
        }
        const auto geometry = lockstep_banks(process_, held.allocator, held.account);
        if (!geometry) {
            return nullptr;
        }
        const BankHoles empty(geometry->base_address, geometry->bank_bytes);
        return &banks_.try_emplace(place, Bank{empty, *geometry, ~uint64_t{0}, 0, 0, 0, {}}).first->second;
    }
    static void look(Bank& bank, uint64_t time_ns, const MomentPlace& place) {
        const BankHoles& holes = bank.holes;
        if (holes.is_known() && holes.largest() < bank.least) {
            bank.least = holes.largest();
            bank.free_bytes = holes.free_bytes();
            bank.count = holes.count();
            bank.time_ns = time_ns;
            bank.place = place;
        }
    }
    void add_between(const Moment& moment, const Place& place, inventory::GroupBy by, Names& names,
                     Fragmentation& to) const;

    const RecordedProcess& process_;
    std::map<Place, Bank> banks_;
};

// Adds, of the groups of buffers between two holes, the one that leaves the largest hole if it goes.
void FragmentationPass::add_between(const Moment& moment, const Place& place, inventory::GroupBy by, Names& names,
                                    Fragmentation& to) const {
    std::vector<Held> held = moment.by_id();
    std::erase_if(
        held, [&place](const Held& one) { return one.allocator != place.allocator || one.account != place.account; });
    std::sort(held.begin(), held.end(), [](const Held& a, const Held& b) { return a.address < b.address; });
    const ledger::BankGeometry& bank = banks_.at(place).geometry;
    struct Run {
        size_t first = 0, end = 0;  // of `held`
        uint64_t before = 0;        // where the hole before it begins
    };
    uint64_t at = bank.base_address;
    std::optional<Run> open, best;  // `open` has a hole before it
    const auto close = [&](uint64_t hole_end) {
        if (open && hole_end - open->before > to.joined_bytes) {
            to.joined_bytes = hole_end - open->before;
            best = open;
        }
    };
    for (size_t i = 0; i < held.size(); ++i) {
        if (held[i].address > at) {
            close(held[i].address);
            open = Run{i, i, at};
        }
        if (open) {
            open->end = i + 1;
        }
        at = std::max(at, saturating_sum(held[i].address, bytes_per_bank(process_, held[i])));
    }
    const uint64_t bank_end = saturating_sum(bank.base_address, bank.bank_bytes);
    if (at < bank_end) {
        close(bank_end);
    }
    std::map<std::optional<std::string>, Holder> by_name;
    for (size_t i = best ? best->first : 0; best && i < best->end; ++i) {
        Holder& holder = by_name[names.name(origin_of(held[i]), by)];
        ++holder.buffers;
        saturating_add(holder.bytes, bytes_per_bank(process_, held[i]));
    }
    for (auto& [name, holder] : by_name) {
        holder.name = name;
        to.between.push_back(holder);
    }
    std::stable_sort(to.between.begin(), to.between.end(),
                     [](const Holder& a, const Holder& b) { return a.bytes > b.bytes; });
}

void FragmentationPass::add(const recording::Reader& reader, size_t number, inventory::GroupBy by, Names& names,
                            Report& report) const {
    for (const auto& [place, bank] : banks_) {
        if (bank.least == ~uint64_t{0}) {
            continue;
        }
        Fragmentation& to = report.fragmentation.emplace_back();
        to.process = number;
        to.allocator = place.allocator;
        to.kind = *inventory::kind_of_account(place.account);
        for (const uint32_t device : process_.facts->allocators[place.allocator].devices) {
            to.devices.push_back(process_.facts->devices[device].logical_id);
        }
        to.time_ns = bank.time_ns;
        to.chunk = bank.place.chunk;
        to.events = bank.place.events;
        to.largest_hole_bytes = bank.least;
        to.free_bytes = bank.free_bytes;
        to.bank_bytes = bank.geometry.bank_bytes;
        to.holes = bank.count;
        if (const std::optional<Moment> moment = moment_at(reader, process_, bank.place)) {
            add_between(*moment, place, by, names, to);
        }
    }
}

}  // namespace

void add_course(const recording::Reader& reader, const RecordedProcess& process, size_t number,
                const CourseOptions& options, Names& names, Report& report) {
    GrowthPass growth(options);
    FragmentationPass fragmentation(process);
    MomentPlace place;
    recording::Visitor visitor;
    visitor.on_chunk = [&place](const Moment&, size_t chunk) { place = {chunk, 0}; };
    visitor.on_break = [&](const Moment& moment, const recording::EventChunk&, uint64_t) {
        growth.reset(moment);
        fragmentation.reset(moment, process.events[place.chunk].head.first_ns, place);
    };
    visitor.on_event = [&](Moment& moment, const recording::Event& event) {
        growth.before(event);
        ++place.events;
        Held freed;
        switch (moment.apply(event, &freed)) {
            case recording::Change::kAllocated:
                if (inventory::kind_of_account(event.account)) {
                    const Held held = recording::held_of(event);
                    growth.came(held);
                    fragmentation.came(held, place);
                }
                break;
            case recording::Change::kFreed:
                if (inventory::kind_of_account(freed.account)) {
                    growth.went(freed);
                    fragmentation.went(freed);
                }
                break;
            default:
                break;
        }
    };
    replay(reader, process, visitor);
    report.growth.push_back(growth.result(number, names, options.by));
    fragmentation.add(reader, number, options.by, names, report);
}

}  // namespace ttmem::report
