// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/ledger_names.hpp"

#include "ledger/format.hpp"

namespace ttmem::inventory {

const char* arch_name(uint32_t arch) {
    switch (arch) {
        case 1:
            return "grayskull";
        case 2:
            return "wormhole_b0";
        case 3:
            return "blackhole";
        case 4:
            return "quasar";
        default:
            return "";
    }
}

const char* layout_name(uint8_t layout) {
    return layout == ledger::kLayoutInterleaved ? "interleaved" : layout == ledger::kLayoutSharded ? "sharded" : "";
}

std::optional<api::EventType> event_type(uint8_t type) {
    switch (type) {
        case ledger::kEventAllocate:
            return api::EventType::kAllocate;
        case ledger::kEventFree:
            return api::EventType::kFree;
        case ledger::kEventFail:
            return api::EventType::kFail;
        case ledger::kEventAllocatorOpen:
            return api::EventType::kOpen;
        case ledger::kEventAllocatorClose:
            return api::EventType::kClose;
        case ledger::kEventProgramLoad:
            return api::EventType::kProgramLoad;
        case ledger::kEventProgramUnload:
            return api::EventType::kProgramUnload;
        case ledger::kEventClash:
            return api::EventType::kClash;
        case ledger::kEventRefused:
            return api::EventType::kFail;
        default:
            return std::nullopt;
    }
}

}  // namespace ttmem::inventory
