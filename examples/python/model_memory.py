# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A model's memory in ten lines: TT_ALLOC_TRACKING_ENABLED=1 python model_memory.py"""
import ttnn

import ttmem

device = ttnn.open_device(device_id=0)
with ttmem.region("weights"):
    weights = [ttnn.empty((1024, 1024), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device) for _ in range(4)]
held = ttmem.memory_allocated()
with ttmem.peak() as most, ttmem.region("activations"):
    hidden = ttnn.empty((256, 1024), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    for weight in weights:
        hidden = ttnn.matmul(hidden, weight)
print(f"weights {held:,} B, activations at most {most.increase():,} B more, room for {ttmem.largest_fit():,} B")
print(ttmem.memory_summary())
ttnn.close_device(device)
