// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Resolves the numbers in a sidecar's contexts and tensors to texts. Pure; the text of a number may be missing, and is
// then unknown.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "ledger/read/reader.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// Refers to the sidecar, which must outlive it.
class ContextTexts {
public:
    explicit ContextTexts(const ledger::Sidecar& sidecar);

    // `scope`: the name of the record's scope. Api::Context::process is not filled in.
    api::Context context(const ledger::ContextRecord& record, const std::string& scope) const;

private:
    const std::string& text(uint32_t id) const;

    std::unordered_map<uint32_t, const std::string*> texts_;
    std::unordered_map<uint32_t, ledger::FrameRecord> frames_;
    std::unordered_map<uint32_t, ledger::StackNodeRecord> nodes_;
};

// Tensor::process is not filled in.
api::Tensor tensor_of(const ledger::TensorFacts& facts);

}  // namespace ttmem::inventory
