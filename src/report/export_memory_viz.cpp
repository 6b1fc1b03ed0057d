// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// PyTorch's memory snapshot. What is one device there is one allocator and kind of memory of a process here, and its
// one segment is a bank: buffers lie at the same address in each, so addresses and sizes are those of a bank. The viewer
// replays the traces backwards from the segment, so both are made from the same moment.
#include <algorithm>
#include <map>

#include "base/saturate.hpp"
#include "inventory/holdings.hpp"
#include "recording/replay.hpp"
#include "report/bank_holes.hpp"
#include "report/export.hpp"
#include "report/names.hpp"
#include "report/pickle.hpp"

namespace ttmem::report {

namespace {

using recording::Event;
using recording::Held;

struct Place {
    uint32_t allocator = 0;
    uint8_t account = 0;
    auto operator<=>(const Place&) const = default;
};

class Snapshot {
public:
    Snapshot(Pickle& segments, Pickle& traces, const recording::Reader& reader)
        : segments_(segments), traces_(traces), reader_(reader) {}

    void add(const recording::RecordedProcess& process);

private:
    struct Block {
        uint64_t address = 0;
        uint64_t size = 0;
        uint64_t requested = 0;
        uint32_t context = 0;
    };

    // The events of one place, and the range of their addresses.
    struct Trace {
        Pickle entries;
        uint64_t lowest = UINT64_MAX;
        uint64_t highest = 0;
        void reach(uint64_t begin, uint64_t end) {
            lowest = std::min(lowest, begin);
            highest = std::max(highest, end);
        }
    };

    void frames(Pickle& to, uint32_t context);
    void on_event(recording::Moment& moment, const Event& event);
    void add_event(const Event& event, const Held& held, const char* action);
    void add_refusal(const Event& event);
    void add_segment(const Place& place, Trace& trace, const recording::Moment& last);
    void add_block(const Block& block, bool live);

