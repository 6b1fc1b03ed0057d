// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The texts that the history keeps of a refusal.
#pragma once

#include <optional>
#include <string>

#include "model/model.hpp"

namespace ttmem::history {

inline std::optional<std::string> kind_of(const api::Failure& failure) {
    return failure.kind ? std::optional(std::string(api::to_string(*failure.kind))) : std::nullopt;
}

// The text of an event for a refusal that its figures do not describe: which part was too large, and for which memory.
inline std::optional<std::string> words_of(const api::Failure& failure) {
    const std::string larger = failure.missing_bytes()
                                   ? std::to_string(*failure.missing_bytes()) + " bytes larger than "
                                   : std::string("larger than ");
    switch (failure.type) {
        case api::FailureType::kCircularBuffers:
            return "circular buffers are " + larger + "L1";
        case api::FailureType::kConfigRing:
            return "a program is " + larger + "the kernel-config ring";
        case api::FailureType::kTraceRegion:
            return "a trace is " + larger + "the trace region";
        case api::FailureType::kClash:
        case api::FailureType::kOutOfMemory:
            break;
    }
    return std::nullopt;
}

}  // namespace ttmem::history
