# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Thousands of small tensors in DRAM and in L1, so many that the allocator is not asked at each rise of the peak; most of them go again. ttnn says what its largest free block
was when all lived."""
import os

import host_protocol
from host_protocol import ttnn

KINDS = {"dram": ttnn.DRAM_MEMORY_CONFIG, "l1": ttnn.L1_MEMORY_CONFIG}
COUNT = {"dram": 3_001, "l1": 300}  # of L1 few enough for every rise to count

device = host_protocol.open_device()
held = {kind: [] for kind in KINDS}
least = {}
for kind, config in KINDS.items():
    for _ in range(COUNT[kind]):
        held[kind].append(ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=config))
    least[kind] = ttnn.get_memory_view(device, getattr(ttnn.BufferType, kind.upper())).largest_contiguous_bytes_free_per_bank
for kind in KINDS:
    del held[kind][1:-1]
host_protocol.ask(pid=os.getpid(), least=least, now={
    kind: ttnn.get_memory_view(device, getattr(ttnn.BufferType, kind.upper())).largest_contiguous_bytes_free_per_bank for kind in KINDS})
ttnn.close_mesh_device(device)
host_protocol.tell(end=True)
