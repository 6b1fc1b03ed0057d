# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A random run that keeps account of itself by what ttnn says after each step: recorded.py SEED STEPS KEPT [THREADS]

Says at its end the most that ttnn's own figures showed, and what its KEPT last tensors were, which it never frees. With THREADS, each of so many threads
allocates and frees STEPS tensors as fast as ttnn can, and nothing is kept account of.
"""
import random
import sys
import threading

import host_protocol
from host_protocol import allocate, open_device, ttnn

MEMORIES = {"dram": ttnn.DRAM_MEMORY_CONFIG, "l1": ttnn.L1_MEMORY_CONFIG}


def held(device, kind):
    view = ttnn.get_memory_view(device, getattr(ttnn.BufferType, kind.upper()))
    return view.total_bytes_allocated_per_bank * view.num_banks


def grow(tensors, device, side, kind):
    tensors.append(allocate(device, side, MEMORIES[kind]))


def keep(tensors, device, side):
    tensors.append(allocate(device, side))


def spin(device, steps):
    for _ in range(steps):
        tensor = allocate(device, 32)
        del tensor


def main():
    seed, steps, kept = (int(word) for word in sys.argv[1:4])
    device = open_device()
    if len(sys.argv) > 4:
        threads = [threading.Thread(target=spin, args=(device, steps)) for _ in range(int(sys.argv[4]))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        host_protocol.tell(end=True)
        return
    rng = random.Random(seed)
    tensors, most, allocations = [], dict.fromkeys(MEMORIES, 0), 0
    for _ in range(steps):
        if len(tensors) < 3 or (len(tensors) < 40 and rng.random() < 0.55):
            grow(tensors, device, rng.choice((32, 64, 96, 256)), rng.choice(tuple(MEMORIES)))
            allocations += 1
        else:
            del tensors[rng.randrange(len(tensors))]
        for kind in MEMORIES:
            most[kind] = max(most[kind], held(device, kind))
        if rng.random() < 0.02:
            host_protocol.checkpoint("random", [device])
    tensors.clear()
    assert held(device, "dram") == held(device, "l1") == 0
    for _ in range(kept):
        keep(tensors, device, 128)
    host_protocol.tell(end=True, most=most, allocations=allocations + kept, kept_bytes=held(device, "dram"))
    ttnn.close_mesh_device(device)


if __name__ == "__main__":
    main()
