// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The origin of a recorded buffer, in words. Caches its answers. Refers to the process, which must outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "analysis/holders.hpp"
#include "model/model.hpp"
#include "recording/reader.hpp"

namespace ttmem::report {

// Which buffers have the same name whatever they are grouped by, so that a pass over millions adds up numbers alone.
struct Origin {
    uint32_t context = 0;
    uint32_t tensor = 0;
    uint64_t requested_bytes = 0;  // of a buffer whose tensor is not known, else 0
    uint32_t form = 0;             // its layout then, else 0
    uint32_t page_bytes = 0;
    uint8_t account = 0;
    bool operator==(const Origin&) const = default;
};
Origin origin_of(const recording::Held& held);
struct OriginHash {
    size_t operator()(const Origin& origin) const;
};

class Names {
public:
    explicit Names(const recording::RecordedProcess& process);

    // Absent: not known.
    std::optional<std::string> name(const Origin& origin, inventory::GroupBy by);
    // Scope, functions with their lines, operation: separated by semicolons, outermost first. "(unknown)": nothing is known.
    std::string folded(const Origin& origin);
    // The entry of a context or a tensor; null where there is none.
    const api::Context* context(uint32_t id);
    const api::Tensor* tensor(uint32_t id);
    // The scope that a number below ledger::kFirstContext names, or that of the context; empty unknown.
    const std::string& scope(uint32_t context);

private:
    std::optional<api::ContextIndex> context_index(uint32_t id);
    std::optional<api::TensorIndex> tensor_index(uint32_t id);

    std::unordered_map<uint32_t, const std::string*> scopes_;
    std::unordered_map<uint32_t, api::ContextIndex> contexts_;  // into model_.contexts
    std::unordered_map<uint32_t, api::TensorIndex> tensors_;    // into model_.tensors
    api::Model model_;
};

}  // namespace ttmem::report
