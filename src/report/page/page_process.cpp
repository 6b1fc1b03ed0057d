// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/page/page_process.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/saturate.hpp"
#include "inventory/holdings.hpp"
#include "inventory/ledger_names.hpp"
#include "recording/replay.hpp"
#include "report/bank_holes.hpp"
#include "report/page/page_names.hpp"

namespace ttmem::report {

namespace {

using api::Json;
using recording::Held;
using recording::Moment;
using recording::RecordedProcess;

// A number that JavaScript reads as it is; what is larger becomes the largest of those.
constexpr uint64_t kLargestExact = (uint64_t{1} << 53) - 1;
uint64_t exact(uint64_t value) {
    return std::min(value, kLargestExact);
}

// Columns of the list of buffers, by name.
constexpr std::array kColumns{"id",   "pool",   "address", "bytes",  "requested", "bank", "banks", "device",
                              "page", "layout", "context", "tensor", "thread",    "from", "until"};
constexpr size_t kUntil = kColumns.size() - 1;
constexpr uint64_t kChangesOfARow = 6;  // changes of a sum that are as much text as a row
constexpr size_t kSpareFresh = 4096;

const char* why_word(Why why) {
    switch (why) {
        case Why::kPeak:
            return "peak";
        case Why::kHole:
            return "hole";
        case Why::kRefusal:
            return "refusal";
        case Why::kFurther:
            return "further";
        case Why::kEnd:
            return "end";
    }
    return "";
}

// The bytes of each name, and their changes from point to point.
class Stacked {
public:
    void change(size_t pool, int64_t name, uint64_t bytes, bool comes) {
        Series& series = series_[{pool, name}];
        if (comes) {
            saturating_add(series.held, bytes);
        } else {
            series.held -= std::min(series.held, bytes);
        }
        if (!std::exchange(series.is_changed, true)) {
            changed_.push_back({pool, name});
        }
    }
    void clear() {
        for (auto& [key, series] : series_) {
            if (series.held != 0 && !std::exchange(series.is_changed, true)) {
                changed_.push_back(key);
            }
            series.held = 0;
        }
    }
    void point(size_t number) {
        for (const Key& key : changed_) {
            Series& series = series_[key];
            series.is_changed = false;
            if (series.held != series.said) {
                series.said = series.held;
                series.at.push_back(number);
                series.bytes.push_back(exact(series.held));
                ++changes_;
            }
        }
        changed_.clear();
    }
    uint64_t changes() const { return changes_; }
    Json take() {
        Json all = Json::array();
        for (auto& [key, series] : series_) {
            if (!series.at.empty()) {
                all.push_back({key.first, key.second, std::move(series.at), std::move(series.bytes)});
            }
        }
        return all;
    }

private:
    using Key = std::pair<size_t, int64_t>;
    struct Series {
        uint64_t held = 0;
        uint64_t said = 0;
        bool is_changed = false;
        Json at = Json::array(), bytes = Json::array();
    };
    std::map<Key, Series> series_;
    std::vector<Key> changed_;
    uint64_t changes_ = 0;  // in all series
};

class Recorder {
public:
    Recorder(const RecordedProcess& process, const PagePlan& plan, const PageLimits& limits, uint64_t most_rows)
        : process_(process), plan_(plan), limits_(limits), most_rows_(most_rows), names_(process), page_names_(names_) {
        now_ns_ = first_ns_ = process.events.empty() ? 0 : process.events.front().head.first_ns;
        for (size_t i = 0; i < plan.pools.size(); ++i) {
            pools_[plan.pools[i]] = i;
            points_bytes_.push_back(Json::array());
        }
        columns_.fill(Json::array());
    }

    // False: there were too few rows, and the result is incomplete.
    bool run(const recording::Reader& reader);
    uint64_t rows() const {
        return rows_ + (by_scope_.changes() + by_operation_.changes() + by_line_.changes()) / kChangesOfARow;
    }
    Json take(size_t number);

private:
    bool is_full() const { return rows() > most_rows_; }
    uint64_t since(uint64_t time_ns) const { return exact(time_ns - std::min(time_ns, first_ns_)); }
    void stack(const Held& held, bool comes);
    void came(const Moment& moment, const Held& held);
    void forget_what_went(const Moment& moment);
    void went(const Held& held, uint64_t time_ns);
    void begin_again(const Moment& moment);
    void begin_chunk(const Moment& moment, size_t chunk);
    void step(Moment& moment, const recording::Event& event);
    void arrive(const Moment& moment);
    void add_point(const Moment& moment);
    void add_moment(const Moment& moment, Json why);
    void add_row(const Held& held, size_t pool);
    Json allocators() const;

    const RecordedProcess& process_;
    const PagePlan& plan_;
    const PageLimits& limits_;
    const uint64_t most_rows_;
    Names names_;
    PageNames page_names_;
    std::map<PagePool, size_t> pools_;
    uint64_t first_ns_ = 0;
    uint64_t now_ns_ = 0;  // never falls, though times of events may
    PagePlace place_;
    size_t next_point_ = 0, next_moment_ = 0;

