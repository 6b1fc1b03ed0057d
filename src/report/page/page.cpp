// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/page/page.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/saturate.hpp"
#include "report/page/page_plan.hpp"
#include "report/page/page_process.hpp"
#include "report/write.hpp"

namespace ttmem::report {

// web/dist/report.html, of the file that cmake/embed.cmake makes.
extern const unsigned char kReportPage[];
extern const size_t kReportPageSize;

namespace {

using api::Json;

// Stands in the page's template once, where the data belongs.
constexpr std::string_view kMark = "@TTMEM_DATA@";

std::string_view page_template() {
    return {reinterpret_cast<const char*>(kReportPage), kReportPageSize};
}

// Buffers whose rows fill a page alone are one for so many bytes at least.
constexpr size_t kLeastRowBytes = 60;
constexpr size_t kMostStacks = 2000;     // of a graph; the others are one stack
constexpr size_t kMostPeakGraphs = 128;  // the largest; beside them each process has three graphs
constexpr size_t kLeastBins = 125;       // while buffers could be left out of lists instead

// Stacks for flame graphs, each frame's text once. All together take `room` bytes at most, as far as stacks can be left out.
class Flames {
public:
    Flames(size_t room, size_t graphs) : room_(room), graphs_left_(std::max<size_t>(graphs, 1)) {}

    void add(const char* list, size_t process, Json of, const Holders& holders) {
        const size_t until = spent_ + (room_ - std::min(room_, spent_)) / graphs_left_;
        graphs_left_ = std::max<size_t>(graphs_left_ - 1, 1);
        Json stacks = Json::array();
        Holder others;
        for (const Holder& holder : holders) {
            if (stacks.size() < kMostStacks && spent_ < until) {
                stacks.push_back({frames(holder.name.value_or("(unknown)")), holder.bytes, holder.buffers});
            } else {
                saturating_add(others.bytes, holder.bytes);
                saturating_add(others.buffers, holder.buffers);
            }
        }
        if (others.buffers != 0) {
            stacks.push_back({frames("(others)"), others.bytes, others.buffers});
        }
        graphs_.push_back({{"list", list}, {"process", process}, {"of", std::move(of)}, {"stacks", std::move(stacks)}});
    }
    Json take(size_t left_out) {
        return {{"frames", std::move(texts_)}, {"graphs", std::move(graphs_)}, {"left_out", left_out}};
    }

private:
    // Bytes of a page, about: of a number with its comma, and of a stack's figures and signs.
    static constexpr size_t kNumberBytes = 6, kStackBytes = 24;

    Json frames(std::string_view folded) {
        Json stack = Json::array();
        spent_ += kStackBytes;
        while (true) {
            const size_t end = std::min(folded.find(';'), folded.size());
            const auto [at, is_new] = known_.try_emplace(std::string(folded.substr(0, end)), texts_.size());
            if (is_new) {
                texts_.push_back(at->first);
                spent_ += end;
            }
            stack.push_back(at->second);
            spent_ += kNumberBytes;
            if (end == folded.size()) {
                return stack;
            }
            folded.remove_prefix(end + 1);
        }
    }

