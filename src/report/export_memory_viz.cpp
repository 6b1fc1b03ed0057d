// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// PyTorch's memory snapshot. What is one device there is one allocator and kind of memory of a process here, and its
// one segment is a bank: buffers lie at the same address in each, so addresses and sizes are those of a bank. The viewer
// replays the traces backwards from the segment, so both are made from the same moment.
#include <algorithm>
#include <map>
#include <set>

#include "inventory/holdings.hpp"
#include "recording/replay.hpp"
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
    Snapshot(Pickle& segments, Pickle& traces, const recording::Reader& reader, size_t& devices)
        : segments_(segments), traces_(traces), reader_(reader), devices_(devices) {}

    void add(const recording::RecordedProcess& process);

private:
    struct Block {
        uint64_t address = 0;
        uint64_t size = 0;
        uint64_t requested = 0;
        uint32_t context = 0;
    };

    uint64_t bytes_per_bank(const Held& held) const;
    void frames(Pickle& to, uint32_t context);
    void add_trace(const Place& place);
    void add_event(const Event& event, const Held& held, const char* action);
    void add_segment(const Place& place, const recording::Moment& last);
    void add_block(const Block& block, bool live);

    Pickle& segments_;
    Pickle& traces_;
    const recording::Reader& reader_;
    size_t& devices_;
    const recording::RecordedProcess* process_ = nullptr;
    Names* names_ = nullptr;
    std::map<std::pair<const Pickle*, uint32_t>, uint32_t> kept_;
    uint64_t lowest_ = 0;
    uint64_t highest_ = 0;
};

uint64_t Snapshot::bytes_per_bank(const Held& held) const {
    uint64_t banks = held.banks().value_or(0);
    if (banks == 0) {
        const bool known = process_->facts && held.allocator < process_->facts->allocators.size();
        banks = known ? process_->facts->allocators[held.allocator].geometry[held.account].banks : 1;
    }
    return held.bytes / std::max<uint64_t>(banks, 1);
}

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
    kept_[{&to, context}] = to.keep();
}

void Snapshot::add_event(const Event& event, const Held& held, const char* action) {
    const uint64_t size = bytes_per_bank(held);
    traces_.begin_dictionary().text("action").text(action);
    traces_.text("addr").number(held.address).text("size").number(size).text("stream").number(0);
    traces_.text("time_us").number(event.time_ns / 1000);
    const std::optional<std::string> tensor =
        held.tensor == 0 ? std::nullopt : names_->name(origin_of(held), inventory::GroupBy::kTensor);
    if (tensor) {
        traces_.text("user_metadata").text(*tensor);
    }
    frames(traces_, held.context);
    traces_.end_dictionary();
    lowest_ = std::min(lowest_, held.address);
    highest_ = std::max(highest_, held.address + size);
}

