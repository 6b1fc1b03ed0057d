// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/data/event_log.hpp"

#include <algorithm>

#include "model/device_names.hpp"
#include "output/origin.hpp"
#include "output/text.hpp"
#include "output/why_words.hpp"

namespace ttmem::monitor {
namespace {

constexpr size_t kMostTexts = 20'000;

Happened what_of(api::EventType type) {
    switch (type) {
        case api::EventType::kAllocate:
            return Happened::kAllocate;
        case api::EventType::kFree:
            return Happened::kFree;
        case api::EventType::kFail:
            return Happened::kFail;
        case api::EventType::kOpen:
            return Happened::kOpen;
        case api::EventType::kClose:
            return Happened::kClose;
        case api::EventType::kProgramLoad:
            return Happened::kProgramLoad;
        case api::EventType::kProgramUnload:
            return Happened::kProgramUnload;
        case api::EventType::kClash:
            return Happened::kClash;
    }
    return Happened::kAllocate;
}

std::string failure_text(const api::Model& model, const api::Failure& failure) {
    const std::string origin = output::origin_text(model, failure.context, failure.operation);
    std::string text = origin.empty() ? "" : origin + ": ";
    if (failure.type == api::FailureType::kClash) {
        text += "circular buffers of " +
                (failure.program.empty() ? "program " + std::to_string(failure.program_id) : failure.program) +
                " reach " + human_bytes(failure.missing_bytes()) + " into a buffer";
    } else if (failure.type == api::FailureType::kCircularBuffers) {
        text += std::string(failure.dataflow ? "dataflow" : "circular") + " buffers of " +
                (failure.program.empty() ? "program " + std::to_string(failure.program_id) : failure.program) +
                " are " + human_bytes(failure.missing_bytes()) + " larger than L1";
    } else if (failure.type != api::FailureType::kOutOfMemory) {
        text = output::refusal_text(failure);
    } else {
        text += "wanted " + human_bytes(failure.bytes_per_bank) + " in each of " + std::to_string(failure.banks) +
                " banks, largest free " + human_bytes(failure.largest_free_bytes_per_bank);
    }
    return text;
}

}  // namespace

const char* name_of(Happened what) {
    switch (what) {
        case Happened::kAllocate:
            return "allocate";
        case Happened::kFree:
            return "free";
        case Happened::kFail:
            return "FAIL";
        case Happened::kClash:
            return "CLASH";
        case Happened::kOpen:
            return "open";
        case Happened::kClose:
            return "close";
        case Happened::kProgramLoad:
            return "program";
        case Happened::kProgramUnload:
            return "unload";
        case Happened::kStart:
            return "start";
        case Happened::kEnd:
            return "exit";
        case Happened::kDeath:
            return "DEATH";
        case Happened::kMissed:
            return "missed";
    }
    return "";
}

uint32_t EventLog::intern(const std::string& text) {
    const auto found = numbers_.find(text);
    if (found != numbers_.end()) {
        return found->second;
    }
    if (texts_.size() >= kMostTexts) {
        return 0;
    }
    texts_.push_back(text);
    return numbers_[text] = static_cast<uint32_t>(texts_.size() - 1);
}

void EventLog::log(LoggedEvent event) {
    events_.push_front(event);
    ++total_;
    if (events_.size() > kMost) {
        events_.pop_back();
    }
}

void EventLog::add_changes(const api::Model& model) {
    for (const api::Process& process : model.processes) {
        const ProcessKey key = key_of(process);
        const auto [known, fresh] = processes_.try_emplace({key.pid, key.start_time_ns}, Known{process.state, 0});
        const bool lives = api::counts(process.state);
        LoggedEvent event;
        event.time_ns = model.time_ns;
        event.pid = key.pid;
        event.text = intern(process.command);
        if (fresh) {
            if (begun_ && lives) {
                event.what = Happened::kStart;
                log(event);
            }
        } else if (api::counts(known->second.state) && !lives) {
            event.what = process.state == api::ProcessState::kExited ? Happened::kEnd : Happened::kDeath;
            log(event);
        }
        known->second.state = process.state;
    }
    begun_ = true;
}

void EventLog::add_failures(const api::Model& model) {
    for (const api::Failure& failure : model.failures) {
        const api::Process& process = model.processes[failure.process];
        const ProcessKey key = key_of(process);
        Known& known = processes_.try_emplace({key.pid, key.start_time_ns}, Known{process.state, 0}).first->second;
        if (failure.number < known.failures) {
            continue;
        }
        known.failures = failure.number + 1;
        LoggedEvent event;
        event.time_ns = failure.time_ns;
        event.what = failure.type == api::FailureType::kClash ? Happened::kClash : Happened::kFail;
        event.kind = failure.kind;
        event.bytes = failure.requested_bytes;
        event.pid = key.pid;
        event.devices = intern(api::DeviceNames(model).labels(failure.devices, kUnknown));
        event.text = intern(failure_text(model, failure));
        log(event);
    }
}

void EventLog::add(const api::Model& model, bool with_events) {
    const uint64_t total = total_;
    if (with_events) {
        if (model.events_missed > 0 && !model.events.empty()) {
            LoggedEvent missed;
            missed.time_ns = model.events.front().time_ns;
            missed.what = Happened::kMissed;
            missed.text =
                intern(std::to_string(model.events_missed) + " events were overwritten before they were read");
            log(missed);
        }
        const size_t skip = model.events.size() - std::min(model.events.size(), kMost);
        const api::DeviceNames names(model);
        std::string ids;
        const std::vector<api::DeviceIndex>* same = nullptr;  // neighbours mostly have the same devices
        for (size_t i = skip; i < model.events.size(); ++i) {
            const api::Event& from = model.events[i];
            if (from.type == api::EventType::kFail || from.type == api::EventType::kClash) {
                continue;  // failures say more
            }
            const api::Process& process = model.processes[from.process];
            LoggedEvent event;
            event.time_ns = from.time_ns;
            event.what = what_of(from.type);
            event.kind = from.kind;
            event.id = from.id;
            event.bytes = from.bytes;
            event.pid = process.pid.value_or(-1);
            if (same == nullptr || *same != from.devices) {
                ids = names.labels(from.devices, kUnknown);
                same = &from.devices;
            }
            event.devices = intern(ids);
            event.text = intern(process.command);
            log(event);
        }
        add_failures(model);
    }
    add_changes(model);
    // Of this model's events, which come from several lists, the latest first.
    const auto fresh = std::min<size_t>(static_cast<size_t>(total_ - total), std::min(events_.size(), kMost));
    std::stable_sort(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(fresh),
                     [](const LoggedEvent& a, const LoggedEvent& b) { return a.time_ns > b.time_ns; });
}

std::string EventLog::line_of(const LoggedEvent& event) const {
    std::string line = name_of(event.what);
    line += event.kind ? " " + std::string(api::to_string(*event.kind)) : "";
    return line + " " + std::to_string(event.pid) + " " + std::to_string(event.id) + " " + texts_[event.text];
}

}  // namespace ttmem::monitor
