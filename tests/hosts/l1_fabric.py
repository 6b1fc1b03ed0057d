# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A mesh with the fabric on: tt-metal loads programs of its own on every chip before any op. Usage: l1_fabric.py ROWSxCOLUMNS"""
import sys

import host_protocol
from host_protocol import allocate, checkpoint, open_device, ttnn


def main(shape):
    ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D)
    device = open_device(tuple(int(n) for n in shape.split("x")))
    checkpoint("opened", [device])
    x = allocate(device)
    y = ttnn.add(x, x)
    checkpoint("launched", [device])
    del x, y
    device.clear_program_cache()
    checkpoint("cleared", [device])
    ttnn.close_mesh_device(device)
    ttnn.set_fabric_config(ttnn.FabricConfig.DISABLED)
    checkpoint("closed")
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(sys.argv[1])
