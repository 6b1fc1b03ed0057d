#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the golden ledger of format version 1.2: that of version 1.1 with what came since (docs/ledger-format.md).

Events, failures and circular buffers have longer records; buffers have something beside them; there are watermarks, headrooms, core addresses, frozen
pictures, and in the sidecar contexts, stacks, tensors. Its three files are kept for good. Writes them beside itself; with --check it fails if they are not there just so.
"""
import struct

import make_ledger_v1
import make_ledger_v1_1
from make_ledger_v1 import LIVE, NONE16, NONE32, TICKS0, UNKNOWN64, ns

ALLOCATORS, TOTALS, RING, BUFFERS, FAILURES, PROGRAMS, PARTS = 2, 4, 7, 8, 9, 10, 11
CONTEXT = 0x10000


def entries(f, kind):
    """Where the directory's entries of a kind stand, and what is in them: owner, offset, first index, count, stride."""
    for i in range(struct.unpack_from("<I", f.data, 516)[0]):
        at = 4096 + 32 * i
        found, owner, offset, first, count, stride = struct.unpack_from("<IIQIII", f.data, at)
        if found == kind:
            yield at, owner, offset, first, count, stride


def widen(f, kind, stride):
    """Moves the tables of a kind to the end of the file, with longer records."""
    for at, owner, offset, first, count, had in list(entries(f, kind)):
        wide = (len(f.data) + 63) // 64 * 64
        f.data.extend(bytes(wide + count * stride - len(f.data)))
        for i in range(count):
            f.data[wide + i * stride : wide + i * stride + had] = f.data[offset + i * had : offset + (i + 1) * had]
        f.put(at, "IIQIII", kind, owner, wide, first, count, stride)


def events(f, found):
    """Every fourth event of both shards says more; and one of each new type comes after those of shard 0."""
    widen(f, RING, 64)
    more = {}
    for _, owner, offset, _, count, stride in entries(f, RING):
        for i in range(0, count, 4):
            ticks = struct.unpack_from("<Q", f.data, offset + i * stride)[0]
            if ticks:
                f.put(offset + i * stride + 32, "QQIIII", 0xABC000 + i, 700 + i, CONTEXT + i, i + 1, 2048, 64 | 511 << 11 | 1 << 20 | 2 << 23 | 3 << 25)
                more[owner, ns(ticks)] = {"address": 0xABC000 + i, "requested_bytes": 700 + i, "context": CONTEXT + i, "tensor": i + 1, "page_bytes": 2048,
                                          "form": 64 | 511 << 11 | 1 << 20 | 2 << 23 | 3 << 25}
    first = next(offset for _, owner, offset, *_ in entries(f, RING) if owner == 0)
    header = next(offset for _, owner, offset, *_ in entries(f, 5) if owner == 0)
    position = struct.unpack_from("<Q", f.data, header + 64)[0]
    for event in found["event_list"]:
        owner = 0 if event["id"] in range(3000, 4000) else 1
        event.update(more.get((owner, event["time_ns"]), {}))
    for kind in range(9, 15):
        ticks = TICKS0 + 21_000 + 2 * kind
        f.put(first + 64 * position, "QQQIHBBQQIIII", ticks, 50 + kind, 0, 60, 0, kind, 0, 0x5000, 0, CONTEXT + kind, 0, 0, 0)
        found["event_list"].append({"time_ns": ns(ticks), "id": 50 + kind, "bytes": 0, "thread": 60, "allocator": 0, "type": kind, "account": 0, "address": 0x5000,
                                    "context": CONTEXT + kind})
        position += 1
    f.put(header + 64, "Q", position)
    found["event_list"].sort(key=lambda event: event["time_ns"])
    found["snapshot"]["events"] += 6


def failures(f, found):
    """Number 3 says all, the others nothing more."""
    widen(f, FAILURES, 256)
    offset = next(offset for _, _, offset, *_ in entries(f, FAILURES))
    for i in range(4):
        f.put(offset + 256 * i + 128, "QQQ", UNKNOWN64, UNKNOWN64, UNKNOWN64)
        f.put(offset + 256 * i + 176, "Q", UNKNOWN64)
    at = offset + 256 * 3
    f.put(at + 16, "I", 3)
    f.put(at + 108, "II", 3, 4096)
    f.put(at + 128, "QQQIIIIQQ", 1_499_136, 1_000_000, 1, 1, 1, 1, 2, 77, 1_600_000)
    row = next(row for row in found["snapshot"]["failures"] if row["number"] == 3)
    row.update({"type": 3, "region_kind": 3, "scratchpad_bytes": 4096, "limit_bytes": 1_499_136, "available_bytes": 1_000_000, "picture": 1, "tensor": 1, "exception": 1,
                "handled": True, "sub_device": 2, "events": 77, "wanted_bytes_per_core": 1_600_000})


