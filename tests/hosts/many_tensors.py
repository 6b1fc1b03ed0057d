# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Holds COUNT small tensors, then frees them: many_tensors.py COUNT"""
import sys

import host_protocol
from host_protocol import allocate, checkpoint, open_device


def main():
    device = open_device()
    tensors = [allocate(device, 32) for _ in range(int(sys.argv[1]))]
    checkpoint("all held", [device])
    tensors.clear()
    checkpoint("all freed", [device])
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
