/* SPDX-FileCopyrightText: © 2026 The ttmem authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A program with an allocator of its own, which knows its banks: two chips as one mesh, a buffer that lies on both and
 * is one record, a buffer on one of them, and a request that is refused. TT_ALLOC_TRACKING_ENABLED=1 ./own_allocator
 * holds its buffers until its input ends; look with `ttmem snapshot`
 */
#include <stdio.h>
#include <string.h>

#include "tt_alloc/client.h"

enum { kBanks = 8, kBankBytes = 1 << 30 };

int main(void) {
    uint32_t chips[2];
    for (int i = 0; i < 2; ++i) {
        tt_alloc_device chip;
        memset(&chip, 0, sizeof chip);
        chip.struct_size = sizeof chip;
        chip.logical_id = i;
        chip.flags = TT_ALLOC_DEVICE_MOCK;
        chip.arch = TT_ALLOC_ARCH_BLACKHOLE;
        strcpy(chip.board, "p150");
        chip.dram_channels = kBanks;
        chip.dram_channel_bytes = kBankBytes;
        chips[i] = tt_alloc_describe_device(&chip);
    }

    tt_alloc_allocator mesh;
    memset(&mesh, 0, sizeof mesh);
    mesh.struct_size = sizeof mesh;
    mesh.mesh_id = 1;
    mesh.parent = TT_ALLOC_NONE;
    mesh.device_count = 2;
    mesh.devices = chips;
    mesh.banks[TT_ALLOC_DRAM].banks = kBanks;
    mesh.banks[TT_ALLOC_DRAM].bank_bytes = kBankBytes;
    mesh.banks[TT_ALLOC_DRAM].alignment = 64;
    const uint32_t allocator = tt_alloc_open_allocator(&mesh);

    tt_alloc_buffer weights;
    memset(&weights, 0, sizeof weights);
    weights.id = 1;
    weights.address = 0x40;
    weights.requested_bytes = 1000000; /* on each chip */
    weights.bytes_per_bank = 125056;   /* rounded up to pages in each bank */
    weights.allocator = allocator;
    weights.banks = kBanks;
    weights.device = TT_ALLOC_NONE;
    weights.type = TT_ALLOC_DRAM;
    weights.role = TT_ALLOC_ROLE_ALLOCATED;
    weights.layout = TT_ALLOC_LAYOUT_INTERLEAVED;
    tt_alloc_buffer_allocated(&weights);

    tt_alloc_buffer scratch = weights;
    scratch.id = 2;
    scratch.address = 0x20000;
    scratch.device = chips[1];
    tt_alloc_buffer_allocated(&scratch);

    tt_alloc_buffer wanted = weights;
    wanted.requested_bytes = (uint64_t)kBanks * kBankBytes * 2;
    wanted.bytes_per_bank = (uint64_t)kBankBytes * 2;
    tt_alloc_allocation_failed(&wanted, kBankBytes - 2 * 125056 - 0x40);

    printf("tracking is %s\n", tt_alloc_tracking_on ? "on" : "off");
    fflush(stdout);
    while (getchar() != EOF) {
    }

    tt_alloc_close_allocator(allocator); /* frees what lives in it */
    return 0;
}
