// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The texts of a ledger's sidecar: command line, operations, kernels, contexts, tensors. Only the process's owner and
// root may read them; to other users they stay unknown.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "inventory/ledger_directory.hpp"
#include "ledger/read/reader.hpp"
#include "ledger/read/snapshot.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// The sidecar of a ledger, by the ledger's file name in its folder. nullopt: there is none, it is no plain file of
// `owner`, or it belongs to another ledger than the one with this nonce.
std::optional<ledger::Sidecar> read_sidecar_of(int directory_fd, const std::string& ledger_file, uid_t owner,
                                               uint64_t nonce);

class SidecarNames {
public:
    // Reads the file again if the snapshot names a text that is not known yet. The file only grows, so this happens when
    // a new kernel or operation appears. Nothing changes when it cannot be read.
    void follow(const LedgerDirectory& directory, const std::string& ledger_file, uint64_t nonce,
                const ledger::Snapshot& snapshot);
    void read(const LedgerDirectory& directory, const std::string& ledger_file, uint64_t nonce);
    // Takes over texts that were read already.
    void take(ledger::Sidecar&& texts);

    // Empty when not known; id 0 is unused.
    const std::string& kernel(uint32_t id) const { return find(kernels_, id); }
    // The scope and operation of a context, in one line: "scope/operation".
    const std::string& operation(uint32_t id) const { return find(operations_, id); }
    const std::string& label(uint32_t id) const { return find(labels_, id); }
    const std::string& exception(uint32_t id) const { return find(exceptions_, id); }

    // All of a context, and the facts of a tensor; null when not known. `process` is not filled in.
    const api::Context* context(uint32_t id) const;
    const api::Tensor* tensor(uint32_t id) const;
    // The holders recorded with a failure, by the failure's number; empty when not known.
    const std::vector<ledger::HolderRecord>& holders(uint64_t failure) const;
    const std::string& command() const { return command_; }

private:
    using Texts = std::unordered_map<uint32_t, std::string>;
    bool lacks_texts(const ledger::Failure& failure) const;
    static const std::string& find(const Texts& texts, uint32_t id);

    std::string command_;
    Texts kernels_;
    Texts operations_;
    Texts labels_;
    Texts exceptions_;
    std::unordered_map<uint64_t, std::vector<ledger::HolderRecord>> holders_;
    // Failures below these numbers were looked for once, and twice: a process that has no room for their texts any more
    // never writes them, and who held the memory is written after the failure.
    uint64_t failures_sought_ = 0;
    uint64_t holders_sought_ = 0;
    std::unordered_map<uint32_t, api::Context> contexts_;
    std::unordered_map<uint32_t, api::Tensor> tensors_;
};

}  // namespace ttmem::inventory