    Pickle& segments_;
    Pickle& traces_;
    const recording::Reader& reader_;
    size_t devices_ = 0;
    const recording::RecordedProcess* process_ = nullptr;
    Names* names_ = nullptr;
    std::map<Place, Trace> by_place_;  // of the process
    std::map<std::pair<const Pickle*, uint32_t>, uint32_t> kept_;
    uint32_t next_kept_ = 0;
};

// Innermost first: the operation, then the lines that called it.
void Snapshot::frames(Pickle& to, uint32_t context) {
    to.text("frames");
    const auto known = kept_.find({&to, context});
    if (known != kept_.end()) {
        to.again(known->second);
        return;
    }
    to.begin_list();
    const auto frame = [&to](const std::string& name, const std::string& file, uint64_t line) {
        to.begin_dictionary().text("name").text(name).text("filename").text(file).text("line").number(line);
        to.end_dictionary();
    };
    const api::Context* found = names_->context(context);
    if (found != nullptr && !found->operation.empty()) {
        frame(found->operation, "ttnn", 0);
    }
    if (found != nullptr) {
        for (const api::Frame& at : found->stack) {
            frame(at.function, at.file, at.line);
        }
    }
    if (const std::string& scope = names_->scope(context); !scope.empty()) {
        frame(scope, "scope", 0);
    }
    to.end_list();
    kept_[{&to, context}] = next_kept_;
    to.keep(next_kept_++);
}

void Snapshot::add_event(const Event& event, const Held& held, const char* action) {
    Trace& trace = by_place_[{held.allocator, held.account}];
    Pickle& to = trace.entries;
    const uint64_t size = bytes_per_bank(*process_, held);
    to.begin_dictionary().text("action").text(action);
    to.text("addr").number(held.address).text("size").number(size).text("stream").number(0);
    to.text("time_us").number(event.time_ns / 1000);
    const std::optional<std::string> tensor =
        held.tensor == 0 ? std::nullopt : names_->name(origin_of(held), inventory::GroupBy::kTensor);
    if (tensor) {
        to.text("user_metadata").text(*tensor);
    }
    frames(to, held.context);
    to.end_dictionary();
    trace.reach(held.address, saturating_sum(held.address, size));
}

void Snapshot::add_refusal(const Event& event) {
    Pickle& to = by_place_[{event.allocator, event.account}].entries;
    to.begin_dictionary().text("action").text("oom").text("device_free").number(0);
    to.text("size").number(event.bytes).text("stream").number(0);
    to.text("time_us").number(event.time_ns / 1000);
    frames(to, event.context);
    to.end_dictionary();
}

void Snapshot::on_event(recording::Moment& moment, const Event& event) {
    Held freed;
    const recording::Change change = moment.apply(event, &freed);
    if (change == recording::Change::kAllocated && inventory::kind_of_account(event.account)) {
        add_event(event, recording::held_of(event), "alloc");
    } else if (change == recording::Change::kFreed && inventory::kind_of_account(freed.account)) {
        add_event(event, freed, "free_requested");
        add_event(event, freed, "free_completed");
    } else if (event.type == ledger::kEventFail && event.allocator != recording::kNone &&
               inventory::kind_of_account(event.account)) {
        add_refusal(event);
    }
}

void Snapshot::add_block(const Block& block, bool live) {
    segments_.begin_dictionary().text("address").number(block.address).text("size").number(block.size);
    segments_.text("requested_size").number(block.requested);
    segments_.text("state").text(live ? "active_allocated" : "inactive");
    if (live) {
        frames(segments_, block.context);
    } else {
        segments_.text("frames").begin_list().end_list();
    }
    segments_.end_dictionary();
}

void Snapshot::add_segment(const Place& place, Trace& trace, const recording::Moment& last) {
    std::vector<Block> blocks;
    for (const Held& held : last.by_id()) {
        if (held.allocator == place.allocator && held.account == place.account) {
            const uint64_t size = bytes_per_bank(*process_, held);
            const uint64_t banks = size == 0 ? 1 : held.bytes / size;
            blocks.push_back({held.address, size, std::min(size, held.requested_bytes / banks), held.context});
            trace.reach(held.address, saturating_sum(held.address, size));
        }
    }
    std::sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) { return a.address < b.address; });
    if (process_->facts && place.allocator < process_->facts->allocators.size() &&
        place.account < ledger::kBufferTypes) {
        const ledger::BankGeometry& bank = process_->facts->allocators[place.allocator].geometry[place.account];
        trace.reach(bank.base_address, saturating_sum(bank.base_address, bank.bank_bytes));
    }
    const uint64_t lowest = std::min(trace.lowest, trace.highest), highest = trace.highest;
    uint64_t allocated = 0, requested = 0, at = lowest;
    std::erase_if(blocks, [&](const Block& block) {
        // An allocator with addresses of its own on each core (HYBRID) may hold two at one address: the first is drawn.
        const bool overlaps = block.address < at;
        at = overlaps ? at : block.address + block.size;
        allocated += overlaps ? 0 : block.size;
        requested += overlaps ? 0 : block.requested;
        return overlaps;
    });
    segments_.begin_dictionary().text("device").number(devices_).text("address").number(lowest);
    segments_.text("total_size").number(highest - lowest).text("allocated_size").number(allocated);
    segments_.text("active_size").number(allocated).text("requested_size").number(requested);
    segments_.text("stream").number(0).text("segment_type").text("large");
    segments_.text("segment_pool_id").begin_tuple().number(0).number(0).end_tuple();
    segments_.text("is_expandable").boolean(false).text("frames").begin_list().end_list();
    segments_.text("blocks").begin_list();
    at = lowest;
    for (const Block& block : blocks) {
        if (block.address > at) {
            add_block({at, block.address - at, 0, 0}, false);
        }
        add_block(block, true);
        at = block.address + block.size;
    }
    if (highest > at) {
        add_block({at, highest - at, 0, 0}, false);
    }
    segments_.end_list().end_dictionary();
    ++devices_;
}

void Snapshot::add(const recording::RecordedProcess& process) {
    Names names(process);
    process_ = &process;
    names_ = &names;
    kept_.clear();
    by_place_.clear();
    recording::Visitor visitor;
    visitor.on_event = [this](recording::Moment& moment, const Event& event) { on_event(moment, event); };
    visitor.on_break = [this](const recording::Moment& moment, const recording::EventChunk&, uint64_t) {
        for (const Held& held : moment.by_id()) {
            if (inventory::kind_of_account(held.account)) {
                by_place_.try_emplace({held.allocator, held.account});
            }
        }
    };
    const recording::Moment last = replay(reader_, process, visitor);
    for (auto& [place, trace] : by_place_) {
        traces_.begin_list().part(trace.entries).end_list();
        add_segment(place, trace, last);
    }
}

}  // namespace

std::string export_memory_viz(const recording::Reader& reader) {
    // The two lists grow together, and stand one after the other.
    Pickle segments, traces;
    Snapshot snapshot(segments, traces, reader);
    for (const recording::RecordedProcess& process : reader.processes()) {
        snapshot.add(process);
    }
    Pickle whole = Pickle::whole();
    whole.begin_dictionary();
    whole.text("segments").begin_list().part(segments).end_list();
    whole.text("device_traces").begin_list().part(traces).end_list();
    whole.text("allocator_settings").begin_dictionary().end_dictionary();
    return whole.end_dictionary().take();
}

}  // namespace ttmem::report
