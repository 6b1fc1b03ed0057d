# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Holds tensors and ends in the way that its argument names: leaves.py return|exit_now|abort|exec

`exec` replaces the process by another copy of this program that returns.
"""
import os
import sys

import host_protocol
from host_protocol import allocate, checkpoint, open_device


def main():
    how = sys.argv[1]
    device = open_device()
    tensors = [allocate(device, side) for side in (128, 256, 512)]
    checkpoint("holding", [device], tensors=len(tensors))
    if how == "exit_now":
        os._exit(3)
    if how == "abort":
        os.abort()
    if how == "exec":
        os.dup2(host_protocol.OUT.fileno(), 1)
        os.execv(sys.executable, [sys.executable, __file__, "return"])
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
