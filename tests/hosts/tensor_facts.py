# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Holds tensors of many shapes, types, layouts and memories, made by many operations, and says what ttnn says of each."""
import host_protocol
import ttnn

SHAPES = [(32, 32), (1, 1, 32, 64), (7, 33), (3, 5, 64, 96), (1,), (2, 3, 4, 5, 6), (128, 4096)]
UNARY = ("relu", "exp", "neg", "abs", "sqrt", "sin", "cos", "square", "gelu", "sigmoid", "tanh", "log", "sign", "floor", "ceil", "reciprocal", "rsqrt", "silu", "erf", "exp2")
BINARY = ("add", "subtract", "multiply", "maximum", "minimum", "eq", "ne", "lt", "gt", "le", "ge", "logical_and", "logical_or", "squared_difference")


def facts(tensor):
    config = tensor.memory_config()
    return {"address": int(tensor.buffer_address()), "shape": list(tensor.shape), "padded_shape": list(tensor.padded_shape),
            "dtype": str(tensor.dtype).rsplit(".", 1)[-1].lower(), "layout": str(tensor.layout).rsplit(".", 1)[-1].lower().replace("row_major_layout", "row_major").replace("tile_layout", "tile"),
            "memory_layout": str(config.memory_layout).rsplit(".", 1)[-1].lower()}


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
    host_protocol.ask(checkpoint="held", tensors=[facts(tensor) for tensor in held + [left, right]], refused=refused, operations=len(UNARY) + len(BINARY) + 2)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
