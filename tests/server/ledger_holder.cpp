// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A process with a ledger, for tests of the server: holds COUNT buffers of BYTES each in DRAM of device 0, says "ready"
// and its ledger's pid, and stays until its input ends. With "churn" it also makes and frees L1 buffers all the time;
// any other word names the region that the buffers are allocated in.
//   ledger_holder COUNT BYTES [churn | NAME]
#include <poll.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tt_alloc/client.h"

int main(int argc, char** argv) {
    if (argc < 3) {
        return 2;
    }
    const uint64_t count = std::strtoull(argv[1], nullptr, 10);
    const uint64_t bytes = std::strtoull(argv[2], nullptr, 10);
    const bool churn = argc > 3 && std::strcmp(argv[3], "churn") == 0;
    if (argc > 3 && !churn) {
        tt_alloc_set_context(tt_alloc_name_context(argv[3]));
    }
    for (uint64_t i = 0; i < count; ++i) {
        // Elsewhere than other holders: what lies at one address counts once on a device.
        tt_alloc_report_allocation(0, bytes, TT_ALLOC_DRAM, (static_cast<uint64_t>(getpid()) << 36) + ((i + 1) << 24));
    }
    std::printf("ready %d\n", static_cast<int>(getpid()));
    std::fflush(stdout);
    for (uint64_t i = 0;; ++i) {
        pollfd input{0, POLLIN, 0};
        if (poll(&input, 1, churn ? 0 : -1) != 0) {
            return 0;
        }
        tt_alloc_report_allocation(0, 2048, TT_ALLOC_L1, (i % 64 + 1) << 12);
        tt_alloc_report_deallocation(0, (i % 64 + 1) << 12);
    }
}
