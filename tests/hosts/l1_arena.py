# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""L1 that outlives programs and is in no buffer: spaces for prefetcher pipes, on cores that overlap and on others. Usage: l1_arena.py ROWSxCOLUMNS [HOOKS]

With HOOKS the process is tracked (by that library) only when two spaces are there already; "-": by the test, at the first checkpoint. At each later checkpoint it says what ttnn itself says of them: {"spaces": [[address, bytes, cores]]}.
"""
import ctypes
import gc
import sys

import host_protocol
from host_protocol import allocate, checkpoint, open_device, ttnn
from l1_generic import cores
from l1_ops import cores_of

RING = 8192


def rows(space):
    where = sorted(cores_of(str(space.reservation_cores())))
    return [[int(space.buffer_address()), int(space.ring_size()), where], [int(space.config_address()), int(space.config_page_size()), where]]


def switch_on(hooks):
    if hooks == "-":
        checkpoint("to be attached to")
    else:
        message = ctypes.create_string_buffer(512)
        assert ctypes.CDLL(hooks).ttmem_hooks_enable(message, ctypes.c_size_t(len(message))) == 0, message.value


def main(shape, hooks=None):
    device = open_device(tuple(int(n) for n in shape.split("x")))
    make = ttnn.experimental.create_prefetcher_pipe_space
    spaces = []

    def look(label):
        checkpoint(label, [device], spaces=sorted(row for space in spaces for row in rows(space)))

    if hooks is None:
        look("opened")
    spaces.append(make(device, cores((0, 0, 0, 0)), cores((1, 0, 3, 1)), RING, 6))
    if hooks is None:
        look("one")
    spaces.append(make(device, cores((5, 5, 5, 5)), cores((6, 5, 6, 5)), 4 * RING, 1))  # other cores: the same addresses
    if hooks is not None:
        switch_on(hooks)
    look("beside")
    spaces.append(make(device, cores((3, 1, 3, 1)), cores((4, 1, 6, 5)), RING, 2))  # above both
    look("above")
    x = allocate(device)
    y = ttnn.add(x, x)  # its circular buffers begin above the arena
    look("launched")
    del x, y
    device.clear_program_cache()
    spaces.pop(0)
    gc.collect()
    look("first gone")
    spaces.clear()
    gc.collect()
    look("all gone")
    ttnn.close_mesh_device(device)
    host_protocol.tell(end=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
