// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// JSON for speedscope.
#include <algorithm>
#include <map>

#include "inventory/holdings.hpp"
#include "output/json_values.hpp"
#include "recording/replay.hpp"
#include "report/export.hpp"
#include "report/names.hpp"
#include "report/process_names.hpp"
#include "report/report.hpp"

namespace ttmem::report {

namespace {

using api::Json;
using recording::Held;

constexpr const char* kSpeedscopeSchema = "https://www.speedscope.app/file-format-schema.json";

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The frames of a context from the outermost on, by their place in a shared table.
class Frames {
public:
    explicit Frames(Json& table) : table_(table) {}

    Json stack(Names& names, const Held& held) {
        Json stack = Json::array();
        const api::Context* context = names.context(held.context);
        const std::string& scope = names.scope(held.context);
        if (!scope.empty()) {
            stack.push_back(frame(scope, "", 0));
        }
        if (context != nullptr) {
            for (auto at = context->stack.rbegin(); at != context->stack.rend(); ++at) {
                stack.push_back(frame(at->function.empty() ? "?" : at->function, at->file, at->line));
            }
            if (!context->operation.empty()) {
                stack.push_back(frame(context->operation, "", 0));
            }
        }
        if (stack.empty()) {
            stack.push_back(frame("(unknown)", "", 0));
        }
        return stack;
    }

private:
    size_t frame(const std::string& name, const std::string& file, uint32_t line) {
        const auto [at, is_new] = known_.try_emplace({name, file, line}, table_.size());
        if (is_new) {
            Json row{{"name", name}};
            if (!file.empty()) {
                row["file"] = file;
            }
            if (line != 0) {
                row["line"] = line;
            }
            table_.push_back(row);
        }
        return at->second;
    }

    Json& table_;
    std::map<std::tuple<std::string, std::string, uint32_t>, size_t> known_;
};

// The buffers of one allocator and one kind at their peak.
Json peak_profile(const recording::Reader& reader, const Peak& peak, Frames& frames) {
    const recording::RecordedProcess& process = reader.processes()[peak.process];
    const uint32_t account = inventory::account_of(peak.kind);
    Names names(process);
    std::map<uint32_t, std::pair<Held, uint64_t>> by_context;
    if (const std::optional<recording::Moment> moment = moment_at(reader, process, {peak.chunk, peak.events})) {
        for (const Held& held : moment->by_id()) {
            if (held.allocator == peak.allocator && held.account == account) {
                auto& [example, bytes] = by_context[held.context];
                example = held;
                bytes += held.bytes;
            }
        }
    }
    Json samples = Json::array(), weights = Json::array();
    uint64_t all = 0;
    for (const auto& [context, sum] : by_context) {
        samples.push_back(frames.stack(names, sum.first));
        weights.push_back(sum.second);
        all += sum.second;
    }
    return {{"type", "sampled"},
            {"name", "peak of " + std::string(api::to_string(peak.kind)) + ", " +
                         allocator_name(process, peak.allocator) + ", pid " + std::to_string(pid_of(process))},
            {"unit", "bytes"},
            {"startValue", 0},
            {"endValue", all},
            {"samples", samples},
            {"weights", weights}};
}

Options peaks_alone() {
    Options options;
    options.course = false;
    return options;
}

}  // namespace

std::string export_speedscope(const recording::Reader& reader) {
    Json table = Json::array(), profiles = Json::array();
    Frames frames(table);
    for (const Peak& peak : make_report(reader, peaks_alone()).peaks) {
        profiles.push_back(peak_profile(reader, peak, frames));
    }
    return text_of({{"$schema", kSpeedscopeSchema},
                    {"exporter", "ttmem"},
                    {"name", "device memory at its peaks"},
                    {"activeProfileIndex", 0},
                    {"shared", {{"frames", table}}},
                    {"profiles", profiles}});
}

}  // namespace ttmem::report
