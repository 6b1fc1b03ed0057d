# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A loop of steps, each of which keeps a little: grows.py STEPS. Reports what ttnn says that a step keeps, and the numbers of the lines."""
import sys

import host_protocol
from host_protocol import ttnn


def tensor(device, side):
    return ttnn.empty((side, side), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG)


def held(device):
    view = ttnn.get_memory_view(device, ttnn.BufferType.DRAM)
    return view.total_bytes_allocated_per_bank * view.num_banks


def main():
    device = ttnn.open_device(device_id=0)
    weights = [tensor(device, 256) for _ in range(20)]
    kept = []
    before = held(device)
    for _ in range(int(sys.argv[1])):
        activation = tensor(device, 512)  # a step
        kept.append(tensor(device, 32))  # a leak
        del activation
    lines = {name: number for number, line in enumerate(open(__file__), 1) for name in ("a step", "a leak") if line.endswith(f"# {name}\n")}
    host_protocol.tell(kept_a_step=(held(device) - before) / int(sys.argv[1]), lines=lines)
    del weights


if __name__ == "__main__":
    main()
