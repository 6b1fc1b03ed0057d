# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A process that forks while it holds tensors; the child frees what it inherited, allocates for itself and outlives its parent.

fork_host.py fork|clone. `clone` is the bare system call, which no fork handler sees. Parent and child talk to the test in turn over the same streams.
"""
import ctypes
import os
import platform
import signal
import sys

import host_protocol
from host_protocol import allocate, checkpoint, describe, open_device

SYS_CLONE = {"x86_64": 56, "aarch64": 220}


def split(how):
    if how == "fork":
        return os.fork()
    return ctypes.CDLL(None).syscall(SYS_CLONE[platform.machine()], int(signal.SIGCHLD), 0, 0, 0, 0)


def child(device, tensors, parent_gone, parent_may_go):
    inherited = {tuple(row) for row in describe(device)["rows"]}
    own = [allocate(device, 512), allocate(device, 64)]

    def look(label):
        """Only what this process allocated itself is its own."""
        rows = [row for row in describe(device)["rows"] if tuple(row) not in inherited]
        host_protocol.ask(checkpoint=label, pid=os.getpid(), own_rows=rows)

    look("child")
    del tensors[0], tensors[0]
    look("child freed inherited tensors")
    os.write(parent_may_go, b"!")
    os.read(parent_gone, 1)  # the end of the pipe: the parent has ended
    look("orphan")
    tensors.clear()
    own.pop()
    look("orphan freed everything inherited and one of its own")
    host_protocol.tell(end=True)
    os._exit(0)


def main():
    device = open_device()
    tensors = [allocate(device, side) for side in (128, 256, 384, 96, 64)]
    checkpoint("before", [device])
    gone_read, gone_write = os.pipe()
    go_read, go_write = os.pipe()
    pid = split(sys.argv[1])
    if pid == 0:
        os.close(gone_write)
        child(device, tensors, gone_read, go_write)
    os.read(go_read, 1)
    checkpoint("parent beside its child", [device], child=pid)
    tensors.append(allocate(device, 320))
    del tensors[0]
    checkpoint("parent went on", [device])
    os._exit(0)


if __name__ == "__main__":
    main()
