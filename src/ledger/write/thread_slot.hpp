// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The part of every event that is the thread's own.
#pragma once

#include <cstdint>

#include "ledger/format_words.hpp"

namespace ttmem::ledger {

// A thread's way into the writer, kept by the caller for the thread's life. Plain data.
struct ThreadSlot {
    uint32_t shard = kNone;
    uint32_t thread = 0;     // kernel thread id
    uint32_t detail = 0;     // context of the event that the thread reports at this moment; 0: only its scope is known
    uint32_t tensor = 0;     // tensor whose memory it allocates at this moment, 0 unknown
    uint16_t scope = 0;      // the name that the thread's buffers, programs and failures are tagged with
    bool shared = false;     // the shard is another thread's
    bool peak_rose = false;  // at its last allocation; for the caller to look at and to clear

    uint32_t context() const noexcept { return detail != 0 ? detail : scope; }
    bool owns(uint32_t number) const noexcept { return !shared && shard == number; }
};

}  // namespace ttmem::ledger
