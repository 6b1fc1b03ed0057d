# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Buffers made at an address of the caller's choice, with tt-metal's own Buffer::create, which Python has no binding for.

The call goes to the hooks' stand-in, as a call from inside libtt_metal.so would. Never returns to Python's own clean-up: the shared
pointers made here are destroyed by hand or not at all.
"""
import ctypes
import os

import host_protocol
from host_protocol import allocate, checkpoint, open_device

ARGUMENTS = "EPNS0_7IDeviceEmmmNS0_10BufferTypeERKNS0_18BufferShardingArgsESt8optionalIbES8_IN4ttsl10StrongTypeIhNS0_14SubDeviceIdTagEEEE"
CREATE = ("_ZN2tt8tt_metal10BufferImpl6create" + ARGUMENTS, "_ZN2tt8tt_metal6Buffer6create" + ARGUMENTS)  # since 0.79.0, before
SHARDING = "_ZN2tt8tt_metal18BufferShardingArgsC1Ev"  # exported since 0.79.0; before, all zero is the same
PAGE = 2048
DRAM, L1 = 0, 1


def loaded(name):
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return ctypes.CDLL(next(line.split(None, 5)[5].rstrip() for line in maps if line.rstrip().endswith(name)))


class Maker:
    def __init__(self, chip):
        metal, hooks = loaded("/libtt_metal.so"), loaded("/libtt_alloc_hooks.so")
        active = metal["_ZN2tt8tt_metal6detail15GetActiveDeviceEi"]
        active.restype, active.argtypes = ctypes.c_void_p, [ctypes.c_int]
        self.device = active(chip)
        self.create = hooks[next(name for name in CREATE if hasattr(metal, name))]
        self.create.restype = ctypes.c_void_p
        self.create.argtypes = [ctypes.c_void_p] * 2 + [ctypes.c_uint64] * 3 + [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64]
        self.sharding = ctypes.create_string_buffer(4096)
        if hasattr(metal, SHARDING):
            metal[SHARDING](ctypes.c_void_p(ctypes.addressof(self.sharding)))
        self.made = []

    def make(self, address, size, kind):
        pointer = ctypes.create_string_buffer(16)  # a std::shared_ptr
        self.create(ctypes.addressof(pointer), self.device, address, size, PAGE, kind, ctypes.addressof(self.sharding), 0, 0)
        self.made.append(pointer)


def main():
    device = open_device()
    tensor = allocate(device, 256)
    maker = Maker(device.get_device_ids()[0])
    address = tensor.buffer_address()
    maker.make(address, 8 * PAGE, DRAM)
    maker.make(0x20000000, 1 << 20, DRAM)
    maker.make(0x100000, 2 * PAGE, L1)
    checkpoint("given", [device], view=address, outside=[[0x20000000, 1 << 20], [0x100000, 2 * PAGE]])
    host_protocol.tell(end=True)
    os._exit(0)


if __name__ == "__main__":
    main()
