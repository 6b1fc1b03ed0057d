# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Which cores hold a bank: each is tried with a shard of its own. Usage: l1_grid.py ROWSxCOLUMNS WORKER|ETH ROW|COL|-"""
import sys

import host_protocol
from host_protocol import checkpoint, open_device, ttnn

SIDE = 16  # wider than any grid


def holds_a_bank(device, x, y):
    core = ttnn.CoreCoord(x, y)
    spec = ttnn.ShardSpec(ttnn.CoreRangeSet({ttnn.CoreRange(core, core)}), (32, 32), ttnn.ShardOrientation.ROW_MAJOR)
    memory = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1, spec)
    try:
        return ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=memory).is_allocated()
    except RuntimeError:
        return False


def main(shape, kind, axis):
    axis = None if axis == "-" else getattr(ttnn.DispatchCoreAxis, axis)
    config = ttnn.DispatchCoreConfig(getattr(ttnn.DispatchCoreType, kind), axis)
    device = open_device(tuple(int(n) for n in shape.split("x")), dispatch_core_config=config)
    held = ttnn.empty((512, 512), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.L1_MEMORY_CONFIG)
    banks = [[x, y] for y in range(SIDE) for x in range(SIDE) if holds_a_bank(device, x, y)]
    checkpoint("open", [device], banks=banks)
    del held
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
