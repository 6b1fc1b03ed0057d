# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Compares what ttnn says of itself at a checkpoint with what `ttmem snapshot --json --buffers` says from outside.

Every figure is worked out here from ttnn's own view alone: bytes of an allocator = bytes per bank x banks; bytes of a chip = the union, bank by bank, of
the intervals that all allocators over that chip hold.
"""
import collections

KINDS = ("dram", "l1", "l1_small", "trace")


def union_bytes(intervals):
    """How many bytes a set of (address, size) covers."""
    covered, reach = 0, -1
    for start, size in sorted(intervals):
        end = start + size
        covered += max(0, end - max(start, reach))
        reach = max(reach, end)
    return covered


def intervals_of(allocator, kind):
    """The held intervals of one bank: from the block table, or from the list of buffers where a release does not give the table."""
    blocks = allocator["memory"][kind]["blocks"]
    if blocks is not None:
        return [tuple(block) for block in blocks]
    return [(address, size) for address, size, of in allocator["rows"] if of == kind]


def chip_bytes(allocators, chip, kind):
    """The bytes of a kind on a chip, over all its allocators."""
    over = [a for a in allocators if chip in a["devices"]]
    if not over:
        return 0
    banks = {a["memory"][kind]["banks"] for a in over}
    assert len(banks) == 1, f"allocators over chip {chip} differ in banks of {kind}: {banks}"
    return union_bytes([i for a in over for i in intervals_of(a, kind)]) * banks.pop()


def overlaps(allocators):
    """Whether two allocators hold one byte of one chip."""
    for kind in KINDS:
        for chip in {chip for a in allocators for chip in a["devices"]}:
            held = [i for a in allocators if chip in a["devices"] for i in intervals_of(a, kind)]
            if union_bytes(held) < sum(size for _, size in held):
                return True
    return False


def taken_rows(allocator):
    """ttnn's list of buffers, each with what its block takes in a bank: (address, bytes, kind).

    The list gives pages times page size; an allocator places pages and blocks at multiples of its alignment (64 bytes on Blackhole), so a block may be
    larger. Blocks are relative to where the kind's banks begin: both lists in order of address must then lie a constant distance apart.
    """
    taken = []
    for kind in KINDS:
        rows = sorted((address, size) for address, size, of in allocator["rows"] if of == kind)
        blocks = allocator["memory"][kind]["blocks"]
        if blocks is None:
            taken += [(address, size, kind) for address, size in rows]
            continue
        blocks = sorted(tuple(block) for block in blocks)
        assert len(rows) == len(blocks), f"ttnn lists {len(rows)} {kind} buffers and {len(blocks)} blocks"
        assert len({address - block for (address, _), (block, _) in zip(rows, blocks)}) <= 1, f"{kind}: blocks and buffers are elsewhere"
        assert all(0 <= size - listed < max(64, size) for (_, listed), (_, size) in zip(rows, blocks)), f"{kind}: a block is smaller than its buffer"
        taken += [(address, size, kind) for (address, _), (_, size) in zip(rows, blocks)]
    return taken


def row_differences(allocator, rows):
    """One allocator's buffers, one by one, and the sums over them."""
    where = f"mesh {allocator['mesh']}"
    expected = collections.Counter(taken_rows(allocator))
    found = collections.Counter((row["address"], row["bytes_per_bank"], row["kind"]) for row in rows)
    for (address, size, kind), count in (expected - found).items():
        yield f"{where}: {count} x {kind} buffer at {address:#x} of {size} B per bank is missing"
    for (address, size, kind), count in (found - expected).items():
        yield f"{where}: {count} x {kind} buffer at {address:#x} of {size} B per bank is too many"
    for row in rows:
        if sorted(row["devices"]) != sorted(allocator["devices"]):
            yield f"{where}: the buffer at {row['address']:#x} is said to be on devices {row['devices']}, the mesh has {allocator['devices']}"
        banks = allocator["memory"][row["kind"]]["banks"]
        if row["allocated_bytes"] != row["bytes_per_bank"] * banks:
            yield f"{where}: the buffer at {row['address']:#x} takes {row['allocated_bytes']} B, not {row['bytes_per_bank']} x {banks}"
        if row["requested_bytes"] is not None and not 0 < row["requested_bytes"] <= row["allocated_bytes"]:
            yield f"{where}: the buffer at {row['address']:#x} requested {row['requested_bytes']} B and takes {row['allocated_bytes']} B"
    for kind in KINDS:
        view = allocator["memory"][kind]
        held, own = sum(row["allocated_bytes"] for row in rows if row["kind"] == kind), view["allocated_per_bank"] * view["banks"]
        if held != own:
            yield f"{where}: {kind} holds {held} B, ttnn says {own} B ({held - own:+d})"


