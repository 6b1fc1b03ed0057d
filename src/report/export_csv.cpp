// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "base/clean_text.hpp"
#include "inventory/holdings.hpp"
#include "recording/replay.hpp"
#include "report/export.hpp"
#include "report/names.hpp"

namespace ttmem::report {

namespace {

using recording::Event;
using recording::Held;

// A cell, cleaned and in quotation marks; unknown is empty.
std::string cell(const std::optional<std::string>& text) {
    if (!text) {
        return "";
    }
    std::string quoted = "\"";
    for (const char c : clean_cell(*text)) {
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    }
    return quoted + "\"";
}

const char* word_of(uint8_t type) {
    switch (type) {
        case ledger::kEventAllocate:
            return "allocate";
        case ledger::kEventFree:
            return "free";
        case ledger::kEventFail:
            return "out_of_memory";
        case ledger::kEventClash:
            return "clash";
        case ledger::kEventRefused:
            return "refused";
        case ledger::kEventAllocatorOpen:
            return "allocator_open";
        case ledger::kEventAllocatorClose:
            return "allocator_close";
        case ledger::kEventProgramLoad:
            return "program_load";
        case ledger::kEventProgramUnload:
            return "program_unload";
        default:
            return "other";
    }
}

class Rows {
public:
    Rows(std::string& text, const recording::RecordedProcess& process) : text_(text), names_(process) {
        pid_ = process.facts ? std::to_string(process.facts->pid) : "";
    }

    void add(const Event& event, const Held* freed) {
        const bool is_buffer = event.type == ledger::kEventAllocate || freed != nullptr;
        const Held held = freed != nullptr ? *freed : recording::held_of(event);
        const std::optional<api::MemoryKind> kind = inventory::kind_of_account(event.account);
        const auto number = [](bool known, uint64_t value) { return known ? std::to_string(value) : std::string(); };
        const bool has_bytes = is_buffer || event.type == ledger::kEventFail;
        text_ += std::to_string(event.time_ns) + "," + pid_ + "," + std::to_string(event.thread) + "," +
                 word_of(event.type) + "," + number(event.allocator != recording::kNone, event.allocator) + "," +
                 (kind && has_bytes ? std::string(api::to_string(*kind)) : std::string()) + "," +
                 std::to_string(event.id) + "," + number(is_buffer, held.address) + "," +
                 number(has_bytes, held.bytes) + "," + number(is_buffer, held.requested_bytes) + "," +
                 names(origin_of(held)) + "\n";
    }

private:
    const std::string& names(const Origin& origin) {
        const auto [at, is_new] = known_.try_emplace(origin);
        if (is_new) {
            at->second = cell(names_.name(origin, inventory::GroupBy::kScope)) + "," +
                         cell(names_.name(origin, inventory::GroupBy::kOperation)) + "," +
                         cell(names_.name(origin, inventory::GroupBy::kLine)) + "," +
                         (origin.tensor == 0 ? "" : cell(names_.name(origin, inventory::GroupBy::kTensor)));
        }
        return at->second;
    }

    std::string& text_;
    Names names_;
    std::string pid_;
    std::unordered_map<Origin, std::string, OriginHash> known_;
};

}  // namespace

std::optional<Format> format_of(std::string_view word) {
    constexpr std::pair<std::string_view, Format> kWords[] = {{"csv", Format::kCsv},
                                                              {"memory_viz", Format::kMemoryViz},
                                                              {"perfetto", Format::kPerfetto},
                                                              {"pprof", Format::kPprof},
                                                              {"speedscope", Format::kSpeedscope}};
    for (const auto& [known, format] : kWords) {
        if (known == word) {
            return format;
        }
    }
    return std::nullopt;
}

std::string export_csv(const recording::Reader& reader) {
    std::string text =
        "time_ns,pid,thread,event,allocator,kind,id,address,bytes,requested_bytes,scope,operation,line,tensor\n";
    for (const recording::RecordedProcess& process : reader.processes()) {
        Rows rows(text, process);
        recording::Visitor visitor;
        visitor.on_event = [&rows](recording::Moment& moment, const Event& event) {
            Held freed;
            const bool went = moment.apply(event, &freed) == recording::Change::kFreed;
            rows.add(event, went ? &freed : nullptr);
        };
        replay(reader, process, visitor);
    }
    return text;
}

}  // namespace ttmem::report
