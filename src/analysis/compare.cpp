// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/compare.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "analysis/holder_name.hpp"
#include "base/saturate.hpp"

namespace ttmem::analysis {
namespace {

using api::Buffer;
using api::Model;

// Equal for buffers that are the same one.
std::string key_of(const Model& model, const Buffer& buffer, Same same) {
    const api::Process& process = model.processes[buffer.process];
    std::string key;
    const auto add = [&key](const auto& value) {
        key += value;
        key += '\0';
    };
    if (same == Same::kOneRun) {
        add(std::to_string(process.pid.value_or(0)));
        add(std::to_string(process.start_time_ns.value_or(0)));
        add(std::to_string(buffer.id));
        add(std::to_string(buffer.allocated_at_ns));
        add(std::to_string(buffer.mesh.value_or(-1)));
        return key;
    }
    const inventory::Maker maker = inventory::maker_of(model, buffer);
    add(std::string(to_string(buffer.kind)));
    add(std::to_string(buffer.allocated_bytes));
    for (const auto& text : {maker.scope, maker.operation, maker.line}) {
        add(text.value_or(""));
    }
    add(inventory::tensor_text(model, buffer));
    for (const api::DeviceIndex device : buffer.devices) {
        add(std::to_string(model.devices[device].id.value_or(-1)));
    }
    return key;
}

std::vector<api::BufferIndex> taken(const Model& model, const Takes& takes) {
    std::vector<api::BufferIndex> all;
    for (api::BufferIndex i{0}; i < model.buffers.size(); ++i) {
        if (api::takes_bytes(model.buffers[i].kind) && takes(model, model.buffers[i])) {
            all.push_back(i);
        }
    }
    return all;
}

uint64_t difference(const ComparedGroup& group) {
    const auto bytes = [&group](Part part) { return group.sums[static_cast<size_t>(part)].bytes; };
    return std::max(bytes(Part::kFirst), bytes(Part::kSecond)) - std::min(bytes(Part::kFirst), bytes(Part::kSecond));
}

uint64_t all_bytes(const ComparedGroup& group) {
    uint64_t sum = 0;
    for (const PartSum& part : group.sums) {
        saturating_add(sum, part.bytes);
    }
    return sum;
}

}  // namespace

std::string_view to_string(Part part) {
    switch (part) {
        case Part::kFirst:
            return "first";
        case Part::kBoth:
            return "both";
        case Part::kSecond:
            return "second";
    }
    return "";
}

Comparison compare(const Model& first, const Model& second, Same same, inventory::GroupBy by, const Takes& takes) {
    // How many of the second's buffers of a key are not matched yet.
    std::unordered_map<std::string, std::vector<api::BufferIndex>> unmatched;
    for (const api::BufferIndex index : taken(second, takes)) {
        unmatched[key_of(second, second.buffers[index], same)].push_back(index);
    }
    Comparison all;
    std::map<std::optional<std::string>, ComparedGroup> groups;
    const auto put = [&](Part part, const Model& model, api::BufferIndex index) {
        const auto place = static_cast<size_t>(part);
        const Buffer& buffer = model.buffers[index];
        std::optional<std::string> name = inventory::holder_name(model, buffer, by);
        ComparedGroup& group = groups[name];
        group.name = std::move(name);
        for (PartSum* sum : {&all.sums[place], &group.sums[place]}) {
            ++sum->buffers;
            saturating_add(sum->bytes, buffer.allocated_bytes);
        }
        all.buffers[place].push_back(index);
    };
    for (const api::BufferIndex index : taken(first, takes)) {
        const auto found = unmatched.find(key_of(first, first.buffers[index], same));
        const bool both = found != unmatched.end() && !found->second.empty();
        if (both) {
            found->second.pop_back();
        }
        put(both ? Part::kBoth : Part::kFirst, first, index);
    }
    std::vector<api::BufferIndex> left;
    for (const auto& [key, indexes] : unmatched) {
        left.insert(left.end(), indexes.begin(), indexes.end());
    }
    std::sort(left.begin(), left.end());
    for (const api::BufferIndex index : left) {
        put(Part::kSecond, second, index);
    }
    for (auto& [name, group] : groups) {
        all.groups.push_back(std::move(group));
    }
    std::stable_sort(all.groups.begin(), all.groups.end(), [](const ComparedGroup& a, const ComparedGroup& b) {
        return std::pair(difference(a), all_bytes(a)) > std::pair(difference(b), all_bytes(b));
    });
    return all;
}

}  // namespace ttmem::analysis
