# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""How many events a ledger holds: what a benchmark believes to have measured must stand there.

Reads the few fields that it needs of src/ledger/format.hpp, major version 1. Never in the process that owns the ledger: closing the file there would drop its lock.
"""
import dataclasses
import pathlib
import struct

MAGIC, MAJOR = 0x4C434F4C4C415454, 1
SECTION_COUNTERS = 6


@dataclasses.dataclass
class Counts:
    pid: int
    allocations: int
    frees: int
    lost: int  # events of all causes that could not be recorded or made no sense


def read(path):
    data = pathlib.Path(path).read_bytes()
    magic, major = struct.unpack_from("<QH", data, 0)
    if magic != MAGIC or major != MAJOR:
        raise ValueError(f"{path} is no ledger of version {MAJOR}")
    counts = Counts(pid=struct.unpack_from("<I", data, 24)[0], allocations=0, frees=0, lost=sum(struct.unpack_from("<8Q", data, 576)))
    for section in range(struct.unpack_from("<I", data, 516)[0]):
        kind, _, offset, _, count, stride, _ = struct.unpack_from("<IIQIIII", data, 4096 + 32 * section)
        if kind == SECTION_COUNTERS:
            for line in range(count):
                counts.allocations += struct.unpack_from("<Q", data, offset + line * stride)[0]
                counts.frees += struct.unpack_from("<Q", data, offset + line * stride + 24)[0]
    return counts


def of_all(base):
    """Counts of every ledger under a TT_ALLOC_LEDGER_DIR, by pid."""
    return {counts.pid: counts for counts in map(read, pathlib.Path(base).rglob("*.ledger"))}
