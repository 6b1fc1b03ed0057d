# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Something to look at in the monitor: monitored.py ROWSxCOLUMNS [anything, for its command line]

Holds tensors in DRAM and L1 and has run two ops; each further checkpoint has allocated and freed a few more.
"""
import sys

import host_protocol
from host_protocol import allocate, checkpoint, open_device, ttnn


def main():
    rows, columns = (int(n) for n in sys.argv[1].split("x"))
    # Dispatch on workers: the grid that a mesh of unlike boards reports is then one that every chip really has.
    device = open_device((rows, columns), dispatch_core_config=ttnn.DispatchCoreConfig(ttnn.DispatchCoreType.WORKER))
    held = [allocate(device, side) for side in (2048, 1024, 512, 512, 256)]
    held += [allocate(device, side, ttnn.L1_MEMORY_CONFIG) for side in (512, 256)]
    held.append(ttnn.add(held[2], held[3]))
    held.append(ttnn.matmul(held[2], held[3]))
    number = 0
    while True:
        checkpoint(f"holding {number}", [device])
        number += 1
        held.append(allocate(device, 512))
        allocate(device, 256)
        held.append(ttnn.add(held[2], held[3]))


if __name__ == "__main__":
    main()