void Snapshot::add_trace(const Place& place) {
    recording::Visitor visitor;
    visitor.on_event = [this, &place](recording::Moment& moment, const Event& event) {
        Held freed;
        const recording::Change change = moment.apply(event, &freed);
        if (change == recording::Change::kAllocated && event.allocator == place.allocator &&
            event.account == place.account) {
            add_event(event, recording::held_of(event), "alloc");
        } else if (change == recording::Change::kFreed && freed.allocator == place.allocator &&
                   freed.account == place.account) {
            add_event(event, freed, "free_requested");
            add_event(event, freed, "free_completed");
        } else if (event.type == ledger::kEventFail && event.allocator == place.allocator &&
                   event.account == place.account) {
            traces_.begin_dictionary().text("action").text("oom").text("device_free").number(0);
            traces_.text("size").number(event.bytes).text("stream").number(0);
            traces_.text("time_us").number(event.time_ns / 1000);
            frames(traces_, event.context);
            traces_.end_dictionary();
        }
    };
    traces_.begin_list();
    const recording::Moment last = replay(reader_, *process_, visitor);
    traces_.end_list();
    add_segment(place, last);
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

void Snapshot::add_segment(const Place& place, const recording::Moment& last) {
    std::vector<Block> blocks;
    for (const Held& held : last.by_id()) {
        if (held.allocator == place.allocator && held.account == place.account) {
            const uint64_t size = bytes_per_bank(held);
            const uint64_t banks = size == 0 ? 1 : held.bytes / size;
            blocks.push_back({held.address, size, std::min(size, held.requested_bytes / banks), held.context});
            lowest_ = std::min(lowest_, held.address);
            highest_ = std::max(highest_, held.address + size);
        }
    }
    std::sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) { return a.address < b.address; });
    if (process_->facts && place.allocator < process_->facts->allocators.size()) {
        const ledger::BankGeometry& bank = process_->facts->allocators[place.allocator].geometry[place.account];
        lowest_ = std::min(lowest_, bank.base_address);
        highest_ = std::max(highest_, bank.base_address + bank.bank_bytes);
    }
    uint64_t allocated = 0, requested = 0, at = lowest_;
    std::erase_if(blocks, [&](const Block& block) {
        // An allocator with addresses of its own on each core (HYBRID) may hold two at one address: the first is drawn.
        const bool overlaps = block.address < at;
        at = overlaps ? at : block.address + block.size;
        allocated += overlaps ? 0 : block.size;
        requested += overlaps ? 0 : block.requested;
        return overlaps;
    });
    segments_.begin_dictionary().text("device").number(devices_).text("address").number(lowest_);
    segments_.text("total_size").number(highest_ - lowest_).text("allocated_size").number(allocated);
    segments_.text("active_size").number(allocated).text("requested_size").number(requested);
    segments_.text("stream").number(0).text("segment_type").text("large");
    segments_.text("segment_pool_id").begin_tuple().number(0).number(0).end_tuple();
    segments_.text("is_expandable").boolean(false).text("frames").begin_list().end_list();
    segments_.text("blocks").begin_list();
    at = lowest_;
    for (const Block& block : blocks) {
        if (block.address > at) {
            add_block({at, block.address - at, 0, 0}, false);
        }
        add_block(block, true);
        at = block.address + block.size;
    }
    if (highest_ > at) {
        add_block({at, highest_ - at, 0, 0}, false);
    }
    segments_.end_list().end_dictionary();
    ++devices_;
}

void Snapshot::add(const recording::RecordedProcess& process) {
    Names names(process);
    process_ = &process;
    names_ = &names;
    kept_.clear();
    std::set<Place> places;
    recording::Visitor visitor;
    visitor.on_event = [&places](recording::Moment& moment, const Event& event) {
        if (event.type == ledger::kEventAllocate && inventory::kind_of_account(event.account)) {
            places.insert({event.allocator, event.account});
        }
        moment.apply(event);
    };
    visitor.on_break = [&places](const recording::Moment& moment, const recording::EventChunk&, uint64_t) {
        for (const Held& held : moment.by_id()) {
            if (inventory::kind_of_account(held.account)) {
                places.insert({held.allocator, held.account});
            }
        }
    };
    replay(reader_, process, visitor);
    for (const Place& place : places) {
        lowest_ = UINT64_MAX;
        highest_ = 0;
        add_trace(place);
    }
}

}  // namespace

std::string export_memory_viz(const recording::Reader& reader) {
    // The two lists grow together, and stand one after the other.
    Pickle segments(0), traces(1u << 30);
    size_t devices = 0;
    for (const recording::RecordedProcess& process : reader.processes()) {
        Snapshot(segments, traces, reader, devices).add(process);
    }
    Pickle whole;
    whole.begin_dictionary();
    whole.text("segments").begin_list().part(segments).end_list();
    whole.text("device_traces").begin_list().part(traces).end_list();
    whole.text("allocator_settings").begin_dictionary().end_dictionary();
    return whole.end_dictionary().take();
}

}  // namespace ttmem::report
