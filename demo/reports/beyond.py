# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
import ttnn

device = ttnn.open_device(device_id=0)


def attention(q, k, v):
    chunks = ttnn.SDPAProgramConfig(compute_with_storage_grid_size=(8, 8), q_chunk_size=512, k_chunk_size=2048)
    return ttnn.transformer.scaled_dot_product_attention(q, k, v, is_causal=False, program_config=chunks)


heads = [ttnn.empty((1, 8, 4096, 512), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device) for _ in range(3)]
attention(*heads)
