# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Shared by the host programs: a device, tensors, and ttnn's own figures in the words of ttmem's."""
import contextlib
import os
import sys

os.environ.setdefault("LOGURU_LEVEL", "ERROR")
with contextlib.redirect_stdout(sys.stderr):
    import ttnn

KINDS = ("dram", "l1", "l1_small", "trace")


def open_device(**options):
    return ttnn.open_device(device_id=0, l1_small_size=16384, trace_region_size=1 << 20, **options)


def tensor(device, side=256, memory=None):
    return ttnn.empty((side, side), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=memory or ttnn.DRAM_MEMORY_CONFIG)


def memory_of(kind):
    """A memory config that puts a tensor into a kind of memory."""
    if kind == "l1_small":
        cores = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(0, 0))})
        return ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1_SMALL, ttnn.ShardSpec(cores, (32, 32), ttnn.ShardOrientation.ROW_MAJOR))
    return ttnn.MemoryConfig(ttnn.TensorMemoryLayout.INTERLEAVED, getattr(ttnn.BufferType, kind.upper()))


def view(device, kind="dram"):
    """(allocated, capacity, free, largest free stretch x banks), in bytes over all banks."""
    own = ttnn.get_memory_view(device, getattr(ttnn.BufferType, kind.upper()))
    return (own.total_bytes_allocated_per_bank * own.num_banks, own.total_bytes_per_bank * own.num_banks, own.total_bytes_free_per_bank * own.num_banks,
            own.largest_contiguous_bytes_free_per_bank * own.num_banks)
