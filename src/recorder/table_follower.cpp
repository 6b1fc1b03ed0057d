// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recorder/table_follower.hpp"

#include <algorithm>
#include <utility>

namespace ttmem::recorder {

namespace {

constexpr int kLooksAfterOpening = 2;
constexpr size_t kMostDefinitions = size_t{1} << 18;  // a reader takes as many records of a file, with their parts

// Records that stay: the process takes an allocator's away as it closes it, and moments before are shown with them.
template <typename Record>
void replace_known(std::vector<Record>& records, const std::vector<Record>& now) {
    std::erase_if(records, [&now](const Record& old) {
        return std::any_of(now.begin(), now.end(),
                           [&old](const Record& each) { return each.allocator == old.allocator; });
    });
    records.insert(records.end(), now.begin(), now.end());
}

ledger::Program unknown_program(const ledger::OrderedEvent& load) {
    ledger::Program program;
    program.id = load.id;
    program.allocator = load.allocator;
    program.type = static_cast<uint8_t>(std::max<uint32_t>(load.account, ledger::kAccountKernelApplication) -
                                        ledger::kAccountKernelApplication);
    program.flags = ledger::kProgramBuffersUnknown | ledger::kProgramScratchpadsUnknown;
    program.loaded_ns = load.time_ns;
    program.kernel_bytes = load.bytes;
    program.context = load.context;
    return program;
}

}  // namespace

void TableFollower::note(const ledger::OrderedEvent& event) {
    switch (event.type) {
        case ledger::kEventProgramLoad:
            has_programs_ = true;
            loaded_[event.id] = {std::nullopt, ++order_, event.time_ns};
            unread_[{event.shard, event.number}] = event;
            due_ = true;
            break;
        case ledger::kEventProgramUnload:
            loaded_.erase(event.id);
            break;
        case ledger::kEventAllocatorOpen:
            looks_due_ = kLooksAfterOpening;
            due_ = true;
            break;
        case ledger::kEventFail:
        case ledger::kEventClash:
        case ledger::kEventRefused:
            due_ = true;
            break;
        default:
            break;
    }
}

uint32_t TableFollower::define(ledger::Program program, uint64_t loaded_ns) {
    program.loaded_ns = loaded_ns;
    std::string bytes = recording::pack(program);
    const auto [found, is_new] = numbers_.try_emplace(std::move(bytes), static_cast<uint32_t>(numbers_.size()));
    if (is_new) {
        new_definitions_.push_back(found->first);
    }
    return found->second;
}

void TableFollower::keep_layout(const ledger::Snapshot& now) {
    has_programs_ = has_programs_ || now.programs_told;
    replace_known(state_.rings, now.config_rings);
    replace_known(state_.regions, now.regions);
    for (ledger::Failure failure : now.failures) {
        Refusal& known = refusals_.try_emplace(failure.number, Refusal{failure.time_ns, {}}).first->second;
        failure.time_ns = known.time_ns;
        std::string bytes = recording::pack(failure);
        if (known.bytes != bytes) {
            changed_refusals_.push_back(bytes);
            known.bytes = std::move(bytes);
        }
    }
    // The ledger keeps the newest refusals alone: what it has let go of changes no more.
    const uint64_t oldest = now.failures.empty() ? 0 : now.failures.front().number;
    refusals_.erase(refusals_.begin(), refusals_.lower_bound(oldest));
}

void TableFollower::look(const ledger::Snapshot& now) {
    due_ = looks_due_ > 0 && --looks_due_ > 0;
    keep_layout(now);
    std::map<uint64_t, const ledger::Program*> live;
    for (const ledger::Program& program : now.programs) {
        live[program.id] = &program;
    }
    for (const auto& [event, load] : unread_) {
        const auto found = live.find(load.id);
        if (numbers_.size() < kMostDefinitions) {
            const uint32_t number = define(found != live.end() ? *found->second : unknown_program(load), load.time_ns);
            new_loads_.push_back({event, number});
            if (const auto loaded = loaded_.find(load.id); loaded != loaded_.end()) {
                loaded->second.definition = number;
            }
        }
    }
    unread_.clear();
    for (auto& [id, loaded] : loaded_) {
        const auto found = live.find(id);
        if (found != live.end() && numbers_.size() < kMostDefinitions) {
            loaded.loaded_ns = loaded.loaded_ns.value_or(found->second->loaded_ns);
            loaded.definition =
                define(*found->second, *loaded.loaded_ns);  // another one where its buffers lie elsewhere now
            loaded.last_launch = found->second->last_launch;
            order_ = std::max(order_, loaded.last_launch);
        }
    }
}

void TableFollower::restart(const ledger::Snapshot& now) {
    loaded_.clear();
    unread_.clear();
    new_loads_.clear();
    for (const ledger::Program& program : now.programs) {
        loaded_[program.id] = {};
    }
    look(now);
    state_.loaded = loaded_now();
}

std::vector<recording::LoadedProgram> TableFollower::loaded_now() const {
    std::vector<recording::LoadedProgram> all;
    for (const auto& [id, loaded] : loaded_) {
        if (loaded.definition) {
            all.push_back({*loaded.definition, loaded.last_launch});
        }
    }
    return all;
}

std::optional<std::string> TableFollower::end_chunk() {
    std::optional<std::string> payload;
    std::string state = recording::pack({}, state_);
    const bool has_any = has_programs_ || !state_.rings.empty() || !state_.regions.empty();
    if (has_any && (!new_loads_.empty() || state != written_)) {
        payload = recording::pack(new_loads_, state_);
        written_ = std::move(state);
        new_loads_.clear();
    }
    state_.loaded = loaded_now();
    return payload;
}

std::optional<std::string> TableFollower::new_definitions() {
    if (new_definitions_.empty()) {
        return std::nullopt;
    }
    return recording::pack_definitions(std::exchange(new_definitions_, {}));
}

std::optional<std::string> TableFollower::new_refusals() {
    if (changed_refusals_.empty()) {
        return std::nullopt;
    }
    return recording::pack_refusals(std::exchange(changed_refusals_, {}));
}

}  // namespace ttmem::recorder
