# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A small model for dry runs. Asks ttnn's allocator after every operation what it holds, and prints the highest answers as JSON.

usage: dry_model.py ROWSxCOLUMNS [BALLAST_BYTES]: with a ballast, one more DRAM tensor of this many bytes is made where the model holds most.
"""
import json
import sys

import ttnn

rows, columns = (int(part) for part in sys.argv[1].split("x"))
ballast_bytes = int(sys.argv[2]) if len(sys.argv) > 2 else 0
device = ttnn.open_mesh_device(ttnn.MeshShape(rows, columns), l1_small_size=16384)
highest = {"dram": 0, "l1": 0, "l1_small": 0}
KINDS = {"dram": ttnn.BufferType.DRAM, "l1": ttnn.BufferType.L1, "l1_small": ttnn.BufferType.L1_SMALL}
PAGE = 65536
UNIT = 32  # what the allocator of Wormhole rounds to


def look():
    for name, kind in KINDS.items():
        view = ttnn.get_memory_view(device, kind)
        highest[name] = max(highest[name], view.total_bytes_allocated_per_bank * view.num_banks)


def asked(tensor):
    look()
    return tensor


def tensor(height, width, memory=ttnn.DRAM_MEMORY_CONFIG):
    return asked(ttnn.zeros([1, 1, height, width], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=memory))


def ballast(amount):
    """So many bytes of a chip, in as many pieces as there are holes, the largest first: in one piece it would meet a hole that is too small."""
    pieces, view = [], ttnn.get_memory_view(device, ttnn.BufferType.DRAM)
    left = amount // view.num_banks
    while left > 0:
        hole = ttnn.get_memory_view(device, ttnn.BufferType.DRAM).largest_contiguous_bytes_free_per_bank
        piece, page = min(left, hole) or left, UNIT  # where nothing is free, the rest is asked for and refused
        while page * 2 <= piece and page < PAGE:
            page *= 2
        pieces.append(ttnn.empty([1, 1, piece // page * view.num_banks, page // 2], dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT, device=device,
                                 memory_config=ttnn.DRAM_MEMORY_CONFIG))
        left -= piece // page * page
    return pieces


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
    kept = ballast(ballast_bytes)
del most
print(json.dumps({"peaks": highest}))
ttnn.close_mesh_device(device)