def device_differences(device, allocators):
    """A device that one process alone uses, against that process's allocators over it."""
    chip = device["id"]
    over = [a for a in allocators if chip in a["devices"]]
    for kind in KINDS:
        memory, expected = device["memory"].get(kind), chip_bytes(allocators, chip, kind)
        if memory is None:
            if expected:
                yield f"device {chip}: no figures for {kind}, which holds {expected} B"
            continue
        if not over:
            if memory["allocated_bytes"] not in (0, None):  # no process has it open
                yield f"device {chip}: {kind} has {memory['allocated_bytes']} B, and nothing is open"
            continue
        if memory["allocated_bytes"] != expected:
            yield f"device {chip}: {kind} has {memory['allocated_bytes']} B, ttnn says {expected} B"
        view = over[0]["memory"][kind]
        for name, ours, own in (("banks", memory["banks"], view["banks"]),
                                ("capacity_bytes", memory["capacity_bytes"], view["banks"] * view["bytes_per_bank"])):
            if ours != own and not (ours is None and own == 0):
                yield f"device {chip}: {kind} {name} is {ours}, ttnn says {own}"
        if len(over) == 1:
            if memory["largest_free_bytes_per_bank"] not in (None, view["largest_free_per_bank"]):
                yield f"device {chip}: {kind} largest free block is {memory['largest_free_bytes_per_bank']}, ttnn says {view['largest_free_per_bank']}"
            count = sum(kind == row[2] for row in over[0]["rows"])
            if memory["buffers"] != count:
                yield f"device {chip}: {kind} counts {memory['buffers']} buffers, ttnn lists {count}"


# Physical bytes of a worker core's L1 and of a DRAM bank.
PHYSICAL = {"wormhole_b0": (1_499_136, 1 << 30), "blackhole": (1_572_864, 4_278_190_080)}


def layout_differences(snapshot):
    """Every open device's L1 core and DRAM bank from address 0 to the end: nothing unexplained, nothing listed twice, and together what there is."""
    for device in snapshot["devices"]:
        if not device["live_processes"]:
            continue
        for part, physical in zip(("l1_core", "dram_bank"), PHYSICAL[device["arch"]]):
            sums = device["memory"]["layout"][part]
            if sums is None:
                yield f"device {device['id']}: {part} has no layout"
                continue
            whole = sums["region_bytes"] + sums["buffer_bytes"] + sums["free_bytes"]
            if sums["unexplained_bytes"] or sums["contested_bytes"] or not whole == sums["physical_bytes"] == physical:
                yield f"device {device['id']}: {part} does not add up to {physical}: {sums}"


def picture_differences(truth, picture):
    """`ttmem l1 --json` of a process that alone has the devices open: free blocks against ttnn's table, layouts against its blocks, stretch by stretch."""
    pid, allocators = truth["pid"], truth["allocators"]
    devices = {device["id"]: device for device in picture["devices"]}
    if set(devices) != {chip for a in allocators for chip in a["devices"]}:
        yield f"devices {sorted(devices)} are shown"
        return
    for device in devices.values():
        over = [a for a in allocators if device["id"] in a["devices"]]
        spaces = {(space["pid"], space["mesh"], space["kind"]): space for space in device["spaces"]}
        wanted = {(pid, a["mesh"], kind) for a in over for kind in KINDS if a["memory"][kind]["banks"] and a["memory"][kind]["bytes_per_bank"]}
        if set(spaces) != wanted:
            yield f"device {device['id']}: free space of {sorted(set(spaces) ^ wanted)} is told or missing"
            continue
        for allocator in over:
            for kind in KINDS:
                space = spaces.get((pid, allocator["mesh"], kind))
                if space is not None:
                    yield from (f"device {device['id']}, mesh {allocator['mesh']}, {kind}: {text}" for text in space_differences(space, allocator["memory"][kind]))
        for name, kinds in (("l1", ("l1", "l1_small")), ("dram", ("dram", "trace"))):
            layout = device[name]
            at = 0
            for stretch in layout["stretches"]:
                if stretch["address"] != at or not stretch["source"]:
                    yield f"device {device['id']}: the layout of {name} jumps to {stretch}"
                at = stretch["address"] + stretch["bytes"]
            if at != layout["physical_bytes"]:
                yield f"device {device['id']}: the layout of {name} ends at {at}"
            for kind in kinds:
                if over[0]["memory"][kind]["blocks"] is None:
                    continue
                held = sum(stretch["bytes"] for stretch in layout["stretches"] if stretch["type"] == "buffer" and stretch["kind"] == kind)
                free = sum(stretch["bytes"] for stretch in layout["stretches"] if stretch["type"] == "free" and stretch["kind"] == kind)
                own = union_bytes([block for a in over for block in intervals_of(a, kind)])
                if (held, free) != (own, over[0]["memory"][kind]["bytes_per_bank"] - own):
                    yield f"device {device['id']}: the layout has {held} B of {kind} held and {free} free, ttnn has {own} held"


