# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Programs that are made to clash: launched once, then a buffer is put where their circular (or dataflow) buffers were, then launched again.

With --cached the program is still in the program cache at its last launch, else the cache was cleared before.
"""
import argparse

import host_protocol
from host_protocol import allocate, checkpoint, open_device, ttnn

TILE = 2048  # bytes of a 32 x 32 tile of bfloat16


def in_the_way(device, end_of_free):
    """A buffer that leaves less free space at the bottom of L1's banks than `end_of_free` bytes."""
    view = ttnn.get_memory_view(device, ttnn.BufferType.L1)
    tiles = (view.largest_contiguous_bytes_free_per_bank - end_of_free) // TILE + 1
    return ttnn.empty((32 * tiles * view.num_banks, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device,
                      memory_config=ttnn.L1_MEMORY_CONFIG)


def refused(run):
    try:
        run()
    except RuntimeError as error:
        return str(error)
    return ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mesh", default="1x1")
    parser.add_argument("--cached", action="store_true")
    arguments = parser.parse_args()
    device = open_device(tuple(int(side) for side in arguments.mesh.split("x")))
    x, y = allocate(device, 1024), allocate(device, 1024)
    for name, run, bytes_per_core in (("add", lambda: ttnn.add(x, y), 12 * 1024), ("softmax", lambda: ttnn.softmax(x, dim=-1), 24 * 1024)):
        checkpoint(f"{name}: before", [device])
        run()
        checkpoint(f"{name}: fits", [device])
        wall = in_the_way(device, bytes_per_core)
        checkpoint(f"{name}: would clash", [device])
        if not arguments.cached:
            device.clear_program_cache()
        said = refused(run)
        checkpoint(f"{name}: clashed", [device], said=said)
        ttnn.deallocate(wall)
        device.clear_program_cache()
        checkpoint(f"{name}: out of the way", [device])
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
