# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A buffer where an op's circular or dataflow buffers were, so that the next launch is refused. Usage: l1_refused.py add | relu"""
import sys

import host_protocol
from host_protocol import allocate, checkpoint, open_device, ttnn


def main(name):
    device = open_device()
    x, y = allocate(device, 1024), allocate(device, 1024)
    run = {"add": lambda: ttnn.add(x, y), "relu": lambda: ttnn.relu(x)}[name]
    result = run()
    checkpoint("fits", [device])
    del result
    device.clear_program_cache()
    in_the_way = ttnn.empty((42880, 1024), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.L1_MEMORY_CONFIG)
    checkpoint("would clash", [device])
    try:
        run()
        said = ""
    except RuntimeError as error:
        said = str(error)
    device.clear_program_cache()  # before 0.76.0 a refused program stays in the cache
    checkpoint("clashed", [device], said=said)
    del in_the_way
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(sys.argv[1])
