// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay_server/comparison.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "output/buffer_json.hpp"
#include "output/json.hpp"

namespace ttmem::replay_server {
namespace {

using Json = nlohmann::ordered_json;
using analysis::Comparison;
using analysis::Part;

Json sums_json(const analysis::PartSums& sums) {
    Json json = Json::object();
    for (const Part part : analysis::kAllParts) {
        const analysis::PartSum& sum = sums[static_cast<size_t>(part)];
        json[std::string(to_string(part))] = {{"buffers", sum.buffers}, {"bytes", sum.bytes}};
    }
    return json;
}

Json groups_json(const Comparison& comparison) {
    Json groups = Json::array();
    for (size_t i = 0; i < std::min(comparison.groups.size(), kMostGroups); ++i) {
        const analysis::ComparedGroup& group = comparison.groups[i];
        Json json{{"name", group.name ? Json(*group.name) : Json(nullptr)}};
        json.update(sums_json(group.sums));
        groups.push_back(std::move(json));
    }
    return groups;
}

bool takes(const api::Model& model, const api::Buffer& buffer, const ComparisonQuestion& question) {
    const bool on_device =
        !question.device || std::any_of(buffer.devices.begin(), buffer.devices.end(), [&](api::DeviceIndex device) {
            return model.devices[device].id == question.device;
        });
    return on_device && (!question.kind || to_string(buffer.kind) == *question.kind);
}

// The rows of one part, most bytes first.
void add_rows(std::string& text, const api::Model& model, std::vector<api::BufferIndex> indexes,
              const ComparisonQuestion& question) {
    std::stable_sort(indexes.begin(), indexes.end(), [&model](api::BufferIndex a, api::BufferIndex b) {
        return model.buffers[a].allocated_bytes > model.buffers[b].allocated_bytes;
    });
    output::TextRoom to([&text](std::string_view piece) {
        text += piece;
        return true;
    });
    api::BufferJson row(model, -1, 0);
    const size_t begin = std::min<size_t>(indexes.size(), question.offset);
    const size_t end = begin + std::min<size_t>(indexes.size() - begin, question.limit);
    for (size_t i = begin; i < end; ++i) {
        to.put(i == begin ? "\n" : ",\n");
        row.put(model.buffers[indexes[i]], to);
    }
}

}  // namespace

std::string comparison_text(const api::Model& first, const api::Model& second, analysis::Same same,
                            const ComparisonQuestion& question) {
    const Comparison comparison = analysis::compare(
        first, second, same, question.by,
        [&question](const api::Model& model, const api::Buffer& buffer) { return takes(model, buffer, question); });
    const auto part = static_cast<size_t>(question.part);
    const Json head{{"schema", api::kSchema},
                    {"first_time_ns", first.time_ns},
                    {"second_time_ns", second.time_ns},
                    {"one_run", same == analysis::Same::kOneRun},
                    {"by", std::string(to_string(question.by))},
                    {"parts", sums_json(comparison.sums)},
                    {"groups", groups_json(comparison)},
                    {"groups_left_out", comparison.groups.size() - std::min(comparison.groups.size(), kMostGroups)},
                    {"part", std::string(to_string(question.part))},
                    {"matching", comparison.buffers[part].size()},
                    {"offset", question.offset},
                    {"limit", question.limit}};
    std::string text = head.dump(-1, ' ', false, Json::error_handler_t::replace);
    text.pop_back();
    text += ",\"buffers\":[";
    add_rows(text, question.part == Part::kSecond ? second : first, comparison.buffers[part], question);
    return text + "]}\n";
}

}  // namespace ttmem::replay_server
