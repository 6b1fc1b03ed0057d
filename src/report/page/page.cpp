// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/page/page.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

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

// Stacks for flame graphs, each frame's text once.
class Flames {
public:
    void add(const char* list, size_t process, Json of, const Holders& holders) {
        Json stacks = Json::array();
        for (const Holder& holder : holders) {
            stacks.push_back({frames(holder.name.value_or("(unknown)")), holder.bytes, holder.buffers});
        }
        graphs_.push_back({{"list", list}, {"process", process}, {"of", std::move(of)}, {"stacks", std::move(stacks)}});
    }
    Json take() { return {{"frames", std::move(texts_)}, {"graphs", std::move(graphs_)}}; }

private:
    Json frames(std::string_view folded) {
        Json stack = Json::array();
        while (true) {
            const size_t end = std::min(folded.find(';'), folded.size());
            const auto [at, is_new] = known_.try_emplace(std::string(folded.substr(0, end)), texts_.size());
            if (is_new) {
                texts_.push_back(at->first);
            }
            stack.push_back(at->second);
            if (end == folded.size()) {
                return stack;
            }
            folded.remove_prefix(end + 1);
        }
    }

    std::unordered_map<std::string, size_t> known_;
    Json texts_ = Json::array(), graphs_ = Json::array();
};

Json flames(const Report& folded) {
    Flames flames;
    for (const Peak& peak : folded.peaks) {
        Json of{
            {"kind", std::string(api::to_string(peak.kind))}, {"allocator", peak.allocator}, {"devices", peak.devices}};
        flames.add(kFoldedWords[0], peak.process, std::move(of), peak.holders);
    }
    const std::pair<const char*, const std::vector<ProcessHolders>*> lists[] = {
        {kFoldedWords[1], &folded.leaks}, {kFoldedWords[2], &folded.temporary}, {kFoldedWords[3], &folded.churn}};
    for (const auto& [word, list] : lists) {
        for (const ProcessHolders& of : *list) {
            if (!of.holders.empty()) {
                flames.add(word, of.process, nullptr, of.holders);
            }
        }
    }
    return flames.take();
}

// Less of a recording whose page became too large.
PageLimits smaller(PageLimits limits) {
    if (limits.further > 0 || limits.bins > 125) {
        limits.further /= 2;
        limits.bins = std::max<size_t>(limits.bins / 2, 125);
        limits.further = limits.further < 8 ? 0 : limits.further;
        return limits;
    }
    limits.least_bytes = std::max<uint64_t>(limits.least_bytes * 8, 4096);
    return limits;
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

std::string report_page(const recording::Reader& reader, const std::string& name, const Options& options,
                        size_t most_bytes) {
    Options plain = options, by_stack = options;
    plain.folded = false;
    plain.course = true;
    by_stack.folded = true;
    by_stack.course = false;
    const Report report = make_report(reader, plain);
    Json data{{"schema", 1},
              {"name", name},
              {"report", Json::parse(report_json(report, plain.by, kPageTop))},
              {"flames", flames(make_report(reader, by_stack))},
              {"processes", Json::array()}};
    const std::string_view page = page_template();
    const size_t mark = page.find(kMark);
    const size_t room = most_bytes - std::min(most_bytes, page.size());
    std::string text;
    PageLimits limits;
    // Beyond the largest size of a buffer nothing is left to leave out.
    for (int tries = 0; tries < 40; ++tries) {
        Json& processes = data["processes"] = Json::array();
        for (size_t i = 0; i < std::min(reader.processes().size(), kMostPageProcesses); ++i) {
            processes.push_back(page_process(reader, i, plan_page(reader, i, report, limits), limits));
        }
        text = embeddable(data);
        if (text.size() <= room) {
            break;
        }
        // A page that is many times too large is not tried at each size in between.
        for (size_t size = text.size(); size > room; size /= 2) {
            limits = smaller(limits);
        }
    }
    return std::string(page.substr(0, mark)) + text + std::string(page.substr(mark + kMark.size()));
}

}  // namespace ttmem::report
