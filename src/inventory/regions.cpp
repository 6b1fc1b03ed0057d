// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/regions.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>
#include <variant>

#include "ledger/format_sidecar.hpp"
#include "ledger/read/reader.hpp"
#include "ledger/read/snapshot.hpp"

namespace ttmem::inventory {

const std::string& region_of(const SidecarNames& names, uint32_t scope, uint32_t context) {
    const std::string& own = names.operation(context | kOwnName);
    return own.empty() ? names.operation(scope) : own;
}

const std::string& region_of(const SidecarNames& names, uint32_t context) {
    if (context < ledger::kFirstContext) {
        return names.operation(context);
    }
    const api::Context* const known = names.context(context);
    const std::string& own = names.operation(context | kOwnName);
    return own.empty() && known != nullptr ? known->scope : own;
}

std::vector<std::string> own_regions(const OwnLedger& own, const std::vector<uint32_t>& contexts) {
    SidecarNames names;
    ledger::Reader reader = ledger::Reader::from_source(own.source);
    const auto read = reader.read({});
    if (const auto* const snapshot = std::get_if<ledger::Snapshot>(&read)) {
        if (auto texts = read_sidecar_of(AT_FDCWD, own.path, geteuid(), snapshot->identity.nonce)) {
            names.take(std::move(*texts));
        }
    }
    std::vector<std::string> regions;
    regions.reserve(contexts.size());
    for (const uint32_t context : contexts) {
        regions.push_back(region_of(names, context));
    }
    return regions;
}

}  // namespace ttmem::inventory
