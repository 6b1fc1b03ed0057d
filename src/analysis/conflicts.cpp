// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/conflicts.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace ttmem::inventory {
namespace {

using api::Buffer;
using api::BufferKind;
using api::Conflict;
using api::MemoryKind;

// The buffers of one process in one kind of memory.
struct Group {
    std::set<api::AllocatorIndex> allocators;  // that placed buffers there
    bool dangles = false;
    std::vector<api::BufferIndex> buffers;  // indexes: placed ones, and views that dangle
};
using Groups = std::map<std::pair<size_t, MemoryKind>, Group>;  // process, kind

uint64_t end_of(const Buffer& buffer) {
    const uint64_t end = buffer.address + buffer.bytes_per_bank;
    return end < buffer.address ? UINT64_MAX : end;
}

// The kind of a buffer's memory; of a dangling view, of the memory that it looked into.
std::optional<MemoryKind> kind_of(const Buffer& buffer) {
    return buffer.kind == BufferKind::kDanglingView ? buffer.view_of : api::memory_kind(buffer.kind);
}

Groups groups_of(const api::Model& model) {
    Groups groups;
    for (api::BufferIndex i{0}; i < model.buffers.size(); ++i) {
        const Buffer& buffer = model.buffers[i];
        const std::optional<MemoryKind> kind = kind_of(buffer);
        if (!kind || buffer.bytes_per_bank == 0) {
            continue;
        }
        Group& group = groups[{buffer.process, *kind}];
        if (buffer.kind == BufferKind::kDanglingView) {
            group.dangles = true;
        } else {
            group.allocators.insert(buffer.allocator);
        }
        group.buffers.push_back(i);
    }
    return groups;
}

std::vector<api::DeviceIndex> common(const std::vector<api::DeviceIndex>& a, const std::vector<api::DeviceIndex>& b) {
    std::vector<api::DeviceIndex> both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    return both;
}

// Whether some chip is under two of the allocators.
bool share_a_device(const api::Model& model, const std::set<api::AllocatorIndex>& allocators) {
    std::set<api::DeviceIndex> seen;
    for (const api::AllocatorIndex allocator : allocators) {
        if (allocator >= model.allocators.size()) {
            continue;
        }
        for (const api::DeviceIndex device : model.allocators[allocator].devices) {
            if (!seen.insert(device).second) {
                return true;
            }
        }
    }
    return false;
}

// Whether two buffers may meet: buffers of different allocators, or a dangling view and the buffer at its address now.
bool may_conflict(const Buffer& a, const Buffer& b) {
    const bool a_dangles = a.kind == BufferKind::kDanglingView;
    const bool b_dangles = b.kind == BufferKind::kDanglingView;
    return a_dangles != b_dangles || (!a_dangles && a.allocator != b.allocator);
}

api::ConflictSide side_of(const Buffer& buffer) {
    return {buffer.id, buffer.mesh, buffer.kind, buffer.address, buffer.bytes_per_bank, buffer.region.value_or("")};
}

// Far more pairs than are kept: the count then is a lower bound.
constexpr size_t kMostPairs = 100'000;

void add_pair(const api::Model& model, size_t first, size_t second, std::vector<api::DeviceIndex> devices,
              MemoryKind kind, std::vector<Conflict>& found) {
    const bool swaps = model.buffers[second].kind == BufferKind::kDanglingView ||
                       (model.buffers[first].kind != BufferKind::kDanglingView && second < first);
    const Buffer& a = model.buffers[swaps ? second : first];
    const Buffer& b = model.buffers[swaps ? first : second];
    Conflict& conflict = found.emplace_back();
    conflict.type =
        a.kind == BufferKind::kDanglingView ? api::ConflictType::kDanglingView : api::ConflictType::kTwoAllocators;
    conflict.process = a.process;
    conflict.kind = kind;
    conflict.devices = std::move(devices);
    conflict.address = std::max(a.address, b.address);
    conflict.bytes_per_bank = std::min(end_of(a), end_of(b)) - conflict.address;
    conflict.first = side_of(a);
    conflict.second = side_of(b);
}

// Pairs whose addresses overlap on some chip, by a sweep over their beginnings.
void sweep(const api::Model& model, MemoryKind kind, std::vector<api::BufferIndex> buffers,
           std::vector<Conflict>& found) {
    std::sort(buffers.begin(), buffers.end(), [&](api::BufferIndex a, api::BufferIndex b) {
        return std::pair(model.buffers[a].address, a) < std::pair(model.buffers[b].address, b);
    });
    std::vector<api::BufferIndex> open;  // that may reach further
    for (const api::BufferIndex next : buffers) {
        const Buffer& buffer = model.buffers[next];
        std::erase_if(open, [&](api::BufferIndex i) { return end_of(model.buffers[i]) <= buffer.address; });
        for (const api::BufferIndex other : open) {
            if (!may_conflict(model.buffers[other], buffer) || found.size() >= kMostPairs) {
                continue;
            }
            if (std::vector<api::DeviceIndex> devices = common(model.buffers[other].devices, buffer.devices);
                !devices.empty()) {
                add_pair(model, other, next, std::move(devices), kind, found);
            }
        }
        open.push_back(next);
    }
}

}  // namespace

void find_conflicts(api::Model& model) {
    model.conflicts.clear();
    for (auto& [key, group] : groups_of(model)) {
        if (group.dangles || share_a_device(model, group.allocators)) {
            sweep(model, key.second, std::move(group.buffers), model.conflicts);
        }
    }
    model.conflict_count = model.conflicts.size();
    std::stable_sort(model.conflicts.begin(), model.conflicts.end(),
                     [](const Conflict& a, const Conflict& b) { return a.bytes_per_bank > b.bytes_per_bank; });
    if (model.conflicts.size() > kMostConflicts) {
        model.conflicts.resize(kMostConflicts);
    }
}

}  // namespace ttmem::inventory
