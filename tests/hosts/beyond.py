# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Operations whose circular buffers are larger than L1 by themselves: configurations that were made for other shapes, and rows that no core can hold. Each is
called once; the test hears its name and what tt-metal said. Usage: beyond.py"""
import host_protocol
from host_protocol import checkpoint, open_device, ttnn

ROWS, TILES = ttnn.ROW_MAJOR_LAYOUT, ttnn.TILE_LAYOUT
WIDE = 1 << 20  # of bfloat16: a row takes 2 MiB


def operations(device):
    def empty(*shape, layout=TILES, dtype=ttnn.bfloat16):
        return ttnn.empty(shape, dtype=dtype, layout=layout, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG)

    def multiplication(operation):
        config = ttnn.MatmulMultiCoreReuseMultiCastProgramConfig(compute_with_storage_grid_size=(4, 4), in0_block_w=256, out_subblock_h=1, out_subblock_w=1,
                                                                 per_core_M=8, per_core_N=8, transpose_mcast=False, fused_activation=None)
        return operation(empty(1024, 8192), empty(8192, 1024), program_config=config)

    def attention():
        config = ttnn.SDPAProgramConfig(compute_with_storage_grid_size=(8, 8), q_chunk_size=512, k_chunk_size=2048)
        q, k, v = [empty(1, 8, 4096, 512) for _ in range(3)]
        return ttnn.transformer.scaled_dot_product_attention(q, k, v, is_causal=False, program_config=config)

    wide, wide_too = empty(1, 1, 64, WIDE, layout=ROWS), empty(1, 1, 64, WIDE, layout=ROWS)
    wide_tiles = empty(1, 1, 32, WIDE)
    indices = ttnn.zeros((1, 32), dtype=ttnn.uint32, layout=ROWS, device=device)
    return {
        "ttnn.matmul": lambda: multiplication(ttnn.matmul),
        "ttnn.linear": lambda: multiplication(ttnn.linear),
        "ttnn.transformer.scaled_dot_product_attention": attention,
        "ttnn.concat": lambda: ttnn.concat([wide, wide_too], dim=2),
        "ttnn.slice": lambda: ttnn.slice(wide, [0, 0, 0, 0], [1, 1, 32, WIDE]),
        "ttnn.pad": lambda: ttnn.pad(wide, [(0, 0), (0, 0), (0, 32), (0, 0)], 0.0),
        "ttnn.transpose": lambda: ttnn.transpose(wide, 1, 2),
        "ttnn.permute": lambda: ttnn.permute(wide, (2, 0, 1, 3)),
        "ttnn.repeat": lambda: ttnn.repeat(wide, (1, 1, 2, 1)),
        "ttnn.embedding": lambda: ttnn.embedding(indices, empty(64, WIDE, layout=ROWS)),
        "ttnn.tilize": lambda: ttnn.tilize(wide, use_multicore=False),
        "ttnn.untilize": lambda: ttnn.untilize(wide_tiles, use_multicore=False),
        "ttnn.argmax": lambda: ttnn.argmax(wide, dim=3),
        "ttnn.clone": lambda: ttnn.clone(wide),
        "ttnn.softmax": lambda: ttnn.softmax(wide_tiles, dim=-1),
        "ttnn.layer_norm": lambda: ttnn.layer_norm(wide_tiles),
        "ttnn.rms_norm": lambda: ttnn.rms_norm(wide_tiles),
        "ttnn.topk": lambda: ttnn.topk(wide_tiles, k=32),
        "ttnn.sort": lambda: ttnn.sort(empty(1, 1, 32, 1 << 18)),
        "ttnn.upsample": lambda: ttnn.upsample(empty(1, 2, 2, WIDE, layout=ROWS), 2),
    }


def main():
    device = open_device()
    for name, run in operations(device).items():
        try:
            run()
            said = ""
        except RuntimeError as error:
            said = str(error)
        checkpoint(name, [device], said=said)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
