// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "visualizer/export.hpp"

#include <algorithm>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "inventory/holdings.hpp"
#include "recording/replay.hpp"
#include "report/bank_holes.hpp"
#include "report/names.hpp"
#include "visualizer/circular_buffers.hpp"
#include "visualizer/device_rows.hpp"
#include "visualizer/graph.hpp"
#include "visualizer/schema.hpp"
#include "visualizer/tables.hpp"
#include "visualizer/words.hpp"

namespace ttmem::visualizer {

namespace {

using inventory::GroupBy;
using recording::Event;
using recording::Held;

// ttnn's name for a free that no operation of Python's stands around.
constexpr const char* kFreeName = "ttnn::deallocate";

std::string utc_text(uint64_t time_ns) {
    const auto seconds = static_cast<time_t>(time_ns / 1'000'000'000);
    tm parts{};
    char text[32] = "";
    return gmtime_r(&seconds, &parts) != nullptr && strftime(text, sizeof text, "%FT%TZ", &parts) != 0 ? text : "";
}

std::string refusal_word(const Event& event) {
    return event.type == ledger::kEventFail    ? "out of memory"
           : event.type == ledger::kEventClash ? "circular buffers clash with a buffer"
                                               : "refused";
}

// One process of the recording, which is a rank of the report.
class ProcessExport {
public:
    ProcessExport(Tables& tables, const recording::Reader& reader, const recording::RecordedProcess& process,
                  uint32_t rank, const Part& part, uint64_t& rows_left)
        : tables_(tables),
          reader_(reader),
          process_(process),
          rank_(rank),
          part_(part),
          rows_left_(rows_left),
          names_(process),
          devices_(process) {}

    // False: the report has more rows than it may have.
    bool run();
    int64_t operations() const { return number_; }

private:
    struct Live {
        Held held;
        std::optional<int64_t> tensor;
        std::vector<int> devices;
    };
    enum class Kind : uint8_t { kNone, kHeld, kAllocation, kFrees, kRefusal, kLaunch };

    void on_break(const recording::Moment& moment, uint64_t missed);
    void on_event(const Event& event);
    void begin(Kind kind, std::string name, uint64_t time_ns, uint32_t context, uint32_t thread = 0);
    void end(uint64_t time_ns);
    void begin_with_held(std::string name, uint64_t time_ns);
    void add_allocation(Live& live);
    void add_free(const Live& live);
    void add_tensor(Live& live, const api::Tensor& tensor);
    void add_refusal(const Event& event);
    void add_load(const Event& event);
    std::string operation_name(uint32_t context, uint8_t account);
    Graph::Parameters buffer_parameters(const Live& live, int device);

    Tables& tables_;
    const recording::Reader& reader_;
    const recording::RecordedProcess& process_;
    const uint32_t rank_;
    const Part part_;
    uint64_t& rows_left_;
    report::Names names_;
    DeviceNumbers devices_;
    Graph graph_;
    std::map<uint64_t, Live> live_;  // by id
    Kind kind_ = Kind::kNone;        // of the operation that has begun
    std::string name_;
    uint32_t context_ = 0;  // of the event that began it
    uint32_t thread_ = 0;
    uint64_t began_ns_ = 0;
    int64_t number_ = 0;
    int64_t inputs_ = 0, outputs_ = 0, tensors_ = 0;
    uint64_t step_ = 0;
    uint64_t last_ns_ = 0;
    bool is_inside_ = false;  // the part has begun
    bool is_past_ = false;    // it is over, or there is no room
    bool is_too_much_ = false;
};

std::string ProcessExport::operation_name(uint32_t context, uint8_t account) {
    const report::Origin origin{context, 0, 0, 0, 0, account};
    return names_.name(origin, GroupBy::kOperation).value_or("(unknown operation)");
}

void ProcessExport::begin(Kind kind, std::string name, uint64_t time_ns, uint32_t context, uint32_t thread) {
    end(time_ns);
    kind_ = kind;
    context_ = context;
    thread_ = thread;
    name_ = std::move(name);
    began_ns_ = time_ns;
    ++number_;
    inputs_ = outputs_ = 0;
    graph_.begin(name_);
    const auto argument = [this](const char* what, const std::string& value) {
        tables_.add(tables_.argument, number_, what, value, rank_);
    };
    if (step_ != 0) {
        argument("step", std::to_string(step_));
    }
    if (const std::string& scope = names_.scope(context); !scope.empty()) {
        argument("scope", scope);
    }
    if (const api::Context* const found = names_.context(context); found != nullptr && !found->stack.empty()) {
        tables_.add(tables_.stack, number_, stack_text(*found), std::nullopt, rank_);
    }
}

// The buffers are those that live when the next operation begins: nothing came or went in between.
void ProcessExport::end(uint64_t time_ns) {
    if (std::exchange(kind_, Kind::kNone) == Kind::kNone) {
        return;
    }
    const double seconds = static_cast<double>(std::max(time_ns, began_ns_) - began_ns_) / 1e9;
    tables_.add(tables_.operation, number_, name_, seconds, rank_);
    tables_.add(tables_.graph, number_, graph_.end(name_), rank_);
    for (const auto& [id, live] : live_) {
        const api::Tensor* const tensor = live.held.tensor == 0 ? nullptr : names_.tensor(live.held.tensor);
        const uint64_t bank_bytes = report::bytes_per_bank(process_, live.held);
        for (const int device : live.devices) {
            if (rows_left_ == 0) {
                is_past_ = is_too_much_ = true;
                return;
            }
            --rows_left_;
            tables_.add(tables_.buffer, number_, device, live.held.address, bank_bytes, int{live.held.account},
                        layout_number(tensor, live.held.form), rank_);
        }
    }
}

Graph::Parameters ProcessExport::buffer_parameters(const Live& live, int device) {
    const Held& held = live.held;
    const api::Tensor* const tensor = held.tensor == 0 ? nullptr : names_.tensor(held.tensor);
    constexpr const char* kLayouts[] = {"INTERLEAVED", "HEIGHT_SHARDED", "WIDTH_SHARDED", "BLOCK_SHARDED"};
    const char* const kind = buffer_type_word(held.account);
    return {{"address", held.address},
            {"buffer_type", uint64_t{held.account}},
            {"device_id", static_cast<uint64_t>(device)},
            {"layout", kLayouts[layout_number(tensor, held.form)]},
            {"max_size_per_bank", report::bytes_per_bank(process_, held)},
            {"num_cores", uint64_t{held.banks().value_or(0)}},
            {"page_size", uint64_t{held.page_bytes}},
            {"size", held.requested_bytes},
            {"type", kind}};
}

void ProcessExport::add_tensor(Live& live, const api::Tensor& tensor) {
    live.tensor = ++tensors_;
    const Held& held = live.held;
    const int first = live.devices.empty() ? 0 : live.devices.front();
    const std::string config = memory_config_word(tensor, held.account);
    tables_.add(tables_.tensor, *live.tensor, shape_word(tensor.shape), data_type_word(tensor), layout_word(tensor),
                config, first, held.address, int{held.account}, rank_, "DEVICE");
    for (const int device : live.devices) {
        tables_.add(tables_.device_tensor, *live.tensor, device, held.address, rank_);
    }
    graph_.add("tensor", {{"tensor_id", static_cast<uint64_t>(*live.tensor)},
                          {"shape", shape_word(tensor.shape)},
                          {"dtype", data_type_word(tensor)},
                          {"layout", layout_word(tensor)},
                          {"memory_config", config},
                          {"device_id", static_cast<uint64_t>(first)},
                          {"address", held.address},
                          {"buffer_type", uint64_t{held.account}}});
    tables_.add(tables_.output, number_, outputs_, *live.tensor, rank_);
    tables_.add(tables_.producer, *live.tensor, number_, outputs_++, rank_);
}

void ProcessExport::add_allocation(Live& live) {
    for (const int device : live.devices) {
        graph_.add("buffer_allocate", buffer_parameters(live, device));
    }
    const api::Tensor* const tensor = live.held.tensor == 0 ? nullptr : names_.tensor(live.held.tensor);
    if (tensor != nullptr) {
        add_tensor(live, *tensor);
    }
}

void ProcessExport::add_free(const Live& live) {
    for (const int device : live.devices) {
        graph_.add("buffer_deallocate", buffer_parameters(live, device));
    }
    if (live.tensor) {
        tables_.add(tables_.input, number_, inputs_, *live.tensor, rank_);
        tables_.add(tables_.consumer, *live.tensor, number_, inputs_++, rank_);
    }
}

void ProcessExport::add_refusal(const Event& event) {
    begin(Kind::kRefusal, operation_name(event.context, event.account), event.time_ns, event.context);
    const std::optional<api::MemoryKind> kind = inventory::kind_of_account(event.account);
    std::string message = refusal_word(event);
    if (event.type == ledger::kEventFail) {
        message += ": " + std::to_string(event.bytes) + " bytes" +
                   (kind ? " of " + std::string(api::to_string(*kind)) : "") + " were wanted";
    }
    const api::Context* const context = names_.context(event.context);
    tables_.add(tables_.error, number_, name_, refusal_word(event), message,
                context == nullptr ? std::string() : stack_text(*context), utc_text(event.time_ns), rank_);
}

// A program is loaded as it is launched for the first time: by the operation that has just allocated its output, or by
// one that allocates nothing.
void ProcessExport::add_load(const Event& event) {
    const recording::RecordedPrograms& known = process_.programs;
    const auto load = known.loads.find({event.shard, event.number});
    if (load == known.loads.end() || load->second >= known.definitions.size()) {
        return;
    }
    const ledger::Program& program = known.definitions[load->second];
    if (program.type != ledger::kProgramApplication) {
        return;  // tt-metal's own, which no operation launches
    }
    const bool has_begun =
        (kind_ == Kind::kAllocation || kind_ == Kind::kLaunch) && context_ == event.context && thread_ == event.thread;
    if (!has_begun) {
        begin(Kind::kLaunch, operation_name(event.context, ledger::kAccountL1), event.time_ns, event.context,
              event.thread);
    }
    add_circular_buffers(graph_, program, devices_.of(program));
}

// An operation that made all that lives, since what made it is not in the part.
void ProcessExport::begin_with_held(std::string name, uint64_t time_ns) {
    begin(Kind::kHeld, std::move(name), time_ns, 0);
    for (auto& [id, live] : live_) {
        if (!live.tensor) {
            add_allocation(live);
        }
    }
}

void ProcessExport::on_break(const recording::Moment& moment, uint64_t missed) {
    if (is_past_) {
        return;
    }
    end(last_ns_);
    std::map<uint64_t, Live> before = std::exchange(live_, {});
    for (const Held& held : moment.by_id()) {
        if (!inventory::kind_of_account(held.account)) {
            continue;
        }
        Live& live = live_[held.id];
        live = {held, std::nullopt, devices_.of(held)};
        const auto known = before.find(held.id);
        if (known != before.end() && known->second.held.time_ns == held.time_ns) {
            live.tensor = known->second.tensor;
        }
    }
    if (is_inside_) {
        begin_with_held("(" + std::to_string(missed) + " events were lost)", last_ns_);
    }
}

void ProcessExport::on_event(const Event& event) {
    is_past_ = is_past_ || event.time_ns > part_.until_ns;
    if (is_past_) {
        return;
    }
    last_ns_ = std::max(last_ns_, event.time_ns);
    if (event.type == ledger::kEventMark) {
        step_ = event.id;
    }
    if (!is_inside_ && event.time_ns >= part_.from_ns) {
        is_inside_ = true;
        if (!live_.empty()) {
            begin_with_held("(held before)", event.time_ns);
        }
    }
    if (event.type == ledger::kEventAllocate && inventory::kind_of_account(event.account)) {
        if (is_inside_) {
            begin(Kind::kAllocation, operation_name(event.context, event.account), event.time_ns, event.context,
                  event.thread);
        }
        const Held held = recording::held_of(event);
        Live& live = live_[event.id];
        live = {held, std::nullopt, devices_.of(held)};
        if (is_inside_) {
            add_allocation(live);
        }
    } else if (event.type == ledger::kEventFree) {
        const auto found = live_.find(event.id);
        if (found == live_.end()) {
            return;
        }
        if (is_inside_ && kind_ != Kind::kFrees) {
            begin(Kind::kFrees, kFreeName, event.time_ns, 0);
        }
        if (is_inside_) {
            add_free(found->second);
        }
        live_.erase(found);
    } else if (event.is_refusal() && is_inside_) {
        add_refusal(event);
    } else if (event.type == ledger::kEventProgramLoad && is_inside_) {
        add_load(event);
    }
}

bool ProcessExport::run() {
    const auto& chunks = process_.events;
    size_t first = 0;
    while (first + 1 < chunks.size() && chunks[first + 1].head.first_ns <= part_.from_ns) {
        ++first;
    }
    add_devices(tables_, process_, devices_, rank_);
    recording::Visitor visitor;
    visitor.on_event = [this](recording::Moment&, const Event& event) { on_event(event); };
    visitor.on_break = [this](const recording::Moment& moment, const auto&, uint64_t missed) {
        on_break(moment, missed);
    };
    replay(reader_, process_, visitor, first);
    if (!is_too_much_) {
        end(last_ns_);
    }
    return !is_too_much_;
}

}  // namespace

Result<std::string> export_database(const recording::Reader& reader, const Part& part, uint64_t most_rows) {
    Result<std::unique_ptr<Tables>> made = Tables::create();
    if (!made) {
        return made.error();
    }
    Tables& tables = *made.value();
    uint64_t rows_left = most_rows, first = UINT64_MAX, last = 0;
    uint32_t ranks = 0;
    for (const recording::RecordedProcess& process : reader.processes()) {
        if (process.events.empty()) {
            continue;
        }
        first = std::min(first, process.events.front().head.first_ns);
        last = std::max(last, process.events.back().head.last_ns);
        ProcessExport rows(tables, reader, process, ranks, part, rows_left);
        if (!rows.run()) {
            return Error{"the report would have more than " + std::to_string(most_rows) +
                             " rows of buffers, since each operation lists all that live: choose a part with --from "
                             "and --until, as in --from step:10 --until step:11 or --from 50% --until 51%",
                         0};
        }
        ranks += 1;
    }
    first = std::max(std::min(first, last), part.from_ns);
    last = std::max(first, std::min(last, part.until_ns));
    tables.add(tables.metadata, "schema_version", kSchemaVersion);
    tables.add(tables.metadata, "capture_timestamp_ns", std::to_string(first));
    tables.add(tables.metadata, "total_duration_ns", std::to_string(last - first));
    tables.add(tables.metadata, "git_url", "");
    tables.add(tables.metadata, "git_sha", "");
    tables.add(tables.metadata, "rank", "0");
    tables.add(tables.metadata, "world_size", std::to_string(std::max(ranks, uint32_t{1})));
    tables.add(tables.metadata, "written_by", "ttmem");
    return tables.finish();
}

}  // namespace ttmem::visualizer
