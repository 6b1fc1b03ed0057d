// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/copy_source.hpp"

#include <atomic>
#include <cerrno>
#include <utility>

namespace ttmem::ledger {

void stop(ReadFailure failure, std::string message, int errno_value) {
    Stop reason;
    reason.error.message = std::move(message);
    reason.error.errno_value = errno_value;
    reason.error.failure = failure;
    throw reason;
}

void stop_corrupt(std::string message) {
    stop(ReadFailure::kCorrupt, std::move(message));
}

uint64_t CopySource::copy_some(uint64_t offset, void* to, uint64_t bytes) const {
    uint64_t done = 0;
    while (done < bytes) {
        errno = 0;
        const int64_t got = source_(offset + done, static_cast<std::byte*>(to) + done, bytes - done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            const int reason = errno;
            stop(ReadFailure::kIo, std::string("cannot read the ledger: ") + std::strerror(reason), reason);
        }
        if (got == 0) {
            break;
        }
        if (static_cast<uint64_t>(got) > bytes - done) {
            stop(ReadFailure::kIo, "the source gave more bytes than were asked for");
        }
        done += static_cast<uint64_t>(got);
    }
    // Pairs with the writer's release stores: a later copy must not see an older state than this one saw.
    std::atomic_thread_fence(std::memory_order_acquire);
    return done;
}

void CopySource::copy(uint64_t offset, void* to, uint64_t bytes) const {
    if (copy_some(offset, to, bytes) != bytes) {
        stop_corrupt("the ledger ends before what its directory names (truncated at or before byte " +
                     std::to_string(offset + bytes) + ")");
    }
}

}  // namespace ttmem::ledger
