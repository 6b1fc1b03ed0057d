# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""A process with a device that locks some of its memory and keeps still."""
import ctypes
import mmap

import host_protocol
from host_protocol import allocate, checkpoint, open_device

LOCKED = 4 << 20


def main():
    device = open_device()
    held = allocate(device)
    checkpoint("before")
    memory = mmap.mmap(-1, LOCKED)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    refused = libc.mlock(ctypes.c_void_p(address), ctypes.c_size_t(LOCKED)) != 0
    checkpoint("locked", refused=ctypes.get_errno() if refused else 0)
    del held
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main()