def space_differences(space, view):
    """One allocator's free space in one kind, against ttnn's view of it."""
    for name, ours, own in (("banks", space["banks"], view["banks"]), ("bank_bytes", space["bank_bytes"], view["bytes_per_bank"]),
                            ("allocated", space["allocated_bytes_per_bank"], view["allocated_per_bank"]),
                            ("largest free", space["largest_free_bytes_per_bank"], view["largest_free_per_bank"])):
        if ours != own:
            yield f"{name} is {ours}, ttnn says {own}"
    if view["free_blocks"] is not None:
        # ttnn's blocks are relative to where the kind's banks begin.
        ours = [[address - space["base_address"], size] for address, size in space["blocks"]]
        if ours != sorted(view["free_blocks"]):
            yield f"free blocks are {ours[:8]}, ttnn says {sorted(view['free_blocks'])[:8]}"


def process_of(snapshot, pid):
    """The process with this pid: the living one, else the newest that is gone (exec leaves one of its past self)."""
    found = [process for process in snapshot["processes"] if process["pid"] == pid]
    living = [process for process in found if process["state"] in ("live", "stopped")]
    assert len(living) <= 1, f"pid {pid} is listed {len(living)} times as living"
    return (living or found or [None])[0]


def differences(truth, snapshot, devices_too=True):
    """Every way in which the snapshot disagrees with the process's own account; empty when it is exact."""
    pid, allocators, wrong = truth["pid"], truth["allocators"], []
    process = process_of(snapshot, pid)
    if process is None:
        return [f"process {pid} is not listed"]
    if process["state"] != "live":
        wrong.append(f"process {pid} is {process['state']}, not live")
    if process["lost_events"] > truth.get("late_frees", 0) or process["unlisted_buffers"] or not process["one_moment"]:
        wrong.append(f"process {pid} stands still and the reader is told of lost or torn reports: {process}")
    by_mesh = collections.defaultdict(list)
    for row in snapshot["buffers"]:
        if row["pid"] == pid and row["kind"] in KINDS:
            by_mesh[row["mesh"]].append(row)
    for allocator in allocators:
        wrong += row_differences(allocator, by_mesh.pop(allocator["mesh"], []))
    for mesh, rows in by_mesh.items():
        wrong.append(f"{len(rows)} buffers of mesh {mesh}, which is not open")
    listed = {entry["id"]: entry for entry in process["devices"]}
    for chip in sorted({chip for a in allocators for chip in a["devices"]} | set(listed)):
        for kind in KINDS:
            peak = listed.get(chip, {}).get(f"{kind}_peak_bytes")
            if peak is not None and peak < chip_bytes(allocators, chip, kind):
                wrong.append(f"process {pid}, device {chip}: the peak of {kind}, {peak} B, is below what is held")
            ours, expected = listed.get(chip, {}).get(f"{kind}_bytes") or 0, chip_bytes(allocators, chip, kind)
            if ours != expected:
                wrong.append(f"process {pid}, device {chip}: {kind} is {ours} B, ttnn says {expected} B")
    if devices_too:
        known = {device["id"]: device for device in snapshot["devices"] if device["id"] is not None}
        for chip in {chip for a in allocators for chip in a["devices"]} - set(known):
            wrong.append(f"device {chip} is not listed")
        for device in known.values():
            wrong += device_differences(device, allocators)
    return wrong
