# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Tensors in named regions, as the Python package's `ttmem.scope` makes them: its two calls into the hooks' library, without the package."""
import ctypes

from host_protocol import allocate, checkpoint, open_device

hooks = ctypes.CDLL(None)  # preloaded, so its names are global
hooks.tt_alloc_name_context.argtypes = [ctypes.c_char_p]
hooks.tt_alloc_name_context.restype = ctypes.c_uint32
hooks.tt_alloc_set_context.argtypes = [ctypes.c_uint32]
hooks.tt_alloc_set_context.restype = ctypes.c_uint32


def main():
    device = open_device((1, 1))
    held = [allocate(device, 256)]
    for name, count in ((b"decoder", 2), (b"decoder/attention", 3)):
        before = hooks.tt_alloc_set_context(hooks.tt_alloc_name_context(name))
        held += [allocate(device, 512) for _ in range(count)]
        hooks.tt_alloc_set_context(before)
    checkpoint("named", [device])


if __name__ == "__main__":
    main()
