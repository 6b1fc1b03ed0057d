#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the golden ledger of format version 1: one of every record type, and what a reader must find in it.

Written from docs/ledger-format.md and nothing else. Its three files are kept for good; a later version of the format gets
a script and files of its own. Writes them beside itself; with --check it fails if they are not there just so.
"""
import json
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NONE32, NONE16, UNKNOWN64 = 0xFFFFFFFF, 0xFFFF, 0xFFFFFFFFFFFFFFFF
TICKS0, HZ, EPOCH = 1_000_000_000_000, 2_000_000_000, 1_750_000_000_000_000_000
FREE, WRITING, LIVE = 0, 1, 2
ALLOCATE, FREE_OP = 1, 2


def ns(ticks):
    return EPOCH + (ticks - TICKS0) // 2  # 2 GHz


class File:
    def __init__(self):
        self.data = bytearray(20480)
        self.sections = 0

    def put(self, at, form, *values):
        blob = struct.pack("<" + form, *values)
        if len(self.data) < at + len(blob):
            self.data.extend(bytes(at + len(blob) - len(self.data)))
        self.data[at : at + len(blob)] = blob

    def section(self, kind, owner, first, count, stride):
        offset = (len(self.data) + 63) // 64 * 64
        self.data.extend(bytes(offset + count * stride - len(self.data)))
        self.put(4096 + 32 * self.sections, "IIQIIII", kind, owner, offset, first, count, stride, 0)
        self.sections += 1
        self.put(516, "I", self.sections)
        return offset


class Interned:
    """Two sections; what does not fit into the first goes to the second."""

    def __init__(self, file, first_bytes, second_bytes):
        self.file, self.first_bytes, self.used = file, first_bytes, 0
        self.offsets = (file.section(3, 0, 0, first_bytes, 1), file.section(3, 0, first_bytes, second_bytes, 1))

    def place(self, used):
        if used < self.first_bytes:
            return self.offsets[0] + used
        return self.offsets[1] + used - self.first_bytes

    def add(self, kind, payload):
        whole = 8 + (len(payload) + 7) // 8 * 8
        if self.used < self.first_bytes < self.used + whole:  # the rest becomes an entry of type 0
            self.file.put(self.place(self.used), "II", 0, self.first_bytes - self.used - 8)
            self.used = self.first_bytes
        offset = self.used
        self.file.put(self.place(offset), f"II{len(payload)}s", kind, len(payload), payload)
        self.used += whole
        self.file.put(528, "Q", self.used)
        return offset

    def devices(self, *indexes):
        return self.add(1, struct.pack(f"<{len(indexes)}I", *indexes))

    def cores(self, *ranges):
        return self.add(2, b"".join(struct.pack("<4H", *r) for r in ranges))


def header(f):
    f.put(0, "8sHHI8s", b"TTALLOCL", 1, 0, 4096, b"TT-READY")
    f.put(24, "IIQQQ", 4242, 1001, 987654, 4026531836, 0x0123456789ABCDEF)
    f.put(56, "16s", bytes(range(100, 116)))
    f.put(72, "QQIIQQQ", EPOCH - 5_000_000_000, EPOCH - 1_000, 1, 1024, TICKS0, EPOCH, HZ)
    f.put(120, "64s", "pythön3".encode())
    f.put(184, "64s", b"libtt_metal 0.81.1")
    f.put(248, "Q", 77_000_000_000)
    f.put(512, "I", 2)
    lost = [1, 1, 3, 4, 5, 6, 7, 0]
    f.put(576, "8Q", *lost)
    return {
        "pid": 4242, "uid": 1001, "start_time_ticks": 987654, "pid_namespace": 4026531836, "nonce": 0x0123456789ABCDEF,
        "boot_id": list(range(100, 116)), "start_time_ns": EPOCH - 5_000_000_000, "created_ns": EPOCH - 1_000,
        "command": "pythön3", "library": "libtt_metal 0.81.1",
    }, lost


def devices(f):
    at = f.section(1, 0, 0, 4, 128)
    f.put(at, "iIQQIIQQI", 0, 2, 0xFEED0001, 0x100018611902, 2, 12, 1 << 30, 1_499_136, 64)
    f.put(at + 56, "32s16s", b"n300 L", b"0000:01:00.0")
    f.put(at + 128, "iIQQIIQQI", 1, 2 | 4, 0xFEED0002, 0x100018611902, 2, 12, 1 << 30, 1_499_136, 64)
    f.put(at + 128 + 56, "32s", b"n300 R")
    f.put(at + 256, "iIQQIIQQI", 7, 1, 0, 0, 3, 0, 0, 0, 0)
    f.put(524, "I", 3)
    common = {"dram_channels": 12, "dram_channel_bytes": 1 << 30, "l1_cores": 64, "l1_core_bytes": 1_499_136}
    return [
        {"logical_id": 0, "mock": False, "remote": False, "unique_id": 0xFEED0001, "board_id": 0x100018611902, "arch": 2,
         "board": "n300 L", "pci": "0000:01:00.0", **common},
        {"logical_id": 1, "mock": False, "remote": True, "unique_id": 0xFEED0002, "board_id": 0x100018611902, "arch": 2,
         "board": "n300 R", "pci": "", **common},
        {"logical_id": 7, "mock": True, "remote": False, "unique_id": None, "board_id": None, "arch": 3, "board": "",
         "pci": "", "dram_channels": None, "dram_channel_bytes": 0, "l1_cores": None, "l1_core_bytes": 0},
    ]


GEOMETRY = [[1_072_693_248, 32, 12, 32], [1_395_424, 103_712, 64, 16], [0, 0, 0, 0], [32_768, 1_466_368, 64, 16],
            [16_777_216, 1_072_693_280, 12, 32]]


def allocators(f, sets):
    """0 a mesh of devices 0 and 1, 1 its submesh, 2 device 2 closed, 3 died while it was given to other devices."""
    at = f.section(2, 0, 0, 8, 256)
    both, second, third = sets.devices(0, 1), sets.devices(1), sets.devices(2)
    rows = [(4, 1, 1, NONE32, both, 2, TICKS0 + 1000, 0), (2, 1, 2, 0, second, 1, TICKS0 + 2000, 0),
            (2, 2, -1, NONE32, third, 1, TICKS0 + 3000, TICKS0 + 9000), (3, 2, -1, NONE32, 12345, 1, 0, 0)]
    expected = []
    for index, (sequence, state, mesh, parent, device_set, generation, opened, closed) in enumerate(rows):
        f.put(at + 256 * index, "IIiIIIQQ", sequence, state, mesh, parent, device_set, generation, opened, closed)
        for i, (bank_bytes, base, banks, alignment) in enumerate(GEOMETRY):
            f.put(at + 256 * index + 40 + 24 * i, "QQII", bank_bytes, base, banks, alignment)
        whole = sequence % 2 == 0
        expected.append({
            "index": index, "open": state == 1, "mesh_id": mesh if whole else -1,
            "parent": parent if whole and parent != NONE32 else None, "generation": generation if whole else 0,
            "devices": [[0, 1], [1], [2], []][index], "geometry": GEOMETRY if whole else [[0, 0, 0, 0]] * 5,
            "opened_ns": ns(opened) if whole else 0, "closed_ns": ns(closed) if closed else None, "totals": {},
        })
    f.put(520, "I", len(rows))
    return expected


class Accounts:
    """The counters of two shards, and what a reader makes of them after it has rolled the events in flight."""

    def __init__(self, f):
        self.f = f
        self.totals = f.section(4, 0, 0, 8 * 16, 64)
        self.counters = [f.section(6, shard, 0, 8 * 16, 64) for shard in (0, 1)]
        self.lines = {}  # (shard, allocator, account) -> 7 counters as stored
        self.seen = {}  # (allocator, account) -> 7 counters as a reader sees them
        self.peaks = {}

    def count(self, shard, allocator, account, counters, rolled=None):
        self.lines[shard, allocator, account] = counters
        seen = self.seen.setdefault((allocator, account), [0] * 7)
        for i, value in enumerate(rolled or counters):
            seen[i] += value

    def peak(self, allocator, account, stored_bytes, peak):
        self.f.put(self.totals + 64 * (allocator * 16 + account), "QQ", stored_bytes, peak)
        self.peaks[allocator, account] = peak

    def write(self, allocators_expected):
        for (shard, allocator, account), counters in self.lines.items():
            self.f.put(self.counters[shard] + 64 * (allocator * 16 + account), "7Q", *counters)
        for (allocator, account), (came, came_bytes, came_asked, left, left_bytes, left_asked, failures) in self.seen.items():
            held = came_bytes - left_bytes
            allocators_expected[allocator]["totals"][str(account)] = {
                "buffers": came - left, "bytes": held, "requested_bytes": came_asked - left_asked,
                "peak_bytes": max(held, self.peaks.get((allocator, account), 0)), "allocations": came, "frees": left,
                "allocated_bytes": came_bytes, "freed_bytes": left_bytes, "failures": failures,
            }


def put_buffer(f, at, state, account, kind, layout, flags, number, address, asked, per_bank, ticks, page, thread, allocator,
               banks, device, context):
    f.put(at, "IBBBBQQQQQIIHHHH", state, account, kind, layout, flags, number, address, asked, per_bank, ticks, page, thread,
          allocator, banks, device, context)


def buffers(f, accounts):
    """A live record of every account; two in flight; the table in two sections; one buffer that found it full."""
    first, second = f.section(8, 0, 0, 16, 64), f.section(8, 0, 16, 16, 64)
    place = lambda slot: first + 64 * slot if slot < 16 else second + 64 * (slot - 16)
    expected = []
    sums = {}
    for account in range(11):
        slot = account + (10 if account > 5 else 0)
        kind = account if account < 5 else (0 if account == 5 else 1)
        allocator = 1 if account in (3, 8) else 0
        banks = 12 if kind in (0, 4) else 1 if kind == 2 else 64
        per_bank, asked = 4096 * (account + 1), 4000 * (account + 1) * banks
        number, address, ticks = 1000 + account, 0x40000 + account * 0x10000, TICKS0 + 10_000 + account * 100
        layout, flags, page = (1, 2, 0)[account % 3], 1 if account == 4 else 0, 2048 if account < 5 else 0
        device = 1 if account == 5 else NONE16
        put_buffer(f, place(slot), LIVE | (account + 1) << 2, account, kind, layout, flags, number, address, asked, per_bank,
                   ticks, page, 500 + account, allocator, banks, device, 9 if account == 1 else 0)
        expected.append({
            "slot": slot, "id": number, "address": address, "requested_bytes": asked, "bytes_per_bank": per_bank,
            "banks": banks, "page_bytes": page, "thread": 500 + account, "allocator": allocator,
            "device": device if device != NONE16 else None, "account": account, "type": kind, "layout": layout,
            "flags": flags, "context": 9 if account == 1 else 0, "allocated_at_ns": ns(ticks),
        })
        sums[allocator, account] = [per_bank * banks, asked]
    # A free record that was used before.
    put_buffer(f, place(6), FREE | 8 << 2, 0, 0, 1, 0, 77, 64, 1, 32, TICKS0, 0, 1, 0, 12, NONE16, 0)
    # In flight in shard 0: a free past its commit point whose counters are not raised yet.
    freed = [12 * 8192, 90_000]
    put_buffer(f, place(7), FREE | 6 << 2, 0, 0, 1, 0, 2000, 64, freed[1], 8192, TICKS0, 0, 1, 0, 12, NONE16, 0)
    # In flight in shard 1: an allocation before its commit point.
    coming = [64 * 2048, 100_000]
    put_buffer(f, place(8), WRITING | 3 << 2, 1, 1, 1, 0, 2001, 64, coming[1], 2048, TICKS0, 0, 1, 0, 64, NONE16, 0)
    unlisted = [12 * 1024, 12_000]
    for (allocator, account), (held, asked) in sums.items():
        came = [1, held, asked, 0, 0, 0, 0]
        if (allocator, account) == (0, 0):
            # Two buffers more: the one in flight and the unlisted one, which the other shard freed a sibling of.
            came = [4, held + freed[0] + 2 * unlisted[0], asked + freed[1] + 2 * unlisted[1], 0, 0, 0, 3]
            after = came[:3] + [1] + freed + [3]
            accounts.count(0, 0, 0, came, after)
            accounts.count(1, 0, 0, [0, 0, 0, 1, unlisted[0], unlisted[1], 0])
            accounts.peak(0, 0, 1, held + freed[0] + 2 * unlisted[0])
            continue
        accounts.count(account % 2, allocator, account, came)
        accounts.peak(allocator, account, held, 0 if account == 2 else held + account)  # account 2: died before its peak
    accounts.count(0, 2, 0, [5, 500, 400, 5, 500, 400, 0])
    accounts.peak(2, 0, 0, 300)
    expected.sort(key=lambda row: row["slot"])
    line = accounts.lines[0, 0, 0]
    journals = [(FREE_OP | 0 << 8 | 0 << 16 | 7 << 32, LIVE | 5 << 2, 0, 2000, *freed, *line[3:6]),
                (ALLOCATE | 1 << 8 | 0 << 16 | 8 << 32, FREE | 3 << 2, 0, 2001, *coming, *accounts.lines[1, 0, 1][0:3])]
    return expected, journals


def shards_and_events(f, journals):
    """Shard 0: an event of each type and one of a newer version. Shard 1: a ring that has been written round."""
    expected = []
    for shard in (0, 1):
        at = f.section(5, shard, 0, 1, 128)
        f.put(at, "QIIQQQQQQ", *journals[shard])
        count = 16
        ring = f.section(7, shard, 0, count, 32)
        if shard == 0:
            events = [(t, 3000 + t, 100 * t, 60 + t, NONE16 if t == 4 else t % 3, t, t + 2) for t in range(1, 9)]
            events.append((9, 1, 1, 1, 0, 200, 0))
        else:
            events = [(i * 10 + 5, 4000 + i, i, 90, 1, 1 + i % 2, 1) for i in range(40)]
        f.put(at + 64, "Q", len(events))
        for position, (time, number, size, thread, allocator, kind, account) in enumerate(events):
            f.put(ring + 32 * (position % count), "QQQIHBB", TICKS0 + 20_000 + time * 2, number, size, thread, allocator, kind,
                  account)
            # The entry of position - count may be torn at any time, so a reader keeps one less than the ring holds.
            if kind != 200 and position > len(events) - count:
                expected.append({"time_ns": EPOCH + 10_000 + time, "id": number, "bytes": size, "thread": thread,
                                 "allocator": allocator if allocator != NONE16 else None, "type": kind, "account": account})
    return sorted(expected, key=lambda event: event["time_ns"]), 9 + 40


def failures(f, cores):
    """Six failures in a ring of four; the newest is being written."""
    at = f.section(9, 0, 0, 4, 128)
    expected = []
    for n in range(6):
        clash = n % 2 == 1
        whole = n < 5
        free = UNKNOWN64 if n == 2 else 12_345
        f.put(at + 128 * (n % 4), "QQIIHBBIQQQQQQQQIII", 2 * n + (2 if whole else 1), TICKS0 + 30_000 + 2 * n, 2 if clash else 1,
              70 + n, NONE16 if n == 4 else 0, 1, 2, 64, 5_000_000 + n, 80_000 + n, free, 1_000_000, 31 if clash else 0,
              32 if clash else 0, 33 if clash else 0, 34 if clash else 0, cores if clash else NONE32, 40 + n,
              6 if clash else 0)
        if n >= 2 and whole:
            expected.append({
                "number": n, "time_ns": ns(TICKS0 + 30_000 + 2 * n), "type": 2 if clash else 1, "thread": 70 + n,
                "allocator": None if n == 4 else 0, "account": 1, "layout": 2, "banks": 64, "requested_bytes": 5_000_000 + n,
                "bytes_per_bank": 80_000 + n, "largest_free_per_bank": None if n == 2 else 12_345,
                "allocated_bytes": 1_000_000, "program_id": 31 if clash else 0, "buffer_id": 32 if clash else 0,
                "end_address": 33 if clash else 0, "buffer_address": 34 if clash else 0, "kernels": 6 if clash else 0,
                "cores": [[0, 0, 7, 7], [8, 0, 8, 3]] if clash else [], "context": 40 + n,
            })
    f.put(536, "Q", 6)
    return expected


def programs(f, sets, cores, one_core):
    at = f.section(10, 0, 0, 4, 128)
    parts = f.section(11, 0, 0, 8, 32)
    kernels = f.section(12, 0, 0, 8, 32)
    both, ranges = sets.devices(0, 1), [[0, 0, 7, 7], [8, 0, 8, 3]]
    expected = []
    rows = [  # state, allocator, type, id, launch, first part, parts, first kernel, kernels, context, config bytes
        (LIVE | 1 << 2, 0, 0, 501, 17, 0, 5, 0, 2, 9, 4096), (FREE | 2 << 2, 0, 0, 502, 1, 0, 5, 0, 2, 0, 0),
        (LIVE, NONE16, 2, 503, 0, 5, 0, 2, 1, 0, UNKNOWN64), (WRITING, 0, 1, 504, 0, 5, 1, 3, 1, 0, 0)]
    for i, (state, allocator, kind, number, launch, part, part_count, kernel, kernel_count, context, config) in enumerate(rows):
        f.put(at + 128 * i, "IHBBQQQIIIIIIQQQ", state, allocator, kind, i % 3 // 2, number, TICKS0 + 40_000 + 2 * i, launch, both, part,
              part_count, kernel, kernel_count, context, 10_000 + i, 20_000 + i, config)
        if state & 3 == LIVE:
            expected.append({
                "id": number, "allocator": allocator if allocator != NONE16 else None, "type": kind, "flags": i % 3 // 2,
                "loaded_ns": ns(TICKS0 + 40_000 + 2 * i), "last_launch": launch, "devices": [0, 1],
                "circular_buffer_bytes": 10_000 + i, "kernel_bytes": 20_000 + i,
                "config_bytes": config if config != UNKNOWN64 else None, "context": context,
                "circular_buffers": [
                    {"id": c, "address": 100_000 + c, "bytes": 2048 * c, "flags": (0, 1, 2, 4, 8)[c],
                     "cores": ranges if c % 2 == 0 else [[3, 4, 3, 4]]} for c in range(part, part + part_count)],
                "kernels": [
                    {"id": 600 + k, "name": k, "packed_bytes": 1000 + k, "processor": k + 1, "type": k, "core_type": k,
                     "cores": ranges if k % 2 == 0 else [[3, 4, 3, 4]]} for k in range(kernel, kernel + kernel_count)],
            })
    for c in range(6):
        f.put(parts + 32 * c, "QQQII", c, 100_000 + c, 2048 * c, cores if c % 2 == 0 else one_core, (0, 1, 2, 4, 8, 0)[c])
    for k in range(4):
        f.put(kernels + 32 * k, "QIIIBBH", 600 + k, k, cores if k % 2 == 0 else one_core, 1000 + k, k + 1, k, k)
    return expected


def config_rings(f):
    """In use; after a trace; being rewritten as its process died; never used; without an allocator since that closed."""
    at = f.section(13, 0, 0, 5, 64)
    f.put(at + 256, "IHBBIIQQQQ", 8, NONE16, 3, 0, 0, 0, 0, 0, 0, 0)
    f.put(at, "IHBBIIQQQQ", 6, 0, 0, 0, 0, 3, 0x1000, 70_656, 12_288, 5)
    f.put(at + 64, "IHBBIIQQQQ", 2, NONE16, 1, 2, 1, 0, 0x2000, 25_600, 25_600, 0)
    f.put(at + 128, "IHBBIIQQQQ", 9, 0, 2, 0, 0, 1, 1, 1, 1, 1)
    return [{"allocator": 0, "sub_device": 0, "core_type": 0, "trace": False, "programs": 3, "base_address": 0x1000,
             "capacity_bytes": 70_656, "used_bytes": 12_288, "evictions": 5},
            {"allocator": None, "sub_device": 1, "core_type": 2, "trace": True, "programs": 0, "base_address": 0x2000,
             "capacity_bytes": 25_600, "used_bytes": 25_600, "evictions": 0}]


def regions(f, one_core):
    at = f.section(14, 0, 0, 10, 32)
    expected = []
    for i in range(9):  # type 0 is an unused record
        core_set = one_core if i == 3 else NONE32
        device = i % 3  # 0: every device of the allocator
        f.put(at + 32 * i, "HBBIQQIHH", 0 if i % 2 else NONE16, i % 2, i, i, i * 4096, 4096, core_set, device, i)
        if i > 0:
            expected.append({"allocator": 0 if i % 2 else None, "buffer_type": i % 2, "type": i, "source": i,
                             "address": i * 4096, "bytes": 4096, "device": device - 1 if device else None, "cores": [[3, 4, 3, 4]] if i == 3 else []})
    return expected


def sidecar():
    data = bytearray(struct.pack("<8sHHIQQ", b"TALLOCLD", 1, 0, 32, 0x0123456789ABCDEF, 0))

    def add(kind, number, text):
        data.extend(struct.pack("<IIII", kind, number, len(text), 0) + text)
        data.extend(bytes(-len(data) % 8))

    add(1, 0, b"python3\0-m\0demo.workload\0")
    add(2, 9, "ttnn.linear → layer 3".encode())
    add(99, 1, b"a record of a newer version")
    add(3, 9, b"workload.py:10\nmodel.py:20")
    add(4, 1, b"reader_unary")
    add(4, 2, b"bad \xff byte")
    struct.pack_into("<Q", data, 24, len(data) - 32)
    data += b"half a rec"  # being appended: past bytes_used
    return data, {"command_line": ["python3", "-m", "demo.workload"], "operations": [[9, "ttnn.linear → layer 3"]],
                  "stacks": [[9, "workload.py:10\nmodel.py:20"]],
                  "kernel_names": [[1, "reader_unary"], [2, "bad � byte"]]}


def build():
    """The ledger, the sidecar, and what a reader must find in them."""
    f = File()
    identity, lost = header(f)
    device_rows = devices(f)
    sets = Interned(f, 104, 256)
    cores, one_core = sets.cores((0, 0, 7, 7), (8, 0, 8, 3)), sets.cores((3, 4, 3, 4))
    allocator_rows = allocators(f, sets)
    f.section(200, 3, 17, 5, 24)  # a kind of a newer version
    accounts = Accounts(f)
    buffer_rows, journals = buffers(f, accounts)
    events, event_count = shards_and_events(f, journals)
    expected = {
        "identity": identity, "exited": True, "times_known": True, "one_moment": True, "lost": lost, "events": event_count,
        "unlisted_buffers": 1, "devices": device_rows, "buffers": buffer_rows, "failures": failures(f, cores),
        "programs": programs(f, sets, cores, one_core), "config_rings": config_rings(f), "regions": regions(f, one_core),
    }
    sets.add(77, b"a set of a newer version")
    accounts.write(allocator_rows)
    detail, texts = sidecar()
    return f, detail, {"snapshot": {**expected, "allocators": allocator_rows}, "event_list": events, "sidecar": texts}


def write(name, f, detail, found):
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    for name, data in {f"{name}.bin": bytes(f.data), f"{name}.bin.detail": bytes(detail), f"{name}.json": text.encode()}.items():
        if sys.argv[1:] != ["--check"]:
            (HERE / name).write_bytes(data)
        elif (HERE / name).read_bytes() != data:
            sys.exit(f"{name} is not what this script makes")


if __name__ == "__main__":
    write("ledger-v1", *build())
