# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Tensors of random sizes come and go in DRAM and L1, a step of the program each. At each one ttnn says what is free; then another tensor as large as the largest so
far is asked for, and goes again."""
import ctypes
import os
import random

import host_protocol
from host_protocol import ttnn

KINDS = {"dram": (ttnn.DRAM_MEMORY_CONFIG, 2_000_000, 20_000), "l1": (ttnn.L1_MEMORY_CONFIG, 14_000, 2_000)}  # the most rows of a tensor, and the least


def view_of(device, kind):
    return ttnn.get_memory_view(device, getattr(ttnn.BufferType, kind.upper()))


def try_tensor(device, kind, rows):
    try:
        return ttnn.empty((rows, 1024), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=KINDS[kind][0])
    except RuntimeError:
        return None


def main():
    mark_step = ctypes.CDLL(None).tt_alloc_step
    mark_step.restype = ctypes.c_uint64
    rng = random.Random(16)
    device = host_protocol.open_device()
    held = {kind: [] for kind in KINDS}
    largest = {kind: (0, 0) for kind in KINDS}  # (bytes in a bank, rows)
    for step in range(1, 61):
        assert mark_step(None) == step
        for kind, (_, most, least) in KINDS.items():
            rows = rng.randint(least, most) // 32 * 32
            before = view_of(device, kind).total_bytes_allocated_per_bank
            tensor = try_tensor(device, kind, rows)
            if tensor is not None:
                largest[kind] = max(largest[kind], (view_of(device, kind).total_bytes_allocated_per_bank - before, rows))
                held[kind].append(tensor)
            while held[kind] and rng.random() < 0.3:
                ttnn.deallocate(held[kind].pop(rng.randrange(len(held[kind]))))
        views = {kind: view_of(device, kind) for kind in KINDS}
        host_protocol.ask(pid=os.getpid(), step=step, largest={kind: each[0] for kind, each in largest.items()},
                          free={kind: view.largest_contiguous_bytes_free_per_bank for kind, view in views.items()})
        fits = {}
        for kind in KINDS:
            another = try_tensor(device, kind, largest[kind][1])
            fits[kind] = another is not None
            if another is not None:
                ttnn.deallocate(another)
        host_protocol.tell(fits=fits)
    ttnn.close_mesh_device(device)
    host_protocol.tell(end=True)


main()