    Stacked by_scope_, by_operation_, by_line_;
    Json points_at_ = Json::array();
    std::vector<Json> points_bytes_;

    uint64_t rows_ = 0;
    std::array<Json, kColumns.size()> columns_;
    std::unordered_map<uint64_t, uint64_t> listed_;  // rows of buffers that live, by id
    std::vector<uint64_t> fresh_;                    // ids of buffers that came after the last moment and may live
    Json minus_ = Json::array();                     // rows of buffers that were freed after it
    Json moments_ = Json::array();
};

void Recorder::stack(const Held& held, bool comes) {
    const auto pool = pools_.find({held.allocator, held.account});
    if (pool != pools_.end()) {
        const PageNames::Groups groups = page_names_.groups(held);
        by_scope_.change(pool->second, groups.scope, held.bytes, comes);
        by_operation_.change(pool->second, groups.operation, held.bytes, comes);
        by_line_.change(pool->second, groups.line, held.bytes, comes);
    }
}

void Recorder::came(const Moment& moment, const Held& held) {
    stack(held, true);
    if (held.bytes >= limits_.least_bytes) {
        fresh_.push_back(held.id);
        if (fresh_.size() > 2 * moment.buffers() + kSpareFresh) {
            forget_what_went(moment);
        }
    }
}

// However many buffers come between two moments, no more ids are kept than twice those that live and a few.
void Recorder::forget_what_went(const Moment& moment) {
    std::unordered_set<uint64_t> kept;
    std::erase_if(fresh_, [&](uint64_t id) { return moment.find(id) == nullptr || !kept.insert(id).second; });
}

void Recorder::went(const Held& held, uint64_t time_ns) {
    stack(held, false);
    if (const auto row = listed_.find(held.id); row != listed_.end()) {
        columns_[kUntil][row->second] = since(time_ns);
        minus_.push_back(row->second);
        listed_.erase(row);
    }
}

// The state was read again: buffers that are no longer there went at a time that is not known.
void Recorder::begin_again(const Moment& moment) {
    by_scope_.clear();
    by_operation_.clear();
    by_line_.clear();
    for (auto row = listed_.begin(); row != listed_.end();) {
        const bool lives = moment.find(row->first) != nullptr;
        if (!lives) {
            minus_.push_back(row->second);
        }
        row = lives ? std::next(row) : listed_.erase(row);
    }
    fresh_.clear();
    for (const Held& held : moment.by_id()) {
        stack(held, true);
        if (held.bytes >= limits_.least_bytes) {
            fresh_.push_back(held.id);
        }
    }
}

void Recorder::add_row(const Held& held, size_t pool) {
    const std::optional<uint32_t> banks = held.banks();
    const std::array<Json, kColumns.size()> row{
        exact(held.id),
        pool,
        exact(held.address),
        exact(held.bytes),
        exact(held.requested_bytes),
        exact(bytes_per_bank(process_, held)),
        banks.value_or(0),
        held.device() && process_.facts && *held.device() < process_.facts->devices.size()
            ? Json(process_.facts->devices[*held.device()].logical_id)
            : Json(nullptr),
        held.page_bytes,
        page_names_.text(std::string(inventory::layout_name(static_cast<uint8_t>(held.form >> 23 & 3)))),
        page_names_.context(held),
        page_names_.tensor(held),
        held.thread,
        since(held.time_ns),
        nullptr};
    for (size_t column = 0; column < row.size(); ++column) {
        columns_[column].push_back(row[column]);
    }
    listed_[held.id] = rows_++;
}

void Recorder::add_moment(const Moment& moment, Json why) {
    Json plus = Json::array();
    for (const uint64_t id : fresh_) {
        const Held* held = moment.find(id);
        const auto pool = held == nullptr ? pools_.end() : pools_.find({held->allocator, held->account});
        if (pool != pools_.end() && !listed_.contains(id)) {
            plus.push_back(rows_);
            add_row(*held, pool->second);
        }
    }
    fresh_.clear();
    Json held = Json::array();
    for (const auto& [pool, index] : pools_) {
        const recording::Total total = moment.total(pool.allocator, pool.account);
        held.push_back({total.buffers, exact(total.bytes)});
    }
    moments_.push_back({{"at", since(now_ns_)},
                        {"why", std::move(why)},
                        {"held", std::move(held)},
                        {"plus", std::move(plus)},
                        {"minus", std::exchange(minus_, Json::array())}});
}

void Recorder::add_point(const Moment& moment) {
    by_scope_.point(points_at_.size());
    by_operation_.point(points_at_.size());
    by_line_.point(points_at_.size());
    points_at_.push_back(since(now_ns_));
    for (const auto& [pool, index] : pools_) {
        points_bytes_[index].push_back(exact(moment.total(pool.allocator, pool.account).bytes));
    }
}

// Writes all that was planned for the place that was reached.
void Recorder::arrive(const Moment& moment) {
    if (next_point_ < plan_.points.size() && plan_.points[next_point_] <= place_) {
        add_point(moment);
        while (next_point_ < plan_.points.size() && plan_.points[next_point_] <= place_) {
            ++next_point_;
        }
    }
    Json why = Json::array();
    for (; next_moment_ < plan_.moments.size() && plan_.moments[next_moment_].place <= place_; ++next_moment_) {
        const PlannedMoment& planned = plan_.moments[next_moment_];
        const auto pool = planned.pool ? pools_.find(*planned.pool) : pools_.end();
        why.push_back({why_word(planned.why), pool == pools_.end() ? Json(nullptr) : Json(pool->second)});
    }
    if (!why.empty()) {
        add_moment(moment, std::move(why));
    }
}

Json Recorder::allocators() const {
    Json all = Json::array();
    for (size_t i = 0; process_.facts && i < process_.facts->allocators.size(); ++i) {
        const ledger::Allocator& facts = process_.facts->allocators[i];
        Json devices = Json::array(), banks = Json::object();
        for (const uint32_t device : facts.devices) {
            devices.push_back(process_.facts->devices[device].logical_id);
        }
        for (uint32_t account = 0; account < ledger::kBufferTypes; ++account) {
            const std::optional<api::MemoryKind> kind = inventory::kind_of_account(account);
            const ledger::BankGeometry& bank = facts.geometry[account];
            if (kind && bank.banks != 0) {
                banks[std::string(api::to_string(*kind))] = {exact(bank.base_address), exact(bank.bank_bytes),
                                                             bank.banks};
            }
        }
        all.push_back({{"devices", std::move(devices)}, {"lockstep", !facts.hybrid}, {"banks", std::move(banks)}});
    }
    return all;
}

void Recorder::begin_chunk(const Moment& moment, size_t chunk) {
    // Places after the last event of a chunk that has fewer than its head counts.
    const PagePlace next{chunk, 0};
    place_ = {chunk, 0};
    if ((next_point_ < plan_.points.size() && plan_.points[next_point_] < next) ||
        (next_moment_ < plan_.moments.size() && plan_.moments[next_moment_].place < next)) {
        --place_.chunk;
        place_.events = SIZE_MAX;
        arrive(moment);
        place_ = next;
    }
}

void Recorder::step(Moment& moment, const recording::Event& event) {
    const Held* const before = event.type == ledger::kEventAllocate ? moment.find(event.id) : nullptr;
    if (before != nullptr) {
        went(*before, event.time_ns);
    }
    Held freed;
    const recording::Change change = moment.apply(event, &freed);
    if (change == recording::Change::kAllocated) {
        came(moment, recording::held_of(event));
    } else if (change == recording::Change::kFreed) {
        went(freed, event.time_ns);
    }
    ++place_.events;
    now_ns_ = std::max(now_ns_, event.time_ns);
    arrive(moment);
}

bool Recorder::run(const recording::Reader& reader) {
    recording::Visitor visitor;
    visitor.on_chunk = [this](const Moment& moment, size_t chunk) {
        if (!is_full()) {
            begin_chunk(moment, chunk);
        }
    };
    visitor.on_break = [this](const Moment& moment, const recording::EventChunk&, uint64_t) {
        if (!is_full()) {
            begin_again(moment);
            now_ns_ = std::max(now_ns_, process_.events[place_.chunk].head.first_ns);
            arrive(moment);
        }
    };
    visitor.on_event = [this](Moment& moment, const recording::Event& event) {
        if (!is_full()) {
            step(moment, event);
        }
    };
    const Moment last = replay(reader, process_, visitor);
    if (!is_full()) {
        place_ = {SIZE_MAX, 0};
        arrive(last);
    }
    return !is_full();
}

Json Recorder::take(size_t number) {
    Json pools = Json::array();
    for (const PagePool& pool : plan_.pools) {
        pools.push_back({pool.allocator, std::string(api::to_string(*inventory::kind_of_account(pool.account)))});
    }
    Json buffers = Json::object();
    for (size_t column = 0; column < kColumns.size(); ++column) {
        buffers[kColumns[column]] = std::move(columns_[column]);
    }
    const uint64_t last_ns = process_.events.empty() ? 0 : process_.events.back().head.last_ns;
    Json page{{"number", number},
              {"span_ns", since(last_ns)},
              {"allocators", allocators()},
              {"pools", std::move(pools)},
              {"pools_left_out", plan_.pools_left_out},
              {"points",
               {{"at", std::move(points_at_)},
                {"bytes", std::move(points_bytes_)},
                {"scope", by_scope_.take()},
                {"operation", by_operation_.take()},
                {"line", by_line_.take()}}},
              {"least_bytes", limits_.least_bytes},
              {"moments", std::move(moments_)},
              {"buffers", std::move(buffers)}};
    page_names_.write(page);
    return page;
}

}  // namespace

std::optional<Json> page_process(const recording::Reader& reader, size_t number, const PagePlan& plan,
                                 const PageLimits& limits, uint64_t& rows_left) {
    Recorder recorder(reader.processes()[number], plan, limits, rows_left);
    if (!recorder.run(reader)) {
        return std::nullopt;
    }
    rows_left -= recorder.rows();
    return recorder.take(number);
}

}  // namespace ttmem::report
