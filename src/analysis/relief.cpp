// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/relief.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "analysis/free_blocks.hpp"
#include "analysis/free_list.hpp"
#include "analysis/tensor_size.hpp"
#include "base/saturate.hpp"

namespace ttmem::analysis {

namespace {

using api::Buffer;
using api::MemoryKind;

constexpr size_t kMostTries = 64;               // runs of buffers that are moved in simulation
constexpr size_t kMostMoved = 32;               // buffers in one of them
constexpr size_t kMostSteps = size_t{1} << 24;  // over holes, in all of them

// A program can give it back by freeing a tensor.
bool is_a_tensors(const Buffer& buffer) {
    return !buffer.kernel_binaries && !buffer.program_cache;
}

// The buffers in the banks of the space, by address.
std::vector<api::BufferIndex> placed_in(const BankQuestion& question) {
    std::vector<api::BufferIndex> placed;
    for (api::BufferIndex i{0}; i < question.model.buffers.size(); ++i) {
        const Buffer& buffer = question.model.buffers[i];
        if (buffer.allocator == question.space.allocator && memory_kind(buffer.kind) == question.space.kind) {
            placed.push_back(i);
        }
    }
    std::sort(placed.begin(), placed.end(), [&](api::BufferIndex a, api::BufferIndex b) {
        return question.model.buffers[a].address < question.model.buffers[b].address;
    });
    return placed;
}

FreeList free_list_of(const BankQuestion& question) {
    return {question.space.blocks, inventory::block_alignment(question.model.allocators[question.space.allocator]),
            question.space.top_down};
}

using Run = Relief::Run;

// By context; buffers without one are alike.
std::map<std::optional<api::ContextIndex>, uint64_t> held_by_context(const BankQuestion& question,
                                                                     const std::vector<api::BufferIndex>& placed) {
    std::map<std::optional<api::ContextIndex>, uint64_t> held;
    for (const api::BufferIndex index : placed) {
        const Buffer& buffer = question.model.buffers[index];
        saturating_add(held[buffer.context], buffer.bytes_per_bank);
    }
    return held;
}

// The shortest run from each buffer on: fewest bytes first; of those that cost the same, the one made where most memory
// is held, since a line that holds a thousand tensors can more likely do without one than a line that holds six.
std::vector<Run> runs_that_make_room(const BankQuestion& question, const std::vector<api::BufferIndex>& placed) {
    const api::List<Buffer>& buffers = question.model.buffers;
    std::vector<uint64_t> bytes_before(placed.size() + 1, 0);
    std::vector<size_t> fixed_before(placed.size() + 1, 0);
    for (size_t i = 0; i < placed.size(); ++i) {
        bytes_before[i + 1] = saturating_sum(bytes_before[i], buffers[placed[i]].bytes_per_bank);
        fixed_before[i + 1] = fixed_before[i] + (is_a_tensors(buffers[placed[i]]) ? 0 : 1);
    }
    const auto begin_of = [&](size_t i) {
        return i < placed.size() ? buffers[placed[i]].address : question.space.banks.end();
    };
    const uint64_t wanted = free_list_of(question).rounded(question.wanted_bytes);
    const std::map<std::optional<api::ContextIndex>, uint64_t> held = held_by_context(question, placed);
    std::vector<Run> runs;
    uint64_t hole_begin = question.space.banks.base_address;
    size_t end = 0;
    for (size_t first = 0; first < placed.size(); ++first) {
        end = std::max(end, first + 1);
        while (end < placed.size() && begin_of(end) - std::min(begin_of(end), hole_begin) < wanted) {
            ++end;
        }
        const bool enough = begin_of(end) - std::min(begin_of(end), hole_begin) >= wanted;
        if (enough && fixed_before[end] == fixed_before[first]) {
            runs.push_back(
                {first, end, bytes_before[end] - bytes_before[first], held.at(buffers[placed[first]].context)});
        }
        const Buffer& buffer = buffers[placed[first]];
        hole_begin = saturating_sum(buffer.address, buffer.bytes_per_bank);
    }
    std::stable_sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) {
        return std::tuple(a.bytes, a.end - a.first, b.held_alike) < std::tuple(b.bytes, b.end - b.first, a.held_alike);
    });
    return runs;
}

// Whether the clash was with memory of the service core manager, which lies in none of the allocator's banks.
bool is_service_cores(const api::Model& model, const api::Failure& clash) {
    return std::any_of(model.regions.begin(), model.regions.end(), [&](const api::Region& region) {
        return region.l1 && region.type == api::RegionType::kServiceCore && region.allocator == *clash.allocator &&
               region.address <= clash.buffer_address && clash.buffer_address - region.address < region.bytes;
    });
}

}  // namespace

Relief::Relief(const BankQuestion& question) : question_(question), placed_(placed_in(question)) {
    runs_ = runs_that_make_room(question, placed_);
}

std::optional<Advice> Relief::buffers_to_free() const {
    if (runs_.empty()) {
        return std::nullopt;
    }
    const Run& run = runs_.front();
    Advice advice;
    FreeList after = free_list_of(question_);
    for (size_t i = run.first; i < run.end; ++i) {
        const Buffer& buffer = question_.model.buffers[placed_[i]];
        after.give_back(buffer.address, buffer.bytes_per_bank);
        advice.buffers.push_back(placed_[i]);
        saturating_add(advice.bytes, buffer.allocated_bytes);
    }
    // Else the list of buffers contradicts itself (overlaps): no advice is better than a wrong one.
    return after.place(question_.wanted_bytes) ? std::optional(std::move(advice)) : std::nullopt;
}

