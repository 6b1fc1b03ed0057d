// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/data/buffer_list.hpp"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "monitor/scene.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

constexpr size_t kLeastSorted = 512;
// Each reading measures the writer's clock again, so that a buffer's time moves a little.
constexpr uint64_t kSameMomentNs = 1'000'000'000;

bool same_moment(uint64_t a, uint64_t b) {
    return (a > b ? a - b : b - a) < kSameMomentNs;
}

enum SortColumn : size_t {
    kBytes,
    kAddress,
    kKind,
    kDevice,
    kPid,
    kPerBank,
    kRequested,
    kAge,
    kLayout,
    kOperation,
    kWaste,
    kTensor,
    kLine
};

// The text that a column shows; nothing where it shows a number.
std::optional<RowText> text_column(size_t column) {
    switch (column) {
        case kOperation:
            return RowText::kOrigin;
        case kTensor:
            return RowText::kTensor;
        case kLine:
            return RowText::kLine;
        default:
            return std::nullopt;
    }
}

std::string choices_text(const State& state, uint64_t version, size_t processes) {
    const ViewChoices& own = state.choices[static_cast<size_t>(View::kBuffers)];
    return std::to_string(version) + " " + std::to_string(processes) + " " + state.device + " " +
           (state.buffers_of
                ? std::to_string(state.buffers_of->pid) + "." + std::to_string(state.buffers_of->start_time_ns)
                : "-") +
           " " + std::to_string(static_cast<int>(state.groups)) + " " +
           (state.open_group ? std::to_string(*state.open_group) : "-") + " " + std::to_string(own.sort) +
           (own.reverse ? "r " : " ") + own.filter;
}

bool matches(const inventory::BufferRow& row, RowTexts& texts, const std::string& pid, const std::string& filter) {
    if (filter.empty()) {
        return true;
    }
    return contains(api::to_string(row.kind), filter) || contains(row.layout, filter) ||
           contains(texts.text(row, RowText::kOrigin), filter) || contains(texts.text(row, RowText::kTensor), filter) ||
           contains(texts.text(row, RowText::kLine), filter) || contains(hex_text(row.address), filter) ||
           contains(pid, filter);
}

}  // namespace

uint64_t group_key(std::string_view name) {
    return std::hash<std::string_view>()(name);
}

RowText text_of(BufferGroups groups) {
    switch (groups) {
        case BufferGroups::kLine:
            return RowText::kFullLine;
        case BufferGroups::kFunction:
            return RowText::kFunction;
        case BufferGroups::kModule:
            return RowText::kModule;
        case BufferGroups::kScope:
            return RowText::kScope;
        case BufferGroups::kTensor:
            return RowText::kTensorGroup;
        default:
            return RowText::kOperation;
    }
}

uint64_t BufferList::group_of(const inventory::BufferRow& row) const {
    return by_ == BufferGroups::kSize ? row.allocated_bytes : group_key(texts_.text(row, text_of(by_)));
}

void BufferList::clear() {
    refs_ = {};
    groups_ = {};
    made_from_.clear();
    bytes_ = 0;
    sorted_ = 0;
    ranks_ = {};
    texts_.clear();
    model_ = nullptr;  // it goes with the next reading
    open_.reset();
}

void BufferList::update(const api::Model& model, const State& state) {
    model_ = &model;
    open_ = state.open_buffer;
    texts_.clear();  // the inventory may have read again
    ranks_.clear();
    std::string from = choices_text(state, inventory_.rows_version(), model.processes.size());
    if (from == made_from_) {
        return;
    }
    made_from_ = std::move(from);
    const ViewChoices& own = state.choices[static_cast<size_t>(View::kBuffers)];
    column_ = own.sort;
    descending_ = buffer_columns()[own.sort].large_first != own.reverse;
    by_ = state.groups;
    collect(model, state);
    groups_.clear();
    if (by_ != BufferGroups::kNone && !state.open_group) {
        group();
    }
    sorted_ = 0;
}

void BufferList::collect(const api::Model& model, const State& state) {
    const std::string& filter = state.choices[static_cast<size_t>(View::kBuffers)].filter;
    refs_.clear();
    bytes_ = 0;
    size_t most = 0;
    for (api::ProcessIndex process{0}; process < model.processes.size(); ++process) {
        most += inventory_.row_count(process);
    }
    refs_.reserve(most);
    for (api::ProcessIndex process{0}; process < model.processes.size(); ++process) {
        if (state.buffers_of && key_of(model.processes[process]) != *state.buffers_of) {
            continue;
        }
        const std::string pid = model.processes[process].pid ? std::to_string(*model.processes[process].pid) : "";
        const size_t count = inventory_.row_count(process);
        for (size_t number = 0; number < count; ++number) {
            const std::optional<inventory::BufferRow> row = inventory_.row(process, number);
            if (!row || !matches(*row, texts_, pid, filter)) {
                continue;
            }
            if (by_ != BufferGroups::kNone && state.open_group && group_of(*row) != *state.open_group) {
                continue;
            }
            if (!state.device.empty()) {
                const std::vector<api::DeviceIndex> on = inventory_.row_devices(process, number);
                if (std::none_of(on.begin(), on.end(), [&](api::DeviceIndex device) {
                        return key_of(model.devices[device]) == state.device;
                    })) {
                    continue;
                }
            }
            refs_.push_back({static_cast<uint32_t>(process), static_cast<uint32_t>(number)});
            bytes_ += row->allocated_bytes;
        }
    }
}

