// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <iterator>
#include <string>
#include <utility>

#include "model/model.hpp"

namespace ttmem::api {

std::string_view to_string(ProcessState state) {
    switch (state) {
        case ProcessState::kLive:
            return "live";
        case ProcessState::kStopped:
            return "stopped";
        case ProcessState::kExited:
            return "exited";
        case ProcessState::kDied:
            return "died";
        case ProcessState::kForeign:
            return "foreign";
        case ProcessState::kCorrupt:
            return "corrupt";
        case ProcessState::kUntrusted:
            return "untrusted";
    }
    return "";
}

std::string_view to_string(Source source) {
    switch (source) {
        case Source::kLedger:
            return "ledger";
        case Source::kSocket:
            return "socket";
        case Source::kUpstreamShm:
            return "upstream_shm";
    }
    return "";
}

std::string_view to_string(BufferKind kind) {
    switch (kind) {
        case BufferKind::kDram:
            return "dram";
        case BufferKind::kL1:
            return "l1";
        case BufferKind::kL1Small:
            return "l1_small";
        case BufferKind::kTrace:
            return "trace";
        case BufferKind::kSystemMemory:
            return "system_memory";
        case BufferKind::kView:
            return "view";
        case BufferKind::kDanglingView:
            return "dangling_view";
        case BufferKind::kPreallocated:
            return "preallocated";
        case BufferKind::kHooked:
            return "hooked";
    }
    return "";
}

std::string_view to_string(MemoryKind kind) {
    switch (kind) {
        case MemoryKind::kDram:
            return "dram";
        case MemoryKind::kL1:
            return "l1";
        case MemoryKind::kL1Small:
            return "l1_small";
        case MemoryKind::kTrace:
            return "trace";
    }
    return "";
}

std::string_view to_string(ConflictType type) {
    return type == ConflictType::kDanglingView ? "dangling_view" : "two_allocators";
}

std::string_view to_string(EventType type) {
    switch (type) {
        case EventType::kAllocate:
            return "allocate";
        case EventType::kFree:
            return "free";
        case EventType::kFail:
            return "fail";
        case EventType::kOpen:
            return "open";
        case EventType::kClose:
            return "close";
        case EventType::kProgramLoad:
            return "program_load";
        case EventType::kProgramUnload:
            return "program_unload";
        case EventType::kClash:
            return "clash";
    }
    return "";
}

std::optional<MemoryKind> memory_kind(BufferKind kind) {
    switch (kind) {
        case BufferKind::kDram:
            return MemoryKind::kDram;
        case BufferKind::kL1:
            return MemoryKind::kL1;
        case BufferKind::kL1Small:
            return MemoryKind::kL1Small;
        case BufferKind::kTrace:
            return MemoryKind::kTrace;
        default:
            return std::nullopt;
    }
}

std::string_view to_string(RegionType type) {
    switch (type) {
        case RegionType::kFirmware:
            return "firmware";
        case RegionType::kConfigRing:
            return "config_ring";
        case RegionType::kDispatch:
            return "dispatch";
        case RegionType::kAllocator:
            return "allocator";
        case RegionType::kL1Small:
            return "l1_small";
        case RegionType::kTrace:
            return "trace";
        case RegionType::kArena:
            return "arena";
        case RegionType::kServiceCore:
            return "service_core";
        case RegionType::kUnused:
            return "unused";
    }
    return "";
}

std::string_view to_string(CoreType type) {
    switch (type) {
        case CoreType::kWorker:
            return "worker";
        case CoreType::kActiveEthernet:
            return "active_ethernet";
        case CoreType::kIdleEthernet:
            return "idle_ethernet";
    }
    return "";
}

std::string index_text(uint64_t index_mask) {
    std::string text;
    for (uint64_t rest = index_mask; rest != 0; rest &= rest - 1) {
        text += (text.empty() ? "" : ",") + std::to_string(std::countr_zero(rest));
    }
    return text;
}

std::string data_format_name(uint8_t format) {
    // clang-format off
    static constexpr std::pair<uint8_t, std::string_view> kNames[] = {
        {0, "Float32"},   {1, "Float16"}, {2, "Bfp8"},    {3, "Bfp4"},   {4, "Tf32"},     {5, "Float16_b"},
        {6, "Bfp8_b"},    {7, "Bfp4_b"},  {8, "Int32"},   {9, "UInt16"}, {10, "Lf8"},     {11, "Bfp2"},
        {14, "Int8"},     {15, "Bfp2_b"}, {24, "UInt32"}, {26, "Fp8_e4m3"}, {30, "UInt8"}};
    // clang-format on
    const auto* const named = std::ranges::find(kNames, format, &std::pair<uint8_t, std::string_view>::first);
    return named != std::end(kNames) ? std::string(named->second) : "format " + std::to_string(format);
}

std::string_view to_string(ProcessorClass processor) {
    switch (processor) {
        case ProcessorClass::kUnknown:
            return "unknown";
        case ProcessorClass::kDataMovement:
            return "data_movement";
        case ProcessorClass::kCompute:
            return "compute";
        case ProcessorClass::kEthernet:
            return "ethernet";
    }
    return "";
}

std::string_view to_string(ProgramType type) {
    switch (type) {
        case ProgramType::kApplication:
            return "application";
        case ProgramType::kFabric:
            return "fabric";
        case ProgramType::kDispatch:
            return "dispatch";
    }
    return "";
}

std::string_view to_string(FailureType type) {
    switch (type) {
        case FailureType::kOutOfMemory:
            return "out_of_memory";
        case FailureType::kClash:
            return "clash";
        case FailureType::kCircularBuffers:
            return "circular_buffers_too_large";
        case FailureType::kConfigRing:
            return "kernel_config_ring";
        case FailureType::kTraceRegion:
            return "trace_region";
    }
    return "";
}

std::string_view to_string(StretchType type) {
    switch (type) {
        case StretchType::kRegion:
            return "region";
        case StretchType::kBuffer:
            return "buffer";
        case StretchType::kFree:
            return "free";
        case StretchType::kUnexplained:
            return "unexplained";
    }
    return "";
}

}  // namespace ttmem::api
