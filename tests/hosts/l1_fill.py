# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""For each operation L1 is filled to within one tile of what `ttmem l1` says its program needs: once so that it just fits, once one tile more.

Usage: l1_fill.py TTMEM ROWSxCOLUMNS [NAME...]; each answer has what was said before and what ttnn did.
"""
import gc
import json
import os
import subprocess
import sys

import host_protocol
import l1_many_ops
from host_protocol import open_device, ttnn

TILE = 2048  # bytes of a 32 x 32 tile of bfloat16


def programs(ttmem):
    """The picture's first device: its gauge and its programs. This process's own preloads are not ttmem's."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LD_") and k != "TT_ALLOC_TRACKING_ENABLED"}
    done = subprocess.run([ttmem, "l1", "--json"], env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["devices"][0]


def ends_of(picture):
    """Where the live programs' own buffers end, the highest."""
    return max((c["cached_end_address"] or 0 for c in picture["gauge"]["cores"]), default=0)


def wall(device, tiles, banks):
    return ttnn.empty((32 * tiles * banks, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.L1_MEMORY_CONFIG)


def attempt(run):
    """The text of ttnn's exception; empty when it went through."""
    try:
        run()
    except Exception as error:
        return str(error)
    return ""


def fill(ttmem, device, run):
    device.clear_program_cache()
    if said := attempt(run):
        return {"skipped": said}
    gc.collect()
    picture = programs(ttmem)
    end = ends_of(picture)
    view = ttnn.get_memory_view(device, ttnn.BufferType.L1)
    if view.total_bytes_allocated_per_bank != 0 or end == 0:
        return {"skipped": "something of it lies in L1 already" if end else "its program takes nothing of L1"}
    known, top = picture["gauge"]["known"], picture["gauge"]["limit_address"]
    tiles = (top - end) // TILE  # whose bottom is at or above the end
    if (tiles + 1) * TILE > view.total_bytes_per_bank:
        return {"skipped": "its program takes less of L1 than a bank has beyond whole tiles"}
    above = {"tiles": tiles}
    held = wall(device, tiles, view.num_banks)
    before = programs(ttmem)["gauge"]
    above |= {"bottom": before["limit_address"], "announced": len(before["clashes_ahead"]), "said": attempt(run)}
    ttnn.deallocate(held)
    device.clear_program_cache()
    if said := attempt(run):
        return {"skipped": said}
    gc.collect()
    held = wall(device, tiles + 1, view.num_banks)
    before = programs(ttmem)["gauge"]
    below = {"bottom": before["limit_address"], "announced": len(before["clashes_ahead"]), "said": attempt(run)}
    ttnn.deallocate(held)
    return {"known": known, "end": end, "above": above, "below": below}


def main(ttmem, mesh, *names):
    shape = tuple(int(n) for n in mesh.split("x"))
    options = {"dispatch_core_config": ttnn.DispatchCoreConfig(ttnn.DispatchCoreType.WORKER)} if shape != (1, 1) else {}
    device = open_device(shape, **options)
    for name, run in l1_many_ops.operations(device).items():
        if not names or name in names:
            host_protocol.ask(operation=name, result=fill(ttmem, device, run))
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
