# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Tensors that are written, read, printed, moved, saved and loaded: what a program does with its results. tensor_io.py [ROUNDS]

Each read of a tensor asks its buffer for a view of the whole, so that every step here passes BufferImpl::view (Buffer::view up to 0.78.0).
"""
import os
import sys
import tempfile

import host_protocol
from host_protocol import checkpoint, open_device, ttnn

SHAPE = (64, 64)


def write(device, memory=ttnn.DRAM_MEMORY_CONFIG, value=0):
    values = [value + i for i in range(SHAPE[0] * SHAPE[1])]
    return ttnn.to_device(ttnn.Tensor(values, SHAPE, ttnn.uint32, ttnn.ROW_MAJOR_LAYOUT), device, memory_config=memory)


def main(rounds):
    device = open_device()
    kept = [write(device), write(device, ttnn.L1_MEMORY_CONFIG)]
    checkpoint("written", [device])
    for _ in range(rounds):
        for tensor in kept:
            ttnn.from_device(tensor)
    checkpoint("read", [device])
    for tensor in kept:
        print(tensor)
        len(ttnn.from_device(tensor).to_list())
    checkpoint("printed", [device])
    kept.append(ttnn.to_memory_config(kept[0], ttnn.L1_MEMORY_CONFIG))
    kept.append(ttnn.to_device(ttnn.from_device(kept[1]), device, memory_config=ttnn.DRAM_MEMORY_CONFIG))
    kept.append(ttnn.to_layout(kept[0], ttnn.TILE_LAYOUT))
    ttnn.deallocate(kept.pop(0))
    checkpoint("moved", [device])
    with tempfile.TemporaryDirectory() as folder:
        for number, tensor in enumerate(kept[:2]):
            path = os.path.join(folder, f"{number}.tensorbin")
            ttnn.dump_tensor(path, ttnn.from_device(tensor))
            kept.append(ttnn.load_tensor(path, device=device))
    checkpoint("saved and loaded", [device])
    ttnn.close_mesh_device(device)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
