# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Warns before circular buffers clash with L1 buffers: TT_ALLOC_TRACKING_ENABLED=1 python clash_watcher.py

L1 buffers grow down from the top of each core, circular buffers up from the bottom. The launch that makes them meet is refused; the watcher says before
how little is left.
"""
import ttnn

import ttmem

device = ttnn.open_device(device_id=0)
with ttmem.watch(lambda alert: print(f"careful: {alert.message}"), l1=0.8, headroom="256 KiB", interval=0.1) as watcher:
    held = []
    try:
        for step in range(40):
            held.append(ttnn.empty((2048, 2048), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.L1_MEMORY_CONFIG))
            ttnn.add(held[0], held[0], memory_config=ttnn.DRAM_MEMORY_CONFIG)
            watcher.check()  # in a real program the watcher's own thread looks often enough
    except RuntimeError as error:
        print(f"step {step}: refused: {str(error).split('info:')[-1].strip().splitlines()[0][:120]}")
held.clear()
ttnn.close_device(device)
