// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay/explain_moment.hpp"

#include <algorithm>
#include <utility>

#include "analysis/free_blocks.hpp"
#include "analysis/why.hpp"
#include "base/saturate.hpp"
#include "inventory/inventory.hpp"
#include "replay/replay_settings.hpp"
#include "report/recorded_course.hpp"

namespace ttmem::replay {
namespace {

std::shared_ptr<const api::Model> lists_of(const std::shared_ptr<Playback>& playback) {
    inventory::Inventory inventory(replay_settings(playback));
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    request.programs = inventory::ProgramDepth::kPrograms;
    return inventory.refresh(request);
}

bool is_same(const recording::RecordedProcess& recorded, const api::Process& process) {
    return recorded.facts && process.pid == static_cast<int>(recorded.facts->pid) &&
           process.start_time_ns.value_or(0) == recorded.facts->start_time_ns;
}

// Index of a process of the model among the recording's.
std::optional<size_t> place_of(const Playback& playback, const api::Process& process) {
    const auto& all = playback.reader().processes();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return is_same(each, process); });
    return found == all.end() ? std::nullopt : std::optional(static_cast<size_t>(found - all.begin()));
}

std::optional<size_t> note_of(const Playback& playback, const api::Model& model, size_t failure) {
    const std::optional<size_t> process = place_of(playback, model.processes[model.failures[failure].process]);
    const std::vector<Note>& notes = playback.timeline().notes;
    const auto found = std::find_if(notes.begin(), notes.end(), [&](const Note& note) {
        return note.kind == NoteKind::kRefusal && process == note.process &&
               note.event.id == model.failures[failure].number;
    });
    return found == notes.end() ? std::nullopt : std::optional(static_cast<size_t>(found - notes.begin()));
}

// Recordings of before 1.2 have the bytes of a refused request alone. What was free is that of the moment's buffers; the
// request is taken as spread over the banks that its event names, or all.
void complete(const api::Model& model, api::Failure& failure, const recording::Event& event) {
    if (failure.type != api::FailureType::kOutOfMemory || failure.banks != 0 || failure.devices.empty()) {
        return;
    }
    for (const api::FreeSpace& space : inventory::free_spaces(model, failure.devices.front())) {
        if (failure.allocator != space.allocator || failure.kind != space.kind || space.banks.banks == 0) {
            continue;
        }
        const uint32_t banks = event.form & ledger::kFormMostBanks;
        failure.banks = banks == 0 || banks == ledger::kFormMostBanks ? space.banks.banks : banks;
        const uint64_t page = std::max<uint64_t>(event.page_bytes, 1);
        const uint64_t pages = failure.requested_bytes / page + (failure.requested_bytes % page != 0 ? 1 : 0);
        failure.bytes_per_bank = saturating_product(pages / failure.banks + (pages % failure.banks != 0 ? 1 : 0), page);
        failure.largest_free_bytes_per_bank = space.largest_bytes_per_bank;
        failure.available_bytes = space.free_bytes_per_bank;
        failure.limit_bytes = space.banks.bank_bytes;
        failure.allocated_bytes = saturating_product(space.allocated_bytes_per_bank, space.banks.banks);
    }
}

// How it came to that, from the events up to then.
void add_course(analysis::Why& why, const api::Model& model, const Playback& playback) {
    const std::optional<size_t> only =
        playback.reader().processes().size() == 1 ? std::optional<size_t>(0) : std::nullopt;
    const std::optional<size_t> process = why.process ? place_of(playback, model.processes[*why.process]) : only;
    if (!why.kind || !process) {
        return;
    }
    std::optional<uint32_t> allocator;
    if (why.failure && model.failures[*why.failure].allocator) {
        const auto first = std::find_if(model.allocators.begin(), model.allocators.end(),
                                        [&](const api::Allocator& each) { return each.process == *why.process; });
        allocator = static_cast<uint32_t>(*model.failures[*why.failure].allocator -
                                          static_cast<size_t>(first - model.allocators.begin()));
    }
    const uint64_t until_ns = why.failure ? model.failures[*why.failure].time_ns : model.time_ns;
    std::optional<analysis::Course> course = report::recorded_course(
        playback.reader(), playback.reader().processes()[*process], *why.kind, allocator, until_ns);
    if (course) {
        analysis::set_course(why, model, std::move(*course));
    }
}

}  // namespace

std::optional<inventory::Explanation> explain_refusal(const std::shared_ptr<Playback>& playback,
                                                      const api::Model& model, size_t failure) {
    const std::optional<size_t> note = note_of(*playback, model, failure);
    if (!note) {
        return std::nullopt;
    }
    const uint64_t number = model.failures[failure].number;
    const api::Process& process = model.processes[model.failures[failure].process];
    const Playback::Standing before = playback->standing();
    playback->go_to_note(*note);
    const auto then = std::make_shared<api::Model>(*lists_of(playback));
    playback->stand_at(before);
    const auto found = std::find_if(then->failures.begin(), then->failures.end(), [&](const api::Failure& each) {
        const api::Process& of = then->processes[each.process];
        return each.number == number && of.pid == process.pid && of.start_time_ns == process.start_time_ns;
    });
    if (found == then->failures.end()) {
        return std::nullopt;
    }
    complete(*then, *found, playback->timeline().notes[*note].event);
    analysis::Why why =
        analysis::explain(*then, static_cast<size_t>(found - then->failures.begin()), analysis::Moment::kRefusal);
    add_course(why, *then, *playback);
    why.recorded = true;
    why.living = false;
    return inventory::Explanation{then, std::move(why)};
}

inventory::Explanation explain_moment(const std::shared_ptr<Playback>& playback) {
    std::shared_ptr<const api::Model> model = lists_of(playback);
    if (!model->failures.empty()) {
        if (std::optional<inventory::Explanation> refusal =
                explain_refusal(playback, *model, model->failures.size() - 1)) {
            return *std::move(refusal);
        }
    }
    analysis::Why why = analysis::fullest(*model);
    add_course(why, *model, *playback);
    why.recorded = true;
    return {std::move(model), std::move(why)};
}

}  // namespace ttmem::replay