void BufferList::group() {
    std::unordered_map<uint64_t, size_t> places;
    for (const Ref& ref : refs_) {
        const inventory::BufferRow row = *inventory_.row(api::ProcessIndex(ref.process), ref.row);
        const uint64_t key = group_of(row);
        const auto [found, fresh] = places.try_emplace(key, groups_.size());
        if (fresh) {
            const std::string name = by_ == BufferGroups::kSize ? exact_bytes(row.allocated_bytes)
                                                                : std::string(texts_.text(row, text_of(by_)));
            groups_.push_back({key, name.empty() ? "not known" : name, 0, 0});
        }
        BufferGroup& group = groups_[found->second];
        ++group.count;
        group.bytes += row.allocated_bytes;
    }
    std::stable_sort(groups_.begin(), groups_.end(),
                     [](const BufferGroup& a, const BufferGroup& b) { return a.bytes > b.bytes; });
}

// Place of a text among all texts in order, so that rows can be sorted by a number.
uint64_t BufferList::rank(std::string_view text) const {
    return static_cast<uint64_t>(std::lower_bound(ranks_.begin(), ranks_.end(), text) - ranks_.begin());
}

uint64_t BufferList::key(const Ref& ref) const {
    const inventory::BufferRow row = *inventory_.row(api::ProcessIndex(ref.process), ref.row);
    switch (column_) {
        case kBytes:
            return row.allocated_bytes;
        case kAddress:
            return row.address;
        case kKind:
            return static_cast<uint64_t>(row.kind);
        case kDevice: {
            const std::vector<api::DeviceIndex> on = inventory_.row_devices(api::ProcessIndex(ref.process), ref.row);
            return on.empty() ? UINT64_MAX : uint64_t{on[0]};
        }
        case kPid:
            return static_cast<uint64_t>(model_->processes[ref.process].pid.value_or(0));
        case kPerBank:
            return row.bytes_per_bank;
        case kRequested:
            return row.requested_bytes;
        case kWaste:
            return row.lockstep_waste_bytes.value_or(0);
        case kAge:
            return UINT64_MAX - row.allocated_at_ns;
        case kLayout:
            return rank(row.layout);
        default:
            return rank(texts_.text(row, *text_column(column_)));
    }
}

void BufferList::sort_until(size_t count) const {
    if (count <= sorted_) {
        return;
    }
    count = std::min(refs_.size(), std::max({count, 2 * sorted_, kLeastSorted}));
    const std::optional<RowText> texts = text_column(column_);
    if ((column_ == kLayout || texts) && ranks_.empty()) {
        for (const Ref& ref : refs_) {
            const inventory::BufferRow row = *inventory_.row(api::ProcessIndex(ref.process), ref.row);
            const std::string_view text = texts ? texts_.text(row, *texts) : row.layout;
            ranks_.push_back(text);
        }
        std::sort(ranks_.begin(), ranks_.end());
        ranks_.erase(std::unique(ranks_.begin(), ranks_.end()), ranks_.end());
    }
    std::vector<std::pair<uint64_t, Ref>> keyed;
    keyed.reserve(refs_.size());
    for (const Ref& ref : refs_) {
        keyed.emplace_back(key(ref), ref);
    }
    const auto before = [&](const auto& a, const auto& b) {
        if (a.first != b.first) {
            return descending_ ? a.first > b.first : a.first < b.first;
        }
        return std::pair(a.second.process, a.second.row) < std::pair(b.second.process, b.second.row);
    };
    const auto end = keyed.begin() + static_cast<std::ptrdiff_t>(count);
    if (count < keyed.size()) {
        std::nth_element(keyed.begin(), end, keyed.end(), before);
    }
    std::sort(keyed.begin(), end, before);
    for (size_t i = 0; i < keyed.size(); ++i) {
        refs_[i] = keyed[i].second;
    }
    sorted_ = count;
}

inventory::BufferRow BufferList::at(size_t i) const {
    sort_until(i + 1);
    return *inventory_.row(api::ProcessIndex(refs_[i].process), refs_[i].row);
}

std::vector<api::DeviceIndex> BufferList::devices(size_t i) const {
    sort_until(i + 1);
    return inventory_.row_devices(api::ProcessIndex(refs_[i].process), refs_[i].row);
}

std::optional<inventory::BufferDetail> BufferList::open() const {
    if (!open_ || model_ == nullptr) {
        return std::nullopt;
    }
    for (api::ProcessIndex process{0}; process < model_->processes.size(); ++process) {
        if (key_of(model_->processes[process]) != open_->process) {
            continue;
        }
        for (size_t number = 0; number < inventory_.row_count(process); ++number) {
            const std::optional<inventory::BufferRow> row = inventory_.row(process, number);
            if (row && row->id == open_->id && same_moment(row->allocated_at_ns, open_->allocated_at_ns)) {
                return inventory_.detail(process, number);
            }
        }
    }
    return std::nullopt;
}

}  // namespace ttmem::monitor
