// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "history/answer_bytes.hpp"

#include <algorithm>
#include <iterator>

#include "model/archive.hpp"
#include "model/shared_members.hpp"

namespace ttmem::history {

static constexpr Tier last_value(Tier) {
    return Tier::kMinute;
}

template <typename A>
static void members(A& archive, Question& all) {
    auto& [device, unique_id, pid, since, until, tier, most_points, devices, processes, events] = all;
    archive(device, unique_id, pid, since, until, tier, most_points, devices, processes, events);
}
template <typename A>
static void members(A& archive, KnownDevice& all) {
    auto& [id, unique_id, pci, arch, board, mock, first_seen, last_seen] = all;
    archive(id, unique_id, pci, arch, board, mock, first_seen, last_seen);
}
template <typename A>
static void members(A& archive, Held& all) {
    auto& [device, bytes, peak, circular_buffers, kernels] = all;
    archive(device, bytes, peak, circular_buffers, kernels);
}
template <typename A>
static void members(A& archive, KnownProcess& all) {
    auto& [pid, uid, user, command, source, container, start_time, first_seen, last_seen, state, ended, held] = all;
    archive(pid, uid, user, command, source, container, start_time, first_seen, last_seen, state, ended, held);
}
template <typename A>
static void members(A& archive, Point& all) {
    auto& [time, bytes, most, circular_buffers, kernels] = all;
    archive(time, bytes, most, circular_buffers, kernels);
}
template <typename A>
static void members(A& archive, Series& all) {
    auto& [device, process, points] = all;
    archive(device, process, points);
}
template <typename A>
static void members(A& archive, Reading& all) {
    auto& [time, temperature, clock, power, max_temperature, max_clock, max_power] = all;
    archive(time, temperature, clock, power, max_temperature, max_clock, max_power);
}
template <typename A>
static void members(A& archive, CardSeries& all) {
    auto& [device, readings] = all;
    archive(device, readings);
}
template <typename A>
static void members(A& archive, Happening& all) {
    auto& [time, type, process, device, kind, requested, largest_free, allocated, text] = all;
    archive(time, type, process, device, kind, requested, largest_free, allocated, text);
}
template <typename A>
static void members(A& archive, Answer& all) {
    auto& [tier, devices, processes, series, cards, events, events_cut] = all;
    archive(tier, devices, processes, series, cards, events, events_cut);
}

namespace {

bool is_tier(Tier tier) {
    return std::find(std::begin(kTiers), std::end(kTiers), tier) != std::end(kTiers);
}

bool is_sound(const Answer& answer) {
    const size_t devices = answer.devices.size();
    const size_t processes = answer.processes.size();
    const auto names_process = [&](const std::optional<size_t>& index) { return !index || *index < processes; };
    return is_tier(answer.tier) &&
           std::all_of(answer.processes.begin(), answer.processes.end(),
                       [&](const KnownProcess& process) {
                           return std::all_of(process.held.begin(), process.held.end(),
                                              [&](const Held& held) { return held.device < devices; });
                       }) &&
           std::all_of(
               answer.series.begin(), answer.series.end(),
               [&](const Series& series) { return series.device < devices && names_process(series.process); }) &&
           std::all_of(answer.cards.begin(), answer.cards.end(),
                       [&](const CardSeries& card) { return card.device < devices; }) &&
           std::all_of(answer.events.begin(), answer.events.end(), [&](const Happening& event) {
               return names_process(event.process) && (!event.device || *event.device < devices);
           });
}

}  // namespace

std::string to_bytes(const Question& question) {
    return api::written(question);
}

std::string to_bytes(const Answer& answer) {
    return api::written(answer);
}

std::optional<Question> question_from_bytes(std::string_view bytes) {
    std::optional<Question> question = api::read_back<Question>(bytes);
    return question && (!question->tier || is_tier(*question->tier)) ? question : std::nullopt;
}

std::optional<Answer> answer_from_bytes(std::string_view bytes) {
    std::optional<Answer> answer = api::read_back<Answer>(bytes);
    return answer && is_sound(*answer) ? std::move(answer) : std::nullopt;
}

}  // namespace ttmem::history
