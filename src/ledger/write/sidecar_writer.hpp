// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The texts that only the owner may read (format_sidecar.hpp): command line, names of kernels and scopes, contexts.
#pragma once

#include <cstdint>

#include "base/spin_lock.hpp"
#include "ledger/write/id_index.hpp"
#include "ledger/write/ledger_header.hpp"
#include "ledger/write/sections.hpp"

namespace ttmem::ledger {

// Safe from any thread. Without a sidecar (no room, removed) texts are left out and the ledger goes on.
class SidecarWriter {
public:
    SidecarWriter(Sections& sections, LedgerHeader& header) noexcept : sections_(sections), header_(header) {}
    SidecarWriter(const SidecarWriter&) = delete;
    SidecarWriter& operator=(const SidecarWriter&) = delete;

    // Makes the sidecar, with the process's command line. Without it the command stays short.
    void begin(uint64_t nonce) noexcept;

    // The id of a kernel's name, written when it is new. 0: empty, null, or it cannot be written.
    uint32_t kernel_name(const char* name) noexcept;
    // Writes down what the number of a scope means.
    void name_context(uint16_t context, const char* name) noexcept;
    // Appends whole records (a multiple of 8 bytes). False, and counted, when the sidecar takes no more.
    bool append(const void* records, uint64_t bytes) noexcept;

    // Held during every append. After the lock of programs, before those of shards.
    SpinLock& lock() noexcept { return lock_; }

private:
    struct KernelName {
        uint64_t id;  // hash of the name
        uint32_t name;
        uint32_t reserved;
    };
    static uint64_t hash_of(const char* text, uint64_t bytes) noexcept;

    Sections& sections_;
    LedgerHeader& header_;
    SpinLock lock_;
    IdIndex<KernelName> kernel_names_;
    uint32_t kernel_names_given_ = 0;
};

}  // namespace ttmem::ledger
