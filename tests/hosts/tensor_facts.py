# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Holds tensors of many shapes, types, layouts and memories, made by so many operations, and says what ttnn says of each: tensor_facts.py OPERATIONS"""
import itertools
import sys

import host_protocol
import l1_many_ops
import ttnn

SHAPES = [(32, 32), (1, 1, 32, 64), (7, 33), (3, 5, 64, 96), (1,), (2, 3, 4, 5, 6), (128, 4096)]


def shards(config):
    """The shape of a shard and the order in which cores take shards, as ttnn says them; None where there are none."""
    if config.shard_spec is not None:
        return list(config.shard_spec.shape), word(config.shard_spec.orientation)
    nd = getattr(config, "nd_shard_spec", None)
    return (None, None) if nd is None else (list(nd.shard_shape), word(nd.orientation))


def word(value):
    return str(value).rsplit(".", 1)[-1].lower()


def facts(tensor):
    config = tensor.memory_config()
    shape, orientation = shards(config)
    return {"address": int(tensor.buffer_address()), "kind": word(config.buffer_type), "shape": list(tensor.shape), "padded_shape": list(tensor.padded_shape),
            "dtype": word(tensor.dtype), "layout": word(tensor.layout).removesuffix("_layout"), "memory_layout": word(config.memory_layout),
            "shard_shape": shape, "shard_orientation": orientation}


def sharded_tensors(device):
    """Shards of each memory layout, orientation and form of grid, made directly and by operations."""
    def cores(*corners):
        return ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(*begin), ttnn.CoreCoord(*end)) for begin, end in corners})

    row, apart = cores(((0, 0), (3, 0))), cores(((0, 0), (1, 0)), ((3, 1), (4, 1)))
    block = cores(((0, 0), (1, 1)))
    layouts, orders = ttnn.TensorMemoryLayout, ttnn.ShardOrientation
    specs = [(layouts.HEIGHT_SHARDED, (128, 64), (32, 64), row, orders.ROW_MAJOR), (layouts.HEIGHT_SHARDED, (256, 32), (64, 32), apart, orders.COL_MAJOR),
             (layouts.WIDTH_SHARDED, (64, 128), (64, 32), row, orders.ROW_MAJOR), (layouts.WIDTH_SHARDED, (1, 2, 32, 512), (64, 128), apart, orders.ROW_MAJOR),
             (layouts.BLOCK_SHARDED, (128, 64), (64, 32), block, orders.ROW_MAJOR), (layouts.BLOCK_SHARDED, (192, 320), (96, 160), block, orders.COL_MAJOR)]
    made = []
    for layout, shape, shard, grid, order in specs:
        for buffer_type in (ttnn.BufferType.L1, ttnn.BufferType.DRAM) if grid is row else (ttnn.BufferType.L1,):  # DRAM banks stand in one row
            config = ttnn.MemoryConfig(layout, buffer_type, ttnn.ShardSpec(grid, shard, order))
            made.append(ttnn.empty(shape, dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=config))
    made += [ttnn.relu(tensor) for tensor in made[:1]] + [ttnn.add(made[-1], made[-1])]
    if hasattr(ttnn, "NdShardSpec"):
        for shape, shard in (((4, 64, 64), (2, 32, 64)), ((2, 2, 64, 96), (1, 1, 64, 32))):
            made.append(ttnn.empty(shape, dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device,
                                   memory_config=ttnn.MemoryConfig(ttnn.BufferType.L1, ttnn.NdShardSpec(shard, row))))
        made.append(ttnn.empty((4, 64, 64), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device,
                               memory_config=ttnn.MemoryConfig(ttnn.BufferType.L1, ttnn.NdShardSpec((2, 32, 64), row, orders.COL_MAJOR))))
    return made


def results(value):
    """The tensors in what an operation gave."""
    if isinstance(value, ttnn.Tensor):
        return [value]
    return [tensor for each in value for tensor in results(each)] if isinstance(value, (list, tuple)) else []


def of_many_operations(device, refused):
    """Results that have a buffer of their own: (operation, tensor) of each."""
    held, addresses = [], set()
    for name, run in itertools.islice(l1_many_ops.operations(device).items(), int(sys.argv[1])):
        try:
            tensors = results(run())
        except Exception as error:
            refused.append(f"{name}: {str(error)[:80]}")
            continue
        for tensor in tensors:
            place = (word(tensor.memory_config().buffer_type), int(tensor.buffer_address()))
            if place not in addresses:
                addresses.add(place)
                held.append((name, tensor))
    return held


def main():
    device = host_protocol.open_device()
    held = []
    for shape in SHAPES:
        for dtype, layout in ((ttnn.bfloat16, ttnn.TILE_LAYOUT), (ttnn.float32, ttnn.TILE_LAYOUT), (ttnn.uint32, ttnn.ROW_MAJOR_LAYOUT), (ttnn.bfloat8_b, ttnn.TILE_LAYOUT)):
            for memory in (ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG):
                held.append(ttnn.empty(shape, dtype=dtype, layout=layout, device=device, memory_config=memory))
    left, right = (ttnn.empty((64, 96), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG) for _ in range(2))
    refused = []
    many = of_many_operations(device, refused)
    grid = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(1, 0))})
    sharded = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1, ttnn.ShardSpec(grid, (32, 96), ttnn.ShardOrientation.ROW_MAJOR))
    held.append(ttnn.to_memory_config(left, sharded))
    held += sharded_tensors(device)
    host_protocol.ask(checkpoint="held", tensors=[facts(tensor) for tensor in held + [left, right]], results=[[name, facts(tensor)] for name, tensor in many],
                      refused=refused)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
