# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A small model for dry runs. Asks ttnn's allocator after every operation what it holds, and prints the highest answers as JSON.

usage: dry_model.py ROWSxCOLUMNS [BALLAST_BYTES]: with a ballast, one more DRAM tensor of this many bytes is made where the model holds most.
"""
import json
import sys

import ttnn

import dry_peaks

rows, columns = (int(part) for part in sys.argv[1].split("x"))
ballast_bytes = int(sys.argv[2]) if len(sys.argv) > 2 else 0
device = ttnn.open_mesh_device(ttnn.MeshShape(rows, columns), l1_small_size=16384)
peaks = dry_peaks.Peaks()


def asked(tensor):
    peaks.look(device)
    return tensor


def tensor(height, width, memory=ttnn.DRAM_MEMORY_CONFIG):
    return asked(ttnn.zeros([1, 1, height, width], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=memory))


weights = [tensor(1024, 1024) for _ in range(4)]
hidden = tensor(512, 1024)
for weight in weights:
    wide = asked(ttnn.matmul(hidden, weight))
    in_l1 = asked(ttnn.to_memory_config(wide, ttnn.L1_MEMORY_CONFIG))
    sharded = asked(ttnn.add(in_l1, in_l1, memory_config=ttnn.L1_MEMORY_CONFIG))
    hidden = asked(ttnn.softmax(asked(ttnn.to_memory_config(sharded, ttnn.DRAM_MEMORY_CONFIG)), dim=-1))
    del wide, in_l1, sharded
most = [tensor(2048, 2048) for _ in range(3)]  # where it holds most
if ballast_bytes:
    kept = dry_peaks.ballast(device, ballast_bytes)
del most
print(json.dumps({"peaks": peaks.highest}))
ttnn.close_mesh_device(device)
