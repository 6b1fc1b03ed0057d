# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Opens a mesh, holds some memory, closes it. Usage: l1_layout.py ROWSxCOLUMNS"""
import sys

import host_protocol
from host_protocol import allocate, checkpoint, open_device, ttnn


def main(shape):
    device = open_device(tuple(int(n) for n in shape.split("x")))
    checkpoint("open", [device])
    held = [allocate(device), allocate(device, 256, ttnn.L1_MEMORY_CONFIG)]
    checkpoint("held", [device])
    del held
    ttnn.close_mesh_device(device)
    checkpoint("closed")
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(sys.argv[1])
