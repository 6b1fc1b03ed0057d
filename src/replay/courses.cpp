// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay/courses.hpp"

#include <algorithm>

#include "base/saturate.hpp"

namespace ttmem::replay {
namespace {

bool is_same(const ledger::Device& then, const api::Device& shown) {
    if (then.mock != shown.mock) {
        return false;
    }
    if (then.unique_id && shown.unique_id) {
        return then.unique_id == shown.unique_id;
    }
    return shown.id == then.logical_id;
}

void add_course(const recording::ProcessFacts& facts, const Course& from, const api::Model& model,
                std::vector<DeviceCourse>& courses) {
    const ledger::Allocator& allocator = facts.allocators[from.allocator];
    const bool dram = from.kind == api::MemoryKind::kDram;
    const ledger::BankGeometry& banks = allocator.geometry[dram ? ledger::kAccountDram : ledger::kAccountL1];
    const uint64_t whole = saturating_product(banks.bank_bytes, banks.banks);
    for (const uint32_t local : allocator.devices) {
        const auto device = std::find_if(model.devices.begin(), model.devices.end(), [&](const api::Device& shown) {
            return local < facts.devices.size() && is_same(facts.devices[local], shown);
        });
        if (device == model.devices.end() || whole == 0) {
            continue;
        }
        std::vector<float>& course = courses[static_cast<size_t>(device - model.devices.begin())][dram ? 0 : 1];
        course.resize(std::max(course.size(), from.bytes.size()));
        for (size_t i = 0; i < from.bytes.size(); ++i) {
            course[i] += static_cast<float>(from.bytes[i]) / static_cast<float>(whole);
        }
    }
}

}  // namespace

std::vector<DeviceCourse> device_courses(const Playback& playback, const api::Model& model) {
    std::vector<DeviceCourse> courses(model.devices.size());
    for (const Course& course : playback.timeline().courses) {
        const std::optional<recording::ProcessFacts>& facts = playback.reader().processes()[course.process].facts;
        if (facts && course.allocator < facts->allocators.size()) {
            add_course(*facts, course, model, courses);
        }
    }
    return courses;
}

}  // namespace ttmem::replay
