# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Holds tensors of many shapes, types, layouts and memories, made by many operations, and says what ttnn says of each."""
import host_protocol
import ttnn

SHAPES = [(32, 32), (1, 1, 32, 64), (7, 33), (3, 5, 64, 96), (1,), (2, 3, 4, 5, 6), (128, 4096)]
UNARY = ("relu", "exp", "neg", "abs", "sqrt", "sin", "cos", "square", "gelu", "sigmoid", "tanh", "log", "sign", "floor", "ceil", "reciprocal", "rsqrt", "silu", "erf", "exp2")
BINARY = ("add", "subtract", "multiply", "maximum", "minimum", "eq", "ne", "lt", "gt", "le", "ge", "logical_and", "logical_or", "squared_difference")


def shard_shape(config):
    """The shape of a shard, as ttnn says it; None where there is none."""
    if config.shard_spec is not None:
        return list(config.shard_spec.shape)
    nd = getattr(config, "nd_shard_spec", None)
    return None if nd is None else list(nd.shard_shape)


def facts(tensor):
    config = tensor.memory_config()
    return {"address": int(tensor.buffer_address()), "shape": list(tensor.shape), "padded_shape": list(tensor.padded_shape),
            "dtype": str(tensor.dtype).rsplit(".", 1)[-1].lower(), "layout": str(tensor.layout).rsplit(".", 1)[-1].lower().replace("row_major_layout", "row_major").replace("tile_layout", "tile"),
            "memory_layout": str(config.memory_layout).rsplit(".", 1)[-1].lower(), "shard_shape": shard_shape(config)}


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
    return made


def main():
    device = host_protocol.open_device()
    held = []
    for shape in SHAPES:
        for dtype, layout in ((ttnn.bfloat16, ttnn.TILE_LAYOUT), (ttnn.float32, ttnn.TILE_LAYOUT), (ttnn.uint32, ttnn.ROW_MAJOR_LAYOUT), (ttnn.bfloat8_b, ttnn.TILE_LAYOUT)):
            for memory in (ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG):
                held.append(ttnn.empty(shape, dtype=dtype, layout=layout, device=device, memory_config=memory))
    left, right = (ttnn.empty((64, 96), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG) for _ in range(2))
    refused = []
    for name in UNARY + BINARY:
        try:
            held.append(getattr(ttnn, name)(left, right) if name in BINARY else getattr(ttnn, name)(left))
        except Exception as error:  # an operation that this release lacks or refuses
            refused.append(f"{name}: {str(error)[:80]}")
    grid = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(1, 0))})
    sharded = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1, ttnn.ShardSpec(grid, (32, 96), ttnn.ShardOrientation.ROW_MAJOR))
    held.append(ttnn.to_memory_config(left, sharded))
    held += sharded_tensors(device)
    host_protocol.ask(checkpoint="held", tensors=[facts(tensor) for tensor in held + [left, right]], refused=refused, operations=len(UNARY) + len(BINARY) + 2)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
