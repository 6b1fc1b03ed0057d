# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Tensors come and go in DRAM and L1, each kind with a highest peak of its own; says what ttnn held at each, all of it freed since.

Usage: peaks.py [ROWSxCOLUMNS]
"""
import random
import sys

from host_protocol import allocate, checkpoint, describe, open_device, ttnn

MEMORY = {"dram": ttnn.DRAM_MEMORY_CONFIG, "l1": ttnn.L1_MEMORY_CONFIG}


def main(shape):
    device = open_device(shape)
    choose = random.Random(16)
    live = {kind: [] for kind in MEMORY}
    highest = dict.fromkeys(MEMORY, 0)
    peaks = {}

    def allocated(kind, side):
        live[kind].append(allocate(device, side, MEMORY[kind]))
        view = ttnn.get_memory_view(device, getattr(ttnn.BufferType, kind.upper()))
        if view.total_bytes_allocated_per_bank > highest[kind]:
            highest[kind] = view.total_bytes_allocated_per_bank
            peaks[kind] = describe(device)

    for _ in range(200):
        kind = choose.choice(list(MEMORY))
        allocated(kind, choose.choice((64, 256, 512)))
        if choose.random() < 0.55:
            ttnn.deallocate(live[kind].pop(choose.randrange(len(live[kind]))))
    for kind in ("l1", "dram"):  # the highest peak, more than a hundredth above the last
        for _ in range(8):
            allocated(kind, 1024)
        while live[kind]:
            ttnn.deallocate(live[kind].pop())
    checkpoint("after the peaks", [device], peaks=peaks)


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1].split("x"))) if len(sys.argv) > 1 else (1, 1))
