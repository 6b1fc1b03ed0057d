// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Chrome's JSON trace, which Perfetto reads: counters by allocator and kind, operations and steps as slices, refusals
// as instants.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "inventory/holdings.hpp"
#include "output/json_values.hpp"
#include "recording/replay.hpp"
#include "report/at_moment.hpp"
#include "report/export.hpp"
#include "report/names.hpp"
#include "report/process_names.hpp"

namespace ttmem::report {

namespace {

using api::Json;
using inventory::GroupBy;
using recording::Event;

class Trace {
public:
    explicit Trace(uint64_t first_ns) : first_ns_(first_ns) {}

    void add(const Json& event) {
        text_ += (is_first_ ? "" : ",\n") + event.dump(-1, ' ', false, Json::error_handler_t::replace);
        is_first_ = false;
    }
    // Times are in µs from the first event: a JSON number cannot hold ns since 1970.
    double us(uint64_t time_ns) const { return static_cast<double>(time_ns - std::min(first_ns_, time_ns)) / 1e3; }
    std::string take() { return std::move(text_) + "\n]}\n"; }

private:
    std::string text_ = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n";
    bool is_first_ = true;
    const uint64_t first_ns_;
};

class ProcessTrace {
public:
    ProcessTrace(Trace& trace, const recording::RecordedProcess& process)
        : trace_(trace), process_(process), pid_(pid_of(process)), names_(process) {}

    void run(const recording::Reader& reader);

private:
    void on_event(recording::Moment& moment, const Event& event);
    void end_operation(uint32_t thread, uint64_t time_ns);
    void add_refusal(const Event& event);
    void step(uint64_t time_ns, const std::optional<std::string>& name);

    Trace& trace_;
    const recording::RecordedProcess& process_;
    const uint64_t pid_;
    Names names_;
    std::map<uint32_t, Event> operations_;  // the last allocation of each thread
    std::optional<std::string> step_;       // that has begun
    uint64_t last_ns_ = 0;
};

// A recording has an operation's allocations, and not its end: a slice reaches to the next event of its thread.
void ProcessTrace::end_operation(uint32_t thread, uint64_t time_ns) {
    const auto found = operations_.find(thread);
    if (found == operations_.end()) {
        return;
    }
    const Event& event = found->second;
    const Origin origin = origin_of(recording::held_of(event));
    const std::string scope = names_.scope(event.context);
    trace_.add(
        {{"ph", "X"},
         {"pid", pid_},
         {"tid", thread},
         {"ts", trace_.us(event.time_ns)},
         {"dur", trace_.us(std::max(time_ns, event.time_ns)) - trace_.us(event.time_ns)},
         {"name", names_.name(origin, GroupBy::kOperation).value_or("(unknown operation)")},
         {"cat", "operation"},
         {"args",
          {{"bytes", event.bytes},
           {"kind", std::string(api::to_string(*inventory::kind_of_account(event.account)))},
           {"scope", api::text_or_null(scope)},
           {"line", api::or_null(names_.name(origin, GroupBy::kLine))},
           {"tensor", origin.tensor == 0 ? Json(nullptr) : api::or_null(names_.name(origin, GroupBy::kTensor))}}}});
    operations_.erase(found);
}

void ProcessTrace::add_refusal(const Event& event) {
    const Origin origin{event.context, 0, 0, 0, 0, event.account};
    trace_.add({{"ph", "i"},
                {"pid", pid_},
                {"tid", event.thread},
                {"ts", trace_.us(event.time_ns)},
                {"s", "p"},
                {"name", event.type == ledger::kEventFail ? "out of memory" : "refused"},
                {"args",
                 {{"wanted_bytes", event.bytes},
                  {"operation", api::or_null(names_.name(origin, GroupBy::kOperation))},
                  {"line", api::or_null(names_.name(origin, GroupBy::kLine))}}}});
}

// Steps follow each other on a track of their own; nullopt: the last one ends.
void ProcessTrace::step(uint64_t time_ns, const std::optional<std::string>& name) {
    const auto add = [&](const char* phase, const std::string& what) {
        trace_.add({{"ph", phase},
                    {"pid", pid_},
                    {"tid", pid_},
                    {"id", pid_},
                    {"cat", "step"},
                    {"ts", trace_.us(time_ns)},
                    {"name", what}});
    };
    if (step_) {
        add("e", *step_);
    }
    if (name) {
        add("b", *name);
    }
    step_ = name;
}

void ProcessTrace::on_event(recording::Moment& moment, const Event& event) {
    const recording::Change change = moment.apply(event);
    last_ns_ = std::max(last_ns_, event.time_ns);
    end_operation(event.thread, event.time_ns);
    const std::optional<api::MemoryKind> kind = inventory::kind_of_account(event.account);
    if (kind && (change == recording::Change::kAllocated || change == recording::Change::kFreed)) {
        if (change == recording::Change::kAllocated) {
            operations_[event.thread] = event;
        }
        trace_.add({{"ph", "C"},
                    {"pid", pid_},
                    {"tid", 0},
                    {"ts", trace_.us(event.time_ns)},
                    {"name", std::string(api::to_string(*kind)) + ", " + allocator_name(process_, event.allocator)},
                    {"args", {{"bytes", moment.total(event.allocator, event.account).bytes}}}});
    } else if (event.type == ledger::kEventMark) {
        step(event.time_ns, "step " + std::to_string(event.id));
    } else if (event.is_refusal()) {
        add_refusal(event);
    }
}

void ProcessTrace::run(const recording::Reader& reader) {
    trace_.add({{"ph", "M"},
                {"pid", pid_},
                {"name", "process_name"},
                {"args", {{"name", process_.facts ? process_.facts->name : "?"}}}});
    recording::Visitor visitor;
    visitor.on_event = [this](recording::Moment& moment, const Event& event) { on_event(moment, event); };
    replay(reader, process_, visitor);
    while (!operations_.empty()) {
        end_operation(operations_.begin()->first, last_ns_);
    }
    step(last_ns_, std::nullopt);
}

}  // namespace

std::string export_perfetto(const recording::Reader& reader) {
    Trace trace(first_event_ns(reader));
    for (const recording::RecordedProcess& process : reader.processes()) {
        ProcessTrace(trace, process).run(reader);
    }
    return trace.take();
}

}  // namespace ttmem::report
