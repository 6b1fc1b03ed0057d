# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""How a host program talks to the test that started it, and what ttnn itself says it holds. Imported first by every program in this folder.

Standard output carries one JSON object a line to the test; what ttnn and other libraries print goes to standard error. The test answers each with a line.
"""
import ctypes
import gc
import json
import os
import sys

OUT = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

import ttnn  # noqa: E402  (prints while it is imported)

KINDS = ("dram", "l1", "l1_small", "trace")


def kind_of(buffer_type):
    return str(buffer_type).rsplit(".", 1)[-1].lower()


def describe(device):
    """One allocator as ttnn sees it: bytes of each kind, the blocks of their memory, and its list of buffers."""
    memory = {}
    for kind in KINDS:
        view = ttnn.get_memory_view(device, getattr(ttnn.BufferType, kind.upper()))
        memory[kind] = {"banks": view.num_banks, "bytes_per_bank": view.total_bytes_per_bank,
                        "allocated_per_bank": view.total_bytes_allocated_per_bank,
                        "largest_free_per_bank": view.largest_contiguous_bytes_free_per_bank}
        try:
            for name, allocated in (("blocks", "yes"), ("free_blocks", "no")):
                memory[kind][name] = [[int(b["address"]), int(b["size"])] for b in view.block_table if b["allocated"] == allocated]
        except TypeError:  # some releases cannot give the table to Python
            memory[kind]["blocks"] = memory[kind]["free_blocks"] = None
    rows = [[int(row.address), int(row.max_size_per_bank), kind_of(row.buffer_type)] for row in ttnn._ttnn.reports.get_buffers([device])]
    return {"mesh": device.id(), "devices": list(device.get_device_ids()), "memory": memory, "rows": rows}


def tell(**message):
    OUT.write(json.dumps(message) + "\n")


def ask(**message):
    """Sends a message and waits for the answer; the end of the input, or "end", ends the program."""
    tell(**message)
    answer = sys.stdin.readline().strip()
    if answer in ("", "end"):
        raise SystemExit(0)
    return answer


def mark_step():
    """A step of the program begins, where something tracks it."""
    mark = getattr(ctypes.CDLL(None), "tt_alloc_step", None)
    if mark is not None:
        mark(None)


def checkpoint(label, devices=(), **more):
    """Stands still while the test looks: says what each allocator holds."""
    collecting = gc.isenabled()
    gc.disable()  # nothing may be freed between what is said here and the test's look at it
    answer = ask(checkpoint=label, pid=os.getpid(), allocators=[describe(device) for device in devices], **more)
    if collecting:
        gc.enable()
    return answer


def open_device(shape=(1, 1), **options):
    return ttnn.open_mesh_device(ttnn.MeshShape(*shape), l1_small_size=16384, trace_region_size=2 << 20, **options)


def allocate(device, side=256, memory=None):
    """A side x side bfloat16 tensor; DRAM unless said otherwise."""
    return ttnn.empty((side, side), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=memory or ttnn.DRAM_MEMORY_CONFIG)