    const size_t room_;
    size_t graphs_left_;
    size_t spent_ = 0;
    std::unordered_map<std::string, size_t> known_;
    Json texts_ = Json::array(), graphs_ = Json::array();
};

// The largest ones of processes that have a timeline, in the report's order.
std::vector<const Peak*> peaks_with_graph(const Report& folded) {
    std::vector<const Peak*> peaks;
    for (const Peak& peak : folded.peaks) {
        if (peak.process < kMostPageProcesses) {
            peaks.push_back(&peak);
        }
    }
    std::stable_sort(peaks.begin(), peaks.end(),
                     [](const Peak* one, const Peak* other) { return one->bytes > other->bytes; });
    peaks.resize(std::min(peaks.size(), kMostPeakGraphs));
    std::sort(peaks.begin(), peaks.end());
    return peaks;
}

Json flames(const Report& folded, size_t room) {
    const std::pair<const char*, const std::vector<ProcessHolders>*> lists[] = {
        {kFoldedWords[1], &folded.leaks}, {kFoldedWords[2], &folded.temporary}, {kFoldedWords[3], &folded.churn}};
    const auto has_graph = [](const ProcessHolders& of) {
        return of.process < kMostPageProcesses && !of.holders.empty();
    };
    const std::vector<const Peak*> peaks = peaks_with_graph(folded);
    size_t graphs = peaks.size();
    for (const auto& [word, list] : lists) {
        graphs += static_cast<size_t>(std::count_if(list->begin(), list->end(), has_graph));
    }
    Flames flames(room, graphs);
    for (const Peak* peak : peaks) {
        Json of{{"kind", std::string(api::to_string(peak->kind))},
                {"allocator", peak->allocator},
                {"devices", peak->devices}};
        flames.add(kFoldedWords[0], peak->process, std::move(of), peak->holders);
    }
    for (const auto& [word, list] : lists) {
        for (const ProcessHolders& of : *list) {
            if (has_graph(of)) {
                flames.add(word, of.process, nullptr, of.holders);
            }
        }
    }
    return flames.take(folded.peaks.size() - peaks.size());
}

// Less of a recording whose page became too large; absent: nothing is left to leave out.
std::optional<PageLimits> smaller(PageLimits limits) {
    if (limits.further > 0 || limits.bins > kLeastBins) {
        limits.further /= 2;
        limits.bins = std::max(limits.bins / 2, kLeastBins);
        limits.further = limits.further < 8 ? 0 : limits.further;
        return limits;
    }
    if (limits.least_bytes < UINT64_MAX) {
        limits.least_bytes = std::max<uint64_t>(saturating_product(limits.least_bytes, 8), 4096);
        return limits;
    }
    if (limits.bins > 1) {
        limits.bins /= 2;
        return limits;
    }
    return std::nullopt;
}

// Absent: they have more rows than the limits allow.
std::optional<Json> timelines(const recording::Reader& reader, const Report& report, const PageLimits& limits) {
    Json all = Json::array();
    uint64_t rows_left = limits.most_rows;
    for (size_t i = 0; i < std::min(reader.processes().size(), kMostPageProcesses); ++i) {
        const PagePlan plan = plan_page(reader, i, report, limits);
        std::optional<Json> process = page_process(reader, i, plan, limits, rows_left);
        if (!process) {
            return std::nullopt;
        }
        all.push_back(std::move(*process));
    }
    return all;
}

// The page's data with as much of the processes as `room` has place for; absent: not even their sums.
std::optional<std::string> with_timelines(const recording::Reader& reader, const Report& report, Json& data,
                                          size_t room) {
    const size_t others = embeddable(data).size();
    if (others >= room) {
        return std::nullopt;
    }
    std::optional<PageLimits> limits = PageLimits{};
    limits->most_rows = (room - others) / kLeastRowBytes;
    while (limits) {
        std::optional<Json> processes = timelines(reader, report, *limits);
        if (!processes) {
            limits = smaller(*limits);
            continue;
        }
        data["processes"] = std::move(*processes);
        std::string text = embeddable(data);
        if (text.size() <= room) {
            return text;
        }
        // A page that is many times too large is not tried at each size in between.
        for (size_t size = text.size(); size > room && limits; size /= 2) {
            limits = smaller(*limits);
        }
    }
    return std::nullopt;
}

}  // namespace

std::string embeddable(const Json& json) {
    const std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
    std::string safe;
    safe.reserve(text.size());
    for (const char byte : text) {
        if (byte == '<') {
            safe += "\\u003c";
        } else {
            safe += byte;
        }
    }
    return safe;
}

Result<std::string> report_page(const recording::Reader& reader, const std::string& name, const Options& options,
                                size_t most_bytes) {
    Options plain = options, by_stack = options;
    plain.folded = false;
    plain.course = true;
    by_stack.folded = true;
    by_stack.course = false;
    const std::string_view page = page_template();
    const size_t mark = page.find(kMark);
    const size_t room = most_bytes - std::min(most_bytes, page.size());
    const Report report = make_report(reader, plain);
    Json owners = Json::array();
    for (const Peak& peak : report.peaks) {
        owners.push_back(peak.process);
    }
    Json data{{"schema", 1},
              {"name", name},
              {"report", Json::parse(report_json(report, plain.by, kPageTop))},
              {"peak_processes", std::move(owners)},
              {"flames", flames(make_report(reader, by_stack), room / 3)},
              {"report_alone", false},
              {"processes", Json::array()}};
    std::optional<std::string> text = with_timelines(reader, report, data, room);
    if (!text) {
        data["report_alone"] = true;
        data["flames"] = Flames(0, 0).take(0);
        data["processes"] = Json::array();
        text = embeddable(data);
    }
    if (text->size() > room) {
        return Error{"the report alone is too large for a page: " + std::to_string(text->size() + page.size()) +
                         " bytes, of " + std::to_string(most_bytes) + " at most (--json prints it)",
                     0};
    }
    return std::string(page.substr(0, mark)) + *text + std::string(page.substr(mark + kMark.size()));
}

}  // namespace ttmem::report