std::optional<Advice> Relief::buffers_to_move() const {
    const size_t steps = (question_.space.blocks.size() + 1) * kMostMoved;
    const size_t tries = std::min({runs_.size(), kMostTries, 1 + kMostSteps / steps});
    for (size_t number = 0; number < tries; ++number) {
        const Run& run = runs_[number];
        if (run.end - run.first > kMostMoved) {
            continue;
        }
        FreeList after = free_list_of(question_);
        Advice advice;
        advice.action = Action::kReallocate;
        bool placed_again = true;
        for (size_t i = 0; i < run.end - run.first && placed_again; ++i) {
            // From the end on that new buffers are put at, so that each may slide into the hole before it.
            const api::BufferIndex index = placed_[question_.space.top_down ? run.end - 1 - i : run.first + i];
            const Buffer& buffer = question_.model.buffers[index];
            after.give_back(buffer.address, buffer.bytes_per_bank);
            placed_again = after.place(buffer.bytes_per_bank).has_value();
            advice.buffers.push_back(index);
        }
        advice.bytes = after.largest();
        if (placed_again && after.place(question_.wanted_bytes)) {
            return advice;
        }
    }
    return std::nullopt;
}

std::optional<Advice> larger_region(const api::Failure& failure, const api::FreeSpace* space) {
    if (!failure.limit_bytes || !failure.largest_free_bytes_per_bank || !failure.available_bytes || !failure.kind) {
        return std::nullopt;
    }
    // A larger region is longer at the end that is filled last. What is free at that end already counts.
    // Of an ended process only one case is known: a hole with all free bytes lies there, unless memory was freed before.
    uint64_t open_end = *failure.available_bytes == *failure.largest_free_bytes_per_bank ? *failure.available_bytes : 0;
    if (space != nullptr) {
        const auto at_end = std::find_if(space->blocks.begin(), space->blocks.end(), [&](const api::FreeBlock& block) {
            return space->top_down ? block.address == space->banks.base_address : block.end() == space->banks.end();
        });
        open_end = at_end == space->blocks.end() ? 0 : at_end->bytes;
    }
    if (open_end >= failure.bytes_per_bank) {
        return std::nullopt;
    }
    const uint64_t bank = saturating_sum(*failure.limit_bytes, failure.bytes_per_bank - open_end);
    const bool small = *failure.kind == MemoryKind::kL1Small;
    // tt-metal's options: L1_SMALL of each core, the trace region of a whole device.
    return Advice{Action::kResizeMemoryRegion,
                  small ? bank : saturating_product(bank, failure.banks),
                  {},
                  small ? "l1_small_size" : "trace_region_size"};
}

std::optional<Advice> smaller_type(const api::Model& model, const api::Failure& failure, uint64_t largest_bytes,
                                   uint32_t alignment) {
    if (!failure.tensor || model.tensors[*failure.tensor].layout != "tile") {
        return std::nullopt;
    }
    const FreeList sizes({}, alignment, false);
    const uint64_t now = sizes.rounded(tile_bytes(model.tensors[*failure.tensor].data_type));
    if (now == 0 || failure.bytes_per_bank % now != 0) {
        return std::nullopt;  // laid out otherwise than in whole tiles
    }
    for (const char* type : {"bfloat16", "bfloat8_b", "bfloat4_b"}) {
        const uint64_t page = sizes.rounded(tile_bytes(type));
        const uint64_t bytes = saturating_product(failure.bytes_per_bank / now, page);
        if (page < now && bytes <= largest_bytes) {
            return Advice{Action::kChangeTensor, bytes, {}, type};
        }
    }
    return std::nullopt;
}

std::optional<Advice> buffers_in_the_way(const api::Model& model, const api::Failure& clash) {
    if (!clash.allocator) {
        return std::nullopt;
    }
    if (is_service_cores(model, clash)) {
        return Advice{};
    }
    Advice advice;
    for (api::BufferIndex i{0}; i < model.buffers.size(); ++i) {
        const Buffer& buffer = model.buffers[i];
        if (buffer.allocator == *clash.allocator && buffer.kind == api::BufferKind::kL1 &&
            buffer.address < clash.end_address) {
            if (!is_a_tensors(buffer)) {
                return Advice{};  // in the way, and not to be freed
            }
            advice.buffers.push_back(i);
            saturating_add(advice.bytes, buffer.allocated_bytes);
        }
    }
    return advice.buffers.empty() ? std::nullopt : std::optional(advice);
}

uint64_t worker_l1_for_ring(const api::Model& model, const api::Failure& failure) {
    if (!failure.allocator || !failure.missing_bytes()) {
        return 0;
    }
    // tt-metal divides L1 from its end on: worker_l1_size, rounded to the allocator's alignment, is L1 and L1_SMALL, and
    // the ring ends where it begins.
    const api::Allocator& allocator = model.allocators[*failure.allocator];
    const auto bank_bytes = [&allocator](MemoryKind kind) {
        return allocator.banks[kind] ? allocator.banks[kind]->bank_bytes : 0;
    };
    const uint64_t now = saturating_sum(bank_bytes(MemoryKind::kL1), bank_bytes(MemoryKind::kL1Small));
    const uint64_t alignment = std::max<uint64_t>(inventory::block_alignment(allocator), 32);
    const uint64_t less = saturating_sum(*failure.missing_bytes(), alignment - 1) / alignment * alignment;
    return now > less ? now - less : 0;
}

}  // namespace ttmem::analysis