def programs(f, found):
    widen(f, PARTS, 48)
    offset = next(offset for _, _, offset, *_ in entries(f, PARTS))
    for i in range(8):
        f.put(offset + 48 * i + 32, "QB", 0, 0xFF)
    f.put(offset + 48 + 32, "QB", 1 << 1 | 1 << 24, 5)
    f.put(offset + 2 * 48 + 28, "I", 2 | 16)
    first = next(offset for _, _, offset, *_ in entries(f, PROGRAMS))
    f.put(first + 80, "Q", 8192)
    row = found["snapshot"]["programs"][0]
    row["scratchpad_bytes"] = 8192
    row["circular_buffers"][1].update({"index_mask": 1 << 1 | 1 << 24, "data_format": 5})
    row["circular_buffers"][2]["flags"] = 2 | 16


def buffers(f, found):
    """The tables of extras match those of buffers, in other sections. One buffer lies at its own address on two cores."""
    first, second = f.section(15, 0, 0, 16, 32), f.section(15, 0, 16, 16, 32)
    addresses = f.section(16, 0, 0, 4, 16)
    f.put(addresses + 16, "HHIQHHIQ", 3, 4, 1, 0x7000, 3, 5, 0, 0x9000)
    cores = next(offset for offset in core_sets(f) if core_sets(f)[offset] == [[3, 4, 3, 4]])
    for row in found["snapshot"]["buffers"]:
        slot = row["slot"]
        at = first + 32 * slot if slot < 16 else second + 32 * (slot - 16)
        own = slot == 3
        context = CONTEXT + slot if slot % 2 else row["context"]
        f.put(at, "IIIIIHHI", context, slot, cores if own else NONE32, 1 if own else NONE32, 2 if own else 0, 2 if own else 0, 0, 1 if slot == 4 else 0)
        scope = row["context"]
        row["context"] = context
        if context >= CONTEXT and scope:
            row["scope"] = scope
        row.update({"tensor": slot} if slot else {})
        row.update({"label": 1} if slot == 4 else {})
        row.update({"core_set": cores, "placement": 1, "placements": 2, "used_banks": 2} if own else {})
    found["snapshot"]["core_sets"] = {str(cores): [[3, 4, 3, 4]]}
    found["snapshot"]["core_addresses"] = [[0, 0, 0, 0], [1, 3, 4, 0x7000], [0, 3, 5, 0x9000]]


