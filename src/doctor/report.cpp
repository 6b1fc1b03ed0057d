// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "doctor/report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/clean_text.hpp"

namespace ttmem::doctor {
bool has_problem(const std::vector<Finding>& findings) {
    return std::any_of(findings.begin(), findings.end(),
                       [](const Finding& finding) { return finding.level == Level::kProblem; });
}

std::string report(const std::vector<Finding>& findings) {
    size_t width = 0;
    for (const Finding& finding : findings) {
        width = std::max(width, finding.topic.size());
    }
    std::string all;
    for (const Finding& finding : findings) {
        std::string level(to_string(finding.level));
        level.resize(8, ' ');
        std::string topic = finding.topic;
        topic.resize(width + 1, ' ');
        all += level + topic + clean_text(finding.text) + "\n";
        if (!finding.remedy.empty()) {
            all += std::string(8 + width + 1, ' ') + "-> " + clean_text(finding.remedy) + "\n";
        }
    }
    const auto count = [&](Level level, const char* word) {
        const auto found = std::count_if(findings.begin(), findings.end(),
                                         [level](const Finding& finding) { return finding.level == level; });
        return std::to_string(found) + " " + word + (found == 1 ? "" : "s");
    };
    return all + "\n" + count(Level::kProblem, "problem") + ", " + count(Level::kWarning, "warning") + ", " +
           count(Level::kNote, "note") + "\n";
}

std::string report_json(const std::vector<Finding>& findings) {
    using Json = nlohmann::ordered_json;
    Json list = Json::array();
    for (const Finding& finding : findings) {
        list.push_back(Json{{"topic", finding.topic},
                            {"level", to_string(finding.level)},
                            {"text", clean_text(finding.text)},
                            {"remedy", finding.remedy.empty() ? Json(nullptr) : Json(clean_text(finding.remedy))}});
    }
    const Json all{{"schema", 1}, {"problems", has_problem(findings)}, {"findings", std::move(list)}};
    return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ttmem::doctor
