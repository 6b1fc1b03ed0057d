// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A program that reports what it holds by the six reports. It knows sizes and addresses and nothing of banks.
//   TT_ALLOC_TRACKING_ENABLED=1 ./six_reports        holds its buffers until its input ends; look with `ttmem snapshot`
#include <cstdio>

#include "tt_alloc/client.hpp"

using tt_alloc::AllocationClient;

int main() {
    const int device = 0;
    AllocationClient::report_allocation(device, 64 << 20, TT_ALLOC_DRAM, 0x100000);
    AllocationClient::report_allocation(device, 2 << 20, TT_ALLOC_L1, 0x20000);
    AllocationClient::report_allocation(device, 1 << 20, TT_ALLOC_DRAM, 0x5000000);
    AllocationClient::report_deallocation(device, 0x5000000);
    // Totals over all cores: 64 cores with 16 KiB of circular buffer and 4 KiB of kernel each.
    AllocationClient::report_cb_allocation(device, 64 * 16384, 1);
    AllocationClient::report_kernel_load(device, 64 * 4096, 7, TT_ALLOC_KERNEL_APPLICATION);

    std::printf("tracking is %s\n", AllocationClient::is_enabled() ? "on" : "off");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }

    AllocationClient::report_kernel_unload(device, 64 * 4096, 7);
    AllocationClient::report_cb_deallocation(device, 64 * 16384, 1);
    AllocationClient::report_deallocation(device, 0x20000);
    AllocationClient::report_deallocation(device, 0x100000);
    return 0;
}
