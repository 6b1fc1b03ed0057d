// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "api/model.hpp"

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

}  // namespace ttmem::api
