# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
import ttnn

device = ttnn.open_device(device_id=0)


def activations(rows):
    return ttnn.empty((rows, 1024), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.L1_MEMORY_CONFIG)


def attention(scores):
    return ttnn.softmax(scores, dim=-1)


residuals = [activations(64 * 96) for _ in range(7)]
attention(ttnn.empty((1, 1, 1024, 4096), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device))
