# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Allocations that are refused, each in another way; what tt-metal says of each goes to the test. Usage: refusals.py ROWSxCOLUMNS"""
import sys

import host_protocol
from host_protocol import checkpoint, open_device, ttnn

ROWS, TILES = ttnn.ROW_MAJOR_LAYOUT, ttnn.TILE_LAYOUT


def cores(x0, y0, x1, y1):
    return ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(x0, y0), ttnn.CoreCoord(x1, y1))})


def shards(grid, shape, kind=ttnn.BufferType.L1):
    return ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, kind, ttnn.ShardSpec(grid, shape, ttnn.ShardOrientation.ROW_MAJOR))


def requests(device):
    """name -> what asks for more than there is."""

    def empty(shape, memory, layout=TILES, dtype=ttnn.bfloat16):
        return ttnn.empty(shape, dtype=dtype, layout=layout, device=device, memory_config=memory)

    def convolution():
        picture = ttnn.zeros((1, 1, 1024, 32), dtype=ttnn.bfloat16, layout=ROWS, device=device)
        weights = ttnn.zeros((32, 32, 3, 3), dtype=ttnn.bfloat16, layout=ROWS)
        return ttnn.conv2d(input_tensor=picture, weight_tensor=weights, device=device, in_channels=32, out_channels=32, batch_size=1,
                           input_height=32, input_width=32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))

    return {
        "DRAM": lambda: empty((1 << 17, 1 << 17), ttnn.DRAM_MEMORY_CONFIG),
        "DRAM in rows": lambda: empty((1_000_003, 100_001), ttnn.DRAM_MEMORY_CONFIG, ROWS),
        "L1": lambda: empty((1 << 14, 1 << 14), ttnn.L1_MEMORY_CONFIG),
        "L1 in rows": lambda: empty((3001, 50_001), ttnn.L1_MEMORY_CONFIG, ROWS),
        "shards on 48 cores": lambda: empty((4096 * 48, 288), shards(cores(0, 0, 7, 5), (4096, 288))),
        "a shard on one core": lambda: empty((8192, 1024), shards(cores(3, 2, 3, 2), (8192, 1024))),
        "shards in rows on 3 cores": lambda: empty((3 * 1001, 1010), shards(cores(1, 1, 3, 1), (1001, 1010)), ROWS),
        "blocks": lambda: empty((6 * 2048, 8 * 512), ttnn.MemoryConfig(
            ttnn.TensorMemoryLayout.BLOCK_SHARDED, ttnn.BufferType.L1, ttnn.ShardSpec(cores(0, 0, 7, 5), (2048, 512), ttnn.ShardOrientation.ROW_MAJOR))),
        "small, on 16 cores": lambda: empty((16 * 4096, 64), shards(cores(0, 0, 3, 3), (4096, 64), ttnn.BufferType.L1_SMALL)),
        "small, of a convolution": convolution,
        "trace": lambda: empty((1 << 14, 1 << 14), ttnn.MemoryConfig(ttnn.TensorMemoryLayout.INTERLEAVED, ttnn.BufferType.TRACE)),
    }


def main(mesh):
    shape = tuple(int(side) for side in mesh.split("x"))
    options = {"dispatch_core_config": ttnn.DispatchCoreConfig(ttnn.DispatchCoreType.WORKER)} if shape != (1, 1) else {}
    # No L1_SMALL worth the name, so that the convolution's little tables are refused.
    device = ttnn.open_mesh_device(ttnn.MeshShape(*shape), l1_small_size=64, trace_region_size=1 << 20, **options)
    for name, run in requests(device).items():
        try:
            run()
            said = ""
        except Exception as error:  # what the test compares with, or the reason why it cannot
            said = str(error)
        checkpoint(name, [device], said=said)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
