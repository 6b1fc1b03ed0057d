# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Uses every memory that has a size of its own, goes on where it is refused, and prints as JSON what ttnn's allocator said at most and what the refusals said.

usage: summary.py L1_SMALL_SIZE WORKER_L1_SIZE(0: usual) [killed]: with "killed" it ends by SIGKILL, with the device open.
"""
import json
import os
import signal
import sys

import ttnn

l1_small, worker_l1 = int(sys.argv[1]), int(sys.argv[2])
device = ttnn.open_mesh_device(ttnn.MeshShape(1, 1), l1_small_size=l1_small, **({"worker_l1_size": worker_l1} if worker_l1 else {}))
KINDS = {"dram": ttnn.BufferType.DRAM, "l1": ttnn.BufferType.L1, "l1_small": ttnn.BufferType.L1_SMALL}
highest, banks, refusals = dict.fromkeys(KINDS, 0), {}, {}


def look():
    for name, kind in KINDS.items():
        view = ttnn.get_memory_view(device, kind)
        highest[name] = max(highest[name], view.total_bytes_allocated_per_bank * view.num_banks)
        banks[name] = [view.num_banks, view.total_bytes_per_bank]


def tried(name, request):
    """The result; where ttnn refuses it, None, and its words are kept."""
    try:
        made = request()
    except RuntimeError as error:
        refusals[name], made = str(error).partition("backtrace")[0], None
    look()
    return made


def empty(rows, columns=1024, memory=ttnn.DRAM_MEMORY_CONFIG):
    return ttnn.empty((rows, columns), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=memory)


def small(tiles):
    """So many tiles (of 2048 bytes) on each of four cores, in L1_SMALL."""
    grid = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(3, 0))})
    spec = ttnn.ShardSpec(grid, (32 * tiles, 32), ttnn.ShardOrientation.ROW_MAJOR)
    return empty(4 * 32 * tiles, 32, ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1_SMALL, spec))


look()
x, wide = empty(1024), empty(1024, 4096)
tried("multiplication", lambda: ttnn.matmul(x, x))
# A hole of a tile, too small for what comes next: the region has to be a tile larger than what is ever held.
first, hole, second = small(2), small(1), small(1)
look()
ttnn.deallocate(hole)
last = tried("small", lambda: small(2))
# L1 so full that the circular buffers of softmax do not fit, and then not.
per_bank = ttnn.get_memory_view(device, ttnn.BufferType.L1)
filling = empty(32 * per_bank.num_banks * ((per_bank.total_bytes_per_bank - 4096) // 2048), 32, ttnn.L1_MEMORY_CONFIG)
tried("clash", lambda: ttnn.softmax(wide, dim=-1))
ttnn.deallocate(filling)
tried("softmax", lambda: ttnn.softmax(wide, dim=-1))
tried("dram", lambda: empty(1 << 17, 1 << 17))
print(json.dumps({"peaks": highest, "banks": banks, "refusals": refusals}), flush=True)
if sys.argv[3:] == ["killed"]:
    os.kill(os.getpid(), signal.SIGKILL)
ttnn.close_mesh_device(device)
