// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/why.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "analysis/free_blocks.hpp"
#include "analysis/free_list.hpp"
#include "analysis/holder_name.hpp"
#include "analysis/holders.hpp"
#include "analysis/relief.hpp"
#include "base/saturate.hpp"

namespace ttmem::analysis {

namespace {

using api::Buffer;
using api::Failure;
using api::FailureType;
using api::MemoryKind;
using api::Model;

bool is_region(MemoryKind kind) {
    return kind == MemoryKind::kL1Small || kind == MemoryKind::kTrace;
}

MemoryKind held_kind(const Failure& failure) {
    if (failure.type == FailureType::kTraceRegion) {
        return MemoryKind::kTrace;
    }
    return failure.type == FailureType::kOutOfMemory && failure.kind ? *failure.kind : MemoryKind::kL1;
}

// Of a refusal the buffers of its allocator and kind; else those of the kind on the fullest device.
std::vector<api::BufferIndex> buffers_of(const Model& model, const Why& why) {
    const Failure* const failure = why.failure ? &model.failures[*why.failure] : nullptr;
    std::vector<api::BufferIndex> found;
    for (api::BufferIndex i{0}; i < model.buffers.size(); ++i) {
        const Buffer& buffer = model.buffers[i];
        const bool is_its =
            failure != nullptr
                ? failure->allocator == buffer.allocator && memory_kind(buffer.kind) == held_kind(*failure)
                : memory_kind(buffer.kind) == why.kind && (!why.process || buffer.process == *why.process) &&
                      std::binary_search(buffer.devices.begin(), buffer.devices.end(), why.devices.front());
        if (is_its) {
            found.push_back(i);
        }
    }
    return found;
}

std::vector<HeldBy> held_by(const Model& model, const std::vector<api::BufferIndex>& buffers) {
    std::map<std::tuple<std::string, std::string, std::string, std::string>, HeldBy> groups;
    for (const api::BufferIndex index : buffers) {
        const Buffer& buffer = model.buffers[index];
        const inventory::Maker maker = inventory::maker_of(model, buffer);
        const std::string tensor = buffer.kernel_binaries ? "binaries of kernels"
                                                          : inventory::tensor_group(inventory::facts_of(model, buffer));
        HeldBy& group =
            groups[{maker.scope.value_or(""), maker.operation.value_or(""), maker.line.value_or(""), tensor}];
        if (group.buffers == 0) {
            group.scope = maker.scope.value_or("");
            group.operation = maker.operation.value_or("");
            group.place = maker.line.value_or("");
            group.tensor = tensor;
        }
        ++group.buffers;
        saturating_add(group.bytes, buffer.allocated_bytes);
    }
    std::vector<HeldBy> all;
    for (auto& [key, group] : groups) {
        all.push_back(std::move(group));
    }
    std::stable_sort(all.begin(), all.end(), [](const HeldBy& a, const HeldBy& b) { return a.bytes > b.bytes; });
    return all;
}

void set_holders(Why& why, std::vector<HeldBy> holders) {
    why.holders_known = true;
    why.holders = std::move(holders);
    why.held_bytes = 0;
    for (const HeldBy& holder : why.holders) {
        saturating_add(why.held_bytes, holder.bytes);
    }
}

// The holders that the model lists one by one.
void set_listed_holders(Why& why, const Model& model) {
    const std::vector<api::BufferIndex> buffers = buffers_of(model, why);
    set_holders(why, held_by(model, buffers));
    why.categories = categories(model, buffers, nullptr);
}

// The holders that the process kept at the refusal: the largest ones, and one for the rest.
std::vector<HeldBy> held_then(const Model& model, const Failure& failure) {
    std::vector<HeldBy> all;
    uint64_t left = failure.allocated_bytes;
    for (const api::HeldThen& held : failure.held) {
        Buffer buffer;
        buffer.context = held.context;
        const inventory::Maker maker = inventory::maker_of(model, buffer);
        const bool has_scope = held.context && !model.contexts[*held.context].scope.empty();
        all.push_back({has_scope ? model.contexts[*held.context].scope : "", maker.operation.value_or(""),
                       maker.line.value_or(""), "", held.buffers, held.bytes});
        left -= std::min(left, held.bytes);
    }
    if (left > 0) {
        all.push_back({"", "", "", "", 0, left});
    }
    return all;
}

// In a bank: what buffers take in banks that hold nothing of them.
uint64_t lockstep_waste_per_bank(const Model& model, const api::FreeSpace& space) {
    uint64_t waste = 0;
    for (const Buffer& buffer : model.buffers) {
        if (buffer.allocator == space.allocator && memory_kind(buffer.kind) == space.kind) {
            saturating_add(waste, buffer.lockstep_waste_bytes().value_or(0));
        }
    }
    return space.banks.banks == 0 ? 0 : waste / space.banks.banks;
}

// The space that was asked, as it is now; nullptr: its process ended, or says nothing of it.
const api::FreeSpace* space_of(const std::vector<api::FreeSpace>& spaces, const Failure& failure) {
    const auto found = std::find_if(spaces.begin(), spaces.end(), [&](const api::FreeSpace& space) {
        return failure.allocator == space.allocator && failure.kind == space.kind;
    });
    return found == spaces.end() ? nullptr : &*found;
}

Verdict verdict_on(const Failure& failure, uint64_t limit, uint64_t available, uint64_t waste) {
    if (failure.bytes_per_bank > limit) {
        return failure.kind && is_region(*failure.kind) ? Verdict::kLargerThanMemoryRegion : Verdict::kLargerThanDevice;
    }
    if (available >= failure.bytes_per_bank) {
        return Verdict::kFragmented;
    }
    return saturating_sum(available, waste) >= failure.bytes_per_bank ? Verdict::kLockstepWaste : Verdict::kFull;
}

// Under the HYBRID allocator a buffer may lie on some cores alone, and banks then differ from each other. While no L1
// buffer does on these devices, banks are alike, as in lockstep.
bool has_banks_that_differ(const Model& model, const Failure& failure) {
    if (!failure.allocator || !model.allocators[*failure.allocator].hybrid) {
        return false;
    }
    return std::any_of(model.buffers.begin(), model.buffers.end(), [&](const Buffer& buffer) {
        return buffer.cores && !buffer.bankless && memory_kind(buffer.kind) == MemoryKind::kL1 &&
               std::any_of(buffer.devices.begin(), buffer.devices.end(), [&](api::DeviceIndex device) {
                   return std::find(failure.devices.begin(), failure.devices.end(), device) != failure.devices.end();
               });
    });
}

// The request was for cores of its own, or some buffer of that L1 lies on such.
bool is_on_cores(const Why& why, const Model& model, const Failure& failure, const api::FreeSpace& space) {
    return model.allocators[space.allocator].hybrid && why.kind == MemoryKind::kL1 &&
           (has_banks_that_differ(model, failure) || failure.banks != space.banks.banks);
}

void advise_on_allocation(Why& why, const Model& model, const Failure& failure, const api::FreeSpace* space) {
    const auto add = [&](std::optional<Advice> advice) {
        if (advice) {
            why.advice.push_back(std::move(*advice));
        }
    };
    const bool on_cores = space != nullptr && is_on_cores(why, model, failure, *space);
    if (why.kind && is_region(*why.kind)) {
        add(larger_region(failure, why.changed ? nullptr : space));
    }
    const bool could_fit = why.limit_bytes && failure.bytes_per_bank <= *why.limit_bytes;
    if (space != nullptr && could_fit && !on_cores && !why.fits_now) {
        const Relief relief({model, *space, failure.bytes_per_bank});
        if (why.verdict == Verdict::kFragmented) {
            add(relief.buffers_to_move());
        }
        add(relief.buffers_to_free());
    }
    if (why.verdict == Verdict::kLockstepWaste && space != nullptr && !on_cores) {
        add(Advice{Action::kHybrid,
                   saturating_product(lockstep_waste_per_bank(model, *space), space->banks.banks),
                   {},
                   "TT_METAL_ALLOCATOR_MODE_HYBRID"});
    }
    const uint64_t largest =
        space != nullptr ? space->largest_bytes_per_bank : failure.largest_free_bytes_per_bank.value_or(0);
    // Of DRAM and L1 on every architecture at most; a larger alignment only makes the answer more careful.
    constexpr uint32_t kMostAlignment = 64;
    if (!why.fits_now) {
        add(smaller_type(model, failure, largest, space != nullptr ? space->banks.alignment : kMostAlignment));
    }
}

// Absent where the largest hole is another than the refusal said: those buffers are of another moment. Absent where banks
// differ from each other.
std::optional<BankMap> bank_at_refusal(const Why& why, const Model& model, const Failure& failure,
                                       const api::FreeSpace* space) {
    if (space == nullptr || why.changed || failure.largest_free_bytes_per_bank != space->largest_bytes_per_bank ||
        is_on_cores(why, model, failure, *space) || space->banks.bank_bytes > UINT64_MAX - space->banks.base_address) {
        return std::nullopt;
    }
    return BankMap{space->banks.base_address, space->banks.bank_bytes, space->top_down, space->blocks};
}

void explain_allocation(Why& why, const Model& model, const Failure& failure, const api::FreeSpace* space) {
    why.kind = failure.kind;
    why.wanted_bytes = saturating_product(failure.bytes_per_bank, failure.banks);
    why.wanted_bytes_per_bank = failure.bytes_per_bank;
    why.banks = failure.banks;
    why.limit_bytes = failure.limit_bytes ? failure.limit_bytes
                      : space != nullptr  ? api::Bytes(space->banks.bank_bytes)
                                          : std::nullopt;
    why.largest_free_bytes_per_bank = failure.largest_free_bytes_per_bank;
    why.free_bytes_per_bank = failure.available_bytes;
    if (!why.free_bytes_per_bank && space != nullptr && !why.changed) {
        why.free_bytes_per_bank = space->free_bytes_per_bank;
    }
    const uint64_t largest = why.largest_free_bytes_per_bank.value_or(0);
    why.missing_bytes = failure.bytes_per_bank > largest ? api::Bytes(failure.bytes_per_bank - largest) : std::nullopt;
    const uint64_t waste = space != nullptr && !why.changed ? lockstep_waste_per_bank(model, *space) : 0;
    why.verdict =
        verdict_on(failure, why.limit_bytes.value_or(UINT64_MAX), why.free_bytes_per_bank.value_or(largest), waste);
    why.fits_now =
        space != nullptr && space->largest_bytes_per_bank >=
                                FreeList({}, inventory::block_alignment(model.allocators[space->allocator]), false)
                                    .rounded(failure.bytes_per_bank);
    why.bank = bank_at_refusal(why, model, failure, space);
    advise_on_allocation(why, model, failure, space);
}

void explain_program(Why& why, const Model& model, const Failure& failure) {
    why.kind = MemoryKind::kL1;
    why.missing_bytes = failure.missing_bytes();
    why.wanted_bytes = failure.end_address;
    const bool clash = failure.type == FailureType::kClash;
    why.verdict = clash ? Verdict::kL1Clash : Verdict::kCircularBuffersTooLarge;
    why.limit_bytes = clash ? api::Bytes(failure.buffer_address) : failure.limit_bytes;
    if (clash) {
        if (std::optional<Advice> advice = buffers_in_the_way(model, failure)) {
            if (!advice->buffers.empty()) {
                why.advice.push_back(std::move(*advice));
            }
        } else {
            // Only a listed buffer is known to be gone: not one of a service core's or of another allocator.
            why.fits_now = why.living && failure.buffer_id && !has_banks_that_differ(model, failure) &&
                           model.processes[failure.process].unlisted_buffers == 0;
        }
    }
    if (why.missing_bytes) {
        why.advice.push_back({Action::kShrinkCircularBuffers, *why.missing_bytes, {}, {}});
    }
}

// A program larger than the kernel-config ring, a trace larger than the trace region.
void explain_region(Why& why, const Model& model, const Failure& failure) {
    const bool trace = failure.type == FailureType::kTraceRegion;
    why.kind = trace ? MemoryKind::kTrace : MemoryKind::kL1;
    why.verdict = Verdict::kLargerThanMemoryRegion;
    why.wanted_bytes = failure.end_address;
    why.limit_bytes = failure.limit_bytes;
    why.missing_bytes = failure.missing_bytes();
    if (trace) {
        why.advice.push_back({Action::kResizeMemoryRegion, failure.end_address, {}, "trace_region_size"});
    } else if (failure.worker_ring && why.missing_bytes) {
        why.advice.push_back({Action::kLowerWorkerL1, worker_l1_for_ring(model, failure), {}, "worker_l1_size"});
    }
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::kNone:
            return "none";
        case Verdict::kFull:
            return "full";
        case Verdict::kFragmented:
            return "fragmented";
        case Verdict::kLargerThanDevice:
            return "larger_than_device";
        case Verdict::kLargerThanMemoryRegion:
            return "larger_than_memory_region";
        case Verdict::kLockstepWaste:
            return "lockstep_waste";
        case Verdict::kL1Clash:
            return "l1_clash";
        case Verdict::kCircularBuffersTooLarge:
            return "circular_buffers_too_large";
    }
    return "";
}

std::string_view to_string(Action action) {
    switch (action) {
        case Action::kFree:
            return "free";
        case Action::kReallocate:
            return "reallocate";
        case Action::kResizeMemoryRegion:
            return "resize_memory_region";
        case Action::kChangeTensor:
            return "change_tensor";
        case Action::kShrinkCircularBuffers:
            return "shrink_circular_buffers";
        case Action::kHybrid:
            return "hybrid";
        case Action::kLowerWorkerL1:
            return "lower_worker_l1_size";
    }
    return "";
}

Why explain(const Model& model, size_t index, Moment moment) {
    const Failure& failure = model.failures[index];
    Why why;
    why.failure = index;
    why.process = failure.process;
    why.devices = failure.devices;
    why.living = failure.allocator && model.allocators[*failure.allocator].open && model.buffers_listed;
    // Memory of unlisted buffers would look free: then only the figures of the refusal are known.
    const bool listed = model.processes[failure.process].unlisted_buffers == 0;
    auto spaces = why.living && listed && !failure.devices.empty()
                      ? inventory::free_spaces(model, failure.devices.front())
                      : std::vector<api::FreeSpace>();
    if (why.living) {
        set_listed_holders(why, model);
        why.changed = why.held_bytes != failure.allocated_bytes;
    }
    if (moment == Moment::kRefusal && why.changed) {
        spaces.clear();  // the picture is of another refusal up to 100 ms before, or lacks buffers
    }
    if ((why.changed || !why.living) && !failure.held.empty()) {
        set_holders(why, held_then(model, failure));
        why.categories.clear();
        why.holders_then = true;
    }
    if (failure.type == FailureType::kOutOfMemory) {
        explain_allocation(why, model, failure, space_of(spaces, failure));
    } else if (failure.type == FailureType::kConfigRing || failure.type == FailureType::kTraceRegion) {
        explain_region(why, model, failure);
    } else {
        explain_program(why, model, failure);
    }
    if (moment == Moment::kRefusal) {
        why.frozen = !why.changed;
        why.holders_then = true;
        why.changed = false;
        why.fits_now = false;
    }
    return why;
}

void set_course(Why& why, const Model& model, Course course) {
    why.course = std::move(course);
    if (!why.categories.empty()) {
        why.categories = categories(model, buffers_of(model, why), &*why.course);
    }
}

std::optional<size_t> find_refusal(const Model& model, api::ProcessIndex process, uint64_t number) {
    const auto found = std::find_if(model.failures.begin(), model.failures.end(), [&](const Failure& each) {
        return each.process == process && each.number == number;
    });
    return found == model.failures.end() ? std::nullopt : std::optional<size_t>(found - model.failures.begin());
}

Why fullest(const Model& model, std::optional<api::ProcessIndex> process, std::optional<api::DeviceIndex> only) {
    Why why;
    why.process = process;
    double most = -1;
    for (api::DeviceIndex device{0}; device < model.devices.size(); ++device) {
        const bool its =
            (!only || *only == device) &&
            (!process || std::any_of(model.processes[*process].devices.begin(), model.processes[*process].devices.end(),
                                     [&](const api::ProcessDevice& use) { return use.device == device; }));
        for (const MemoryKind kind : {MemoryKind::kDram, MemoryKind::kL1}) {
            const api::MemoryUse& use = model.devices[device].memory[kind];
            if (!its || !use.capacity_bytes || *use.capacity_bytes == 0 || !use.allocated_bytes) {
                continue;
            }
            const double share = static_cast<double>(*use.allocated_bytes) / static_cast<double>(*use.capacity_bytes);
            if (share > most) {
                most = share;
                why.devices = {device};
                why.kind = kind;
                why.capacity_bytes = use.capacity_bytes;
                why.allocated_bytes = use.allocated_bytes;
                why.largest_free_bytes_per_bank = use.largest_free_bytes_per_bank;
                why.banks = use.banks;
            }
        }
    }
    if (!why.devices.empty()) {
        why.living = true;
        set_listed_holders(why, model);
    }
    return why;
}

Why at_peak(const Model& model, api::AllocatorIndex allocator, MemoryKind kind, const ShownPeak& peak) {
    const api::Allocator& of = model.allocators[allocator];
    Why why;
    why.process = of.process;
    why.devices = of.devices;
    std::sort(why.devices.begin(), why.devices.end());
    why.kind = kind;
    why.peak = peak;
    why.frozen = true;
    why.holders_then = true;
    why.allocated_bytes = peak.shown_bytes;
    if (!why.devices.empty()) {
        const api::MemoryUse& use = model.devices[why.devices.front()].memory[kind];
        why.capacity_bytes = use.capacity_bytes;
        why.largest_free_bytes_per_bank = use.largest_free_bytes_per_bank;
        why.banks = use.banks;
        set_listed_holders(why, model);
    }
    return why;
}

Why explain_latest(const Model& model, std::optional<api::ProcessIndex> process) {
    for (size_t i = model.failures.size(); i > 0; --i) {
        if (!process || model.failures[i - 1].process == *process) {
            return explain(model, i - 1);
        }
    }
    return fullest(model, process);
}

}  // namespace ttmem::analysis