def core_sets(f):
    """The interned core sets by offset. They lie end to end over their sections."""
    run = b"".join(bytes(f.data[offset : offset + count]) for _, _, offset, _, count, _ in entries(f, 3))
    used, at, sets = struct.unpack_from("<Q", f.data, 528)[0], 0, {}
    while at < used:
        kind, size = struct.unpack_from("<II", run, at)
        if kind == 2:
            sets[at] = [list(struct.unpack_from("<4H", run, at + 8 + 8 * i)) for i in range(size // 8)]
        at += 8 + (size + 7) // 8 * 8
    return sets


def extremes(f, found):
    totals = next(offset for _, _, offset, first, *_ in entries(f, TOTALS) if first == 0)
    f.put(totals + 64 * 1 + 48, "Q", 123_456)
    found["snapshot"]["allocators"][0]["totals"]["1"]["largest_bytes_per_bank"] = 123_456
    marks = f.section(17, 0, 0, 8 * 16, 64)
    f.put(marks + 64 * 1, "6Q", 0x100 + 1, 0, 4096 + 1, 0x80 + 1, 1, 8192 + 1)
    rooms = f.section(18, 0, 0, 8, 128)
    f.put(rooms, "IIQQQQQQQ", 2, CONTEXT, 64, 501, UNKNOWN64, 0x2000, 0x2040, TICKS0 + 50_000, 0)
    f.put(rooms + 64, "I", 3)  # was being written as its process died
    allocator = next(offset for _, _, offset, *_ in entries(f, ALLOCATORS))
    f.put(allocator + 160, "II", 1, 2)
    found["snapshot"]["allocators"][0].update({
        "hybrid": True, "live_traces": 2, "watermarks": {"1": [0x100, None, 4096, 0x80, 0, 8192]},
        "least_headroom": {"bytes": 64, "context": CONTEXT, "program_id": 501, "buffer_id": None, "end_address": 0x2000, "buffer_address": 0x2040, "time_ns": ns(TICKS0 + 50_000)}})


def pictures(f, found):
    """Picture 0 was being overwritten as the process died, picture 1 is whole: totals, a sum, one buffer, a chunk of a newer version."""
    ring, blocks = f.section(19, 0, 0, 2, 128), f.section(20, 0, 0, 32, 64)
    f.put(ring, "QQIIQ", 1, TICKS0 + 60_000, 2, 0, UNKNOWN64)
    f.put(ring + 128, "QQIIQHBBIQQQIIQQQII", 4, TICKS0 + 61_000, 1, 3, 3, 0, 1, 0, 70, 4, 64 * 9, 64 * 28, 3, 1, 12_345, 55, 0, 2, 0)
    at = blocks + 64 * 4
    f.put(at, "IIII", 99, 8, 1, 1)
    f.put(at + 128, "IIII", 4, 48, 1, 1)
    f.put(at + 192, "IIQQQQ", 0, 1, 3, 30_000, 29_000, 31_000)
    f.put(at + 256, "IIII", 8, 96, 1, 3)
    make_ledger_v1.put_buffer(f, at + 320, LIVE | 5 << 2, 1, 1, 2, 8, 1001, 0x8000, 17_000, 1000, TICKS0 + 10_000, 32, 501, 0, 18, NONE16, 9)
    f.put(at + 384, "IIIIIHHI", CONTEXT, 1, NONE32, NONE32, 0, 18, 0, 0)
    f.put(at + 448, "IIII", 100, 24, 1, 1)
    f.put(at + 512, "IIIIQ", CONTEXT, 3, 0, 1, 30_000)
    f.put(728, "Q", 2)
    found["snapshot"]["pictures"] = 2


def sidecar(detail, found):
    used = struct.unpack_from("<Q", detail, 24)[0]
    rest, cut = bytes(detail[32 + used :]), 32 + used
    del detail[cut:]

    def add(kind, number, payload):
        detail.extend(struct.pack("<IIII", kind, number, len(payload), 0) + payload)
        detail.extend(bytes(-len(detail) % 8))

    texts = ["models/attention.py", "forward", "ttnn.linear", "größe.py"]
    for i, text in enumerate(texts):
        add(5, i + 1, text.encode())
    frames = [[1, 1, 2, 41, 0], [2, 4, 2, 7, 3]]
    add(6, 1, b"".join(struct.pack("<4I", *frame[1:]) for frame in frames))
    nodes = [[1, 1, 0], [2, 2, 1]]
    add(7, 1, b"".join(struct.pack("<2I", *node[1:]) for node in nodes) + b"cut")
    contexts = [[CONTEXT, 9, 3, 2, 0], [CONTEXT + 1, 0, 0, 1, 1]]
    add(8, CONTEXT, b"".join(struct.pack("<4I", *context[1:]) for context in contexts))
    add(9, 1, struct.pack("<8B3I3I2I", 0, 1, 4, 1, 3, 3, 2, 1, 1, 30, 60, 1, 32, 64, 32, 32))
    add(9, 2, struct.pack("<8BI", 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 7))
    add(9, 3, struct.pack("<8B", 0, 0, 0, 0, 40, 0, 0, 0))  # more dimensions than there are numbers
    add(9, 4, struct.pack("<8B2II2I2i", 0, 1, 0, 0, 2, 0, 0, 2, 32, 64, 2, 2, 4, -2147483648, 3))  # distributed over a mesh of 2x4
    add(9, 5, struct.pack("<8B2III", 0, 1, 0, 0, 2, 0, 0, 2, 32, 64, 2, 2))  # and one whose distribution is cut off
    add(10, 1, b"layers.3.attention.wq")
    add(12, 1, struct.pack("<IIQIIQ", CONTEXT, 3, 30_000, 0, 1, 1000) + b"cut")
    add(11, 1, "Statically allocated circular buffers grow to 1600000 B".encode())
    struct.pack_into("<H", detail, 10, 2)
    struct.pack_into("<Q", detail, 24, len(detail) - 32)
    detail.extend(rest)
    facts = {"data_type": 0, "layout": 1, "memory_layout": 4, "buffer_type": 1, "shard_column_major": True, "shape": [1, 30, 60], "padded_shape": [1, 32, 64], "shard_shape": [32, 32]}
    none = {"data_type": None, "layout": None, "memory_layout": None, "buffer_type": None, "shard_column_major": False, "shape": [7], "padded_shape": [], "shard_shape": []}
    mesh = none | {"data_type": 0, "layout": 1, "memory_layout": 0, "buffer_type": 0, "shape": [32, 64]}
    found["sidecar"].update({"texts": [[i + 1, text] for i, text in enumerate(texts)], "frames": frames, "stack_nodes": nodes, "contexts": contexts,
                             "tensors": [[1, facts], [2, none], [4, mesh | {"distribution_shape": [2, 4], "divided": [-2147483648, 3]}], [5, mesh]], "labels": [[1, "layers.3.attention.wq"]], "exceptions": [[1, "Statically allocated circular buffers grow to 1600000 B"]],
                             "holders": [[1, [[CONTEXT, 3, 30_000], [0, 1, 1000]]]]})


def build():
    f, detail, found = make_ledger_v1_1.build()
    f.put(10, "H", 2)
    f.put(640, "8Q", 0, 2, 3, 4, 5, 6, 7, 0)
    f.put(704, "QIII", TICKS0 + 70_000, 1 | 8, 32, 1)
    f.put(736, "Q", 17)
    found["snapshot"].update({"late_ns": ns(TICKS0 + 70_000), "features": 9, "stack_frames": 32, "stack_state": 1, "steps": 17})
    found["snapshot"]["lost"] = found["snapshot"]["lost"] + [0, 2, 3, 4, 5, 6, 7, 0]
    events(f, found)
    failures(f, found)
    programs(f, found)
    buffers(f, found)
    extremes(f, found)
    pictures(f, found)
    sidecar(detail, found)
    return f, detail, found


if __name__ == "__main__":
    make_ledger_v1.write("ledger-v1.2", *build())
