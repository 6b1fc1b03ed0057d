# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Allocates and frees without a pause until it is killed or stopped, and keeps account outside of itself: churn.py ACCOUNT SEED

ACCOUNT is a file mapped here and read by the test after the kill. Before each event it says how many bytes of DRAM per bank are held before and after it, so the
truth at any moment is one of the two. Layout, in native u64: the number of the event under way, then two slots of (before, after); event n uses slot n % 2.
"""
import mmap
import random
import struct
import sys

import host_protocol
from host_protocol import allocate, open_device, ttnn

SIDES = (32, 96, 256, 512, 1024)


def main():
    path, seed = sys.argv[1], int(sys.argv[2])
    rng = random.Random(seed)
    device = open_device()
    held = lambda: ttnn.get_memory_view(device, ttnn.BufferType.DRAM).total_bytes_allocated_per_bank
    size = {}
    for side in SIDES:
        tensor = allocate(device, side)
        size[side] = held()
        del tensor
    assert held() == 0

    with open(path, "wb+") as file:
        file.truncate(40)
        account = mmap.mmap(file.fileno(), 40)
    tensors, total, event = [], 0, 0

    def begin(after):
        nonlocal event
        event += 1
        struct.pack_into("=QQ", account, 8 + 16 * (event % 2), total, after)
        struct.pack_into("=Q", account, 0, event)

    host_protocol.tell(ready=True, banks=ttnn.get_memory_view(device, ttnn.BufferType.DRAM).num_banks)
    while True:
        if len(tensors) < 5 or (len(tensors) < 200 and rng.random() < 0.52):
            side = rng.choice(SIDES)
            begin(total + size[side])
            tensors.append((side, allocate(device, side)))
            total += size[side]
        else:
            index = rng.randrange(len(tensors))
            side, tensor = tensors[index]
            tensors[index] = tensors[-1]
            tensors.pop()
            begin(total - size[side])
            del tensor
            total -= size[side]
        if event % 5000 == 0:
            assert held() == total  # the account itself is right


if __name__ == "__main__":
    main()
