// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/why_words.hpp"

#include <algorithm>
#include <cctype>

#include "model/device_names.hpp"
#include "output/origin.hpp"
#include "output/text.hpp"

namespace ttmem::output {

namespace {

using analysis::Action;
using analysis::Advice;
using analysis::Verdict;
using analysis::Why;
using monitor::exact_bytes;
using monitor::human_bytes;
using monitor::kUnknown;

constexpr size_t kMostNamed = 4;  // buffers that a sentence names

std::string devices_text(const api::Model& model, const Why& why) {
    return why.devices.empty() ? "a device"
                               : (why.devices.size() == 1 ? "device " : "devices ") +
                                     api::DeviceNames(model).labels(why.devices, kUnknown);
}

// "Circular buffers of ttnn.softmax"
std::string program_text(const api::Failure& failure) {
    const std::string name = !failure.operation.empty() ? failure.operation
                             : !failure.program.empty() ? failure.program
                                                        : "program " + std::to_string(failure.program_id);
    return (failure.dataflow ? "Dataflow buffers of " : "Circular buffers of ") + name;
}

// "The program of ttnn.matmul", "A trace"
std::string of_region(const api::Failure& failure) {
    const std::string what = failure.type == api::FailureType::kTraceRegion ? "A trace" : "A program";
    return failure.operation.empty() ? what : what + " of " + failure.operation;
}

// "the trace region", "the kernel-config ring of its cores"
const char* region_name(const api::Failure& failure) {
    return failure.type == api::FailureType::kTraceRegion ? "the trace region"
           : failure.worker_ring                          ? "the kernel-config ring"
                                                          : "the kernel-config ring of Ethernet cores";
}

std::string banks_text(const Why& why) {
    return why.banks ? "each of " + std::to_string(*why.banks) + " banks" : "each bank";
}

std::string buffers_text(const api::Model& model, const std::vector<api::BufferIndex>& buffers) {
    std::string text;
    for (size_t i = 0; i < buffers.size() && i < kMostNamed; ++i) {
        const api::Buffer& buffer = model.buffers[buffers[i]];
        const std::string origin = origin_text(model, buffer);
        text += (text.empty() ? "#" : ", #") + std::to_string(buffer.id) + (origin.empty() ? "" : " from " + origin);
    }
    return buffers.size() > kMostNamed ? text + " and " + std::to_string(buffers.size() - kMostNamed) + " more" : text;
}

std::string counted_buffers(const std::vector<api::BufferIndex>& buffers) {
    return std::to_string(buffers.size()) + (buffers.size() == 1 ? " buffer" : " buffers");
}

std::string allocation_sentence(const api::Model& model, const Why& why) {
    const std::string kind = why.kind ? kind_name(*why.kind) : "memory";
    const std::string where = kind + " of " + devices_text(model, why);
    const std::string wanted = human_bytes(why.wanted_bytes_per_bank) + " wanted in " + banks_text(why);
    switch (why.verdict) {
        case Verdict::kFragmented:
            if (why.largest_free_bytes_per_bank >= why.wanted_bytes_per_bank) {  // HYBRID: it looks at all cores
                return where + ": " + wanted + ", the largest hole has " +
                       human_bytes(why.largest_free_bytes_per_bank) +
                       ", but it is not free at one address on all the cores that the buffer depends on.";
            }
            return where + " is fragmented: a bank has " + human_bytes(why.free_bytes_per_bank) +
                   " free, but no hole of the " + human_bytes(why.wanted_bytes_per_bank) +
                   " that are wanted; the largest has " + human_bytes(why.largest_free_bytes_per_bank) + ".";
        case Verdict::kLargerThanDevice:
            return "The request is larger than the device: " + wanted + " of " + kind + ", which have " +
                   human_bytes(why.limit_bytes) + " each.";
        case Verdict::kLargerThanMemoryRegion:
            return "The request is larger than " + where + ": " + wanted + ", which have " +
                   human_bytes(why.limit_bytes) + " each.";
        case Verdict::kLockstepWaste:
            return where + " is taken in banks that hold nothing: " + wanted + ", " +
                   human_bytes(why.free_bytes_per_bank) +
                   " free; buffers on some cores take their bytes in every bank.";
        default:
            return where + " is full: " + wanted + ", " + human_bytes(why.free_bytes_per_bank) + " free in a bank of " +
                   human_bytes(why.limit_bytes) + ".";
    }
}

std::string resize_sentence(const Advice& advice) {
    return "Open the device with " + advice.option + "=" + std::to_string(advice.bytes) + " or more (" +
           (advice.option == "l1_small_size" ? "bytes of each core" : "bytes of a device") + ").";
}

}  // namespace

std::string kind_name(api::MemoryKind kind) {
    std::string name(to_string(kind));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    return name;
}

std::string why_sentence(const api::Model& model, const Why& why) {
    if (why.peak) {
        return std::string(why.peak->still_held ? "The peak still stands" : "At its peak") + ": " +
               kind_name(*why.kind) + " of " + devices_text(model, why) + " was " +
               monitor::percent(why.allocated_bytes, why.capacity_bytes) + " allocated, " +
               human_bytes(why.allocated_bytes) + " of " + human_bytes(why.capacity_bytes) + ".";
    }
    if (!why.failure) {
        if (!why.kind) {
            return "Nothing was refused, and no tracked process has a device open.";
        }
        return "Nothing was refused. Fullest is " + kind_name(*why.kind) + " of " + devices_text(model, why) + ": " +
               monitor::percent(why.allocated_bytes, why.capacity_bytes) + " of " + human_bytes(why.capacity_bytes) +
               " allocated.";
    }
    const api::Failure& failure = model.failures[*why.failure];
    if (why.verdict == Verdict::kL1Clash) {
        return program_text(failure) + " need L1 that a buffer has: they end at " +
               std::to_string(failure.end_address) + ", " + (failure.buffer_id ? "buffer " : "a buffer") +
               (failure.buffer_id ? std::to_string(*failure.buffer_id) : "") + " begins at " +
               std::to_string(failure.buffer_address) + ": " + exact_bytes(why.missing_bytes) +
               " bytes are missing on a core.";
    }
    if (why.verdict == Verdict::kCircularBuffersTooLarge) {
        return program_text(failure) + " are too large for L1 by themselves: they end at " +
               std::to_string(failure.end_address) + " of " + exact_bytes(why.limit_bytes) + " bytes of a core, " +
               exact_bytes(why.missing_bytes) + " too many.";
    }
    if (failure.type == api::FailureType::kConfigRing || failure.type == api::FailureType::kTraceRegion) {
        return of_region(failure) + " is larger than " + region_name(failure) + " of " + devices_text(model, why) +
               ": it takes " + exact_bytes(why.wanted_bytes) + " bytes of " + exact_bytes(why.limit_bytes) + ", " +
               exact_bytes(why.missing_bytes) + " too many.";
    }
    return allocation_sentence(model, why);
}

std::string advice_sentence(const api::Model& model, const Why& why, const Advice& advice) {
    switch (advice.action) {
        case Action::kFree:
            return "Free " + counted_buffers(advice.buffers) + " (" + human_bytes(advice.bytes) +
                   " of a device): " + buffers_text(model, advice.buffers) + ".";
        case Action::kReallocate:
            return "Move " + counted_buffers(advice.buffers) +
                   " with ttnn.reallocate, in this order: " + buffers_text(model, advice.buffers) +
                   ". The largest hole then has " + human_bytes(advice.bytes) + ".";
        case Action::kResizeMemoryRegion:
            return resize_sentence(advice);
        case Action::kLowerWorkerL1:
            return "Open the device with " +
                   (advice.bytes != 0 ? advice.option + "=" + std::to_string(advice.bytes) + " or less"
                                      : "a " + advice.option + " that is at least " + exact_bytes(why.missing_bytes) +
                                            " bytes smaller than now") +
                   ": what L1 buffers leave below them is the ring's.";
        case Action::kChangeTensor:
            return "As " + advice.option + " the tensor takes " + human_bytes(advice.bytes) +
                   " in each bank instead of " + human_bytes(why.wanted_bytes_per_bank) + ", and fits.";
        case Action::kShrinkCircularBuffers:
            return "Give the operation a smaller configuration: its buffers have to shrink by " +
                   std::to_string(advice.bytes) + " bytes on each core.";
        case Action::kHybrid:
            return "Set " + advice.option +
                   "=1 and call experimental_set_per_core_allocation(True) of the MemoryConfig " +
                   "of sharded tensors, which then take L1 on their own cores alone: " + human_bytes(advice.bytes) +
                   " of a device are taken where nothing lies.";
    }
    return "";
}

std::string refusal_text(const api::Failure& failure) {
    switch (failure.type) {
        case api::FailureType::kClash:
            return program_text(failure) + " reach " + human_bytes(failure.missing_bytes()) + " into a buffer in L1";
        case api::FailureType::kCircularBuffers:
            return program_text(failure) + " are " + human_bytes(failure.missing_bytes()) + " larger than L1";
        case api::FailureType::kConfigRing:
        case api::FailureType::kTraceRegion:
            return of_region(failure) + " is " + human_bytes(failure.missing_bytes()) + " larger than " +
                   region_name(failure);
        case api::FailureType::kOutOfMemory:
            break;
    }
    return (failure.operation.empty() ? "" : failure.operation + ": ") + "out of " +
           (failure.kind ? kind_name(*failure.kind) : "memory") + ": " + human_bytes(failure.bytes_per_bank) +
           " wanted in each of " + std::to_string(failure.banks) + " banks, largest hole " +
           human_bytes(failure.largest_free_bytes_per_bank);
}

std::string last_parts(const std::string& path) {
    const size_t file = path.rfind('/');
    const size_t folder = file == std::string::npos || file == 0 ? file : path.rfind('/', file - 1);
    return folder == std::string::npos ? path : path.substr(folder + 1);
}

}  // namespace ttmem::output
