# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Every question against ttnn's own figures, while tensors of all kinds come and go. questions.py [late]: tracking is turned on after import and open."""
import json
import os
import pickle
import pickletools
import random
import stat
import sys
import tempfile

late = sys.argv[1:] == ["late"]
if late:
    import truths  # noqa: E402  (before ttmem: ttnn is there when tracking is turned on)
import truths  # noqa: E402
from truths import KINDS, memory_of, open_device, tensor, ttnn, view  # noqa: E402

import ttmem  # noqa: E402


def compare_with_json(device):
    """The answers that are made without JSON are those of `ttmem snapshot --json`, in values, types and order of keys."""
    model = json.loads(ttmem._native.own_json(True))
    rows = ttmem.memory_snapshot(stack=True)
    # Two readings convert times from the processor's clock by measures of their own.
    assert all(abs(row["allocated_at_ns"] - other["allocated_at_ns"]) < 1e9 for row, other in zip(rows, model["buffers"], strict=True))
    for row, other in zip(rows, model["buffers"], strict=True):
        row["allocated_at_ns"] = other["allocated_at_ns"]
    assert json.dumps(rows) == json.dumps(model["buffers"])
    assert type(rows) is list and all(type(row) is dict and type(row["kernel_binaries"]) is bool for row in rows)
    plain = ttmem.memory_snapshot()
    timeless = {"stack": None, "allocated_at_ns": 0}
    assert json.dumps([row | timeless for row in plain]) == json.dumps([row | timeless for row in rows])
    assert [row["id"] for row in ttmem.memory_snapshot(device)] == [row["id"] for row in plain if 0 in row["devices"]] and ttmem.memory_snapshot(7) == []
    # A change that a program makes in one row is not seen in another.
    inner = [value for row in plain for value in (row["devices"], row["device_indexes"], row["tensor"], row["tensor"] and row["tensor"]["shape"]) if value is not None]
    assert len({id(value) for value in inner}) == len(inner)
    (known,) = [each for each in model["devices"] if each["id"] == 0]
    for kind in KINDS:
        use = known["memory"][kind]
        assert ttmem._native.own_figures(device, kind) == tuple(
            use[key] for key in ("reserved_bytes", "capacity_bytes", "allocated_bytes", "largest_free_bytes_per_bank", "banks"))


def compare(device, peaks):
    compare_with_json(device)
    for kind in KINDS:
        held, capacity, free, fit = view(device, kind)
        peaks[kind] = max(peaks[kind], held)
        for named in (device, 0, None):
            assert ttmem.memory_allocated(named, kind) == held, (kind, named, held)
        assert ttmem.max_memory_allocated(device, kind) == peaks[kind], kind
        assert ttmem.mem_get_info(device, kind) == (free, capacity), kind
        assert ttmem.largest_fit(device, kind) == fit, (kind, ttmem.largest_fit(device, kind), fit)
    stats = ttmem.memory_stats()
    rows = [row for row in ttmem.memory_snapshot() if row["kind"] in KINDS]
    own = {(row.address, row.max_size_per_bank) for row in ttnn._ttnn.reports.get_buffers([device])}
    assert {(row["address"], row["bytes_per_bank"]) for row in rows} == own
    for kind in KINDS:
        held = view(device, kind)[0]
        assert stats[f"allocated_bytes.{kind}.current"] == held
        assert stats[f"allocated_bytes.{kind}.peak"] == peaks[kind]
        assert stats[f"allocated_bytes.{kind}.allocated"] - stats[f"allocated_bytes.{kind}.freed"] == held
        of_kind = [row for row in rows if row["kind"] == kind]
        assert sum(row["allocated_bytes"] for row in of_kind) == held
        assert len(of_kind) == stats[f"allocation.{kind}.current"] == stats[f"allocation.{kind}.allocated"] - stats[f"allocation.{kind}.freed"]
        assert sum(row["requested_bytes"] for row in of_kind) == stats[f"requested_bytes.{kind}.current"]


# The opcodes that MemoryViz.js unpickles (pytorch, torch/utils/viz): none of them can name code.
VIEWERS_OPCODES = {"PROTO", "FRAME", "MEMOIZE", "BINPUT", "BINGET", "LONG_BINPUT", "LONG_BINGET", "MARK", "EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE", "SETITEM", "SETITEMS",
                   "APPEND", "APPENDS", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "BININT", "BININT1", "BININT2", "LONG1", "SHORT_BINUNICODE", "BINUNICODE", "NEWTRUE", "NEWFALSE", "NONE", "STOP"}


def compare_snapshot(device):
    """The file for memory_viz against ttnn's own list, by the rules of its viewer: blocks tile a segment, a trace replayed backwards empties it."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "now.pickle")
        ttmem.dump_snapshot(path)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        try:
            ttmem.dump_snapshot(path)
            raise AssertionError("a file was written over")
        except FileExistsError:
            pass
        with open(path, "rb") as file:
            written = file.read()
    assert {operation.name for operation, _, _ in pickletools.genops(written)} <= VIEWERS_OPCODES
    snapshot = pickle.loads(written)
    live = []
    for segment in snapshot["segments"]:
        at, held = segment["address"], {}
        for block in segment["blocks"]:
            assert block["address"] == at and 0 <= block["requested_size"] <= block["size"]
            at += block["size"]
            if block["state"] == "active_allocated":
                held[block["address"]] = block["size"]
        assert at == segment["address"] + segment["total_size"] and segment["allocated_size"] == sum(held.values())
        live += held.items()
        for entry in reversed(snapshot["device_traces"][segment["device"]]):
            assert entry["action"] == "alloc" and held.pop(entry["addr"]) == entry["size"]
        assert not held
    assert sorted(live) == sorted((row.address, row.max_size_per_bank) for row in ttnn._ttnn.reports.get_buffers([device]))
    return len(live)


def main():
    if not late:
        assert ttmem.is_tracking()
    else:
        assert not ttmem.is_tracking()
        try:
            ttmem.memory_allocated()
            raise AssertionError("an untracked process was given a figure")
        except ttmem.NotTrackedError as error:
            assert "ttmem.enable()" in str(error)
    assert late or ttmem.memory_allocated() == 0  # nothing is open, and that is known
    device = open_device()
    rng = random.Random(5)
    sides = {"dram": (32, 256, 1024), "l1": (32, 128, 256), "l1_small": (32,), "trace": (32, 64)}
    tensors = []
    if late:
        tensors = [tensor(device, 256) for _ in range(20)]
        ttmem.enable()
        ttmem.enable()  # again: nothing
    assert ttmem.is_tracking()
    peaks = {kind: view(device, kind)[0] for kind in KINDS}
    compare(device, peaks)
    for _ in range(60):
        kind = rng.choice(KINDS)
        if len(tensors) > 12:
            tensors.pop(rng.randrange(len(tensors)))
        else:
            tensors.append(tensor(device, rng.choice(sides[kind]), memory_of(kind)))
        compare(device, peaks)
    assert compare_snapshot(device) > 3
    reserved = ttmem.memory_reserved(device)
    row = ttmem.devices()[0]["memory"]["dram"]
    assert reserved == row["physical_bytes"] - view(device)[1] == row["reserved_bytes"] > 0
    assert ttmem.memory_reserved(kind="l1") > 0

    before = view(device)[0]
    ttmem.reset_peak_memory_stats()
    peaks = {kind: view(device, kind)[0] for kind in KINDS}
    compare(device, peaks)
    with ttmem.peak() as outer:
        first = tensor(device, 1024)
        top = view(device)[0]
        with ttmem.peak() as inner:
            second = tensor(device, 512)
            inner_top = view(device)[0]
            del second
            ttmem.reset_peak_memory_stats()  # of no concern to blocks
        assert inner.dram == inner_top and inner.increase() == inner_top - top
        del first
        assert outer.dram == inner_top and view(device)[0] == before
    third = tensor(device, 2048)
    assert (outer.dram, inner.dram) == (inner_top, inner_top)  # ended: they stay
    assert ttmem.max_memory_allocated() == view(device)[0]
    del third

    @ttmem.peak()
    def work(side):
        return tensor(device, side).shape

    work(1024)
    assert work.peak.increase() == work.peak.dram - before > 1024 * 1024 * 2

    with ttmem.scope("model"):
        in_model = tensor(device, 32)
        with ttmem.scope("attention"):
            in_attention = tensor(device, 64)
    outside = tensor(device, 96)
    named = {row["requested_bytes"]: row["region"] for row in ttmem.memory_snapshot(device) if row["allocated_at_ns"] >= 0}
    assert named[32 * 32 * 2] in ("model", None) and named[64 * 64 * 2] in ("model/attention", None) and named[96 * 96 * 2] is None, named
    regions = {row["region"] for row in ttmem.memory_snapshot()}
    assert {"model", "model/attention"} <= regions, regions

    sums = ttnn.add(in_attention, in_attention)
    stats = ttmem.memory_stats()
    assert stats["allocated_bytes.circular_buffers.current"] > 0
    # Turned on late, kernels of what was loaded before are unknown.
    assert late or stats["allocated_bytes.kernels.current"] > 0
    assert stats["allocated_bytes.circular_buffers.peak"] is None
    try:
        tensor(device, 1 << 17)
        raise AssertionError("32 GiB fitted")
    except RuntimeError as error:
        assert "Out of Memory" in str(error)
    assert ttmem.memory_stats()["num_ooms"] == 1
    summary = ttmem.memory_summary()
    for word in ("wormhole_b0", "n150", "l1 small", "circular buffers", "kernels", "refused allocations: 1"):
        assert word in summary, summary

    own = [process for process in ttmem.processes() if process["pid"] == __import__("os").getpid()]
    assert len(own) == 1 and own[0]["state"] == "live"
    assert own[0]["devices"][0]["dram_bytes"] == view(device)[0] == ttmem.devices()[0]["memory"]["dram"]["allocated_bytes"]
    for bad in ("hbm", "system_memory"):
        for question in (ttmem.memory_allocated, ttmem.max_memory_allocated, ttmem.mem_get_info, ttmem.largest_fit, ttmem.memory_reserved):
            try:
                question(kind=bad)
                raise AssertionError(f"{question} took {bad}")
            except ValueError as error:
                assert "l1_small" in str(error)
    assert ttmem.memory_allocated(7) == 0  # a chip that this process does not use
    for wrong, question, words in (("0", ttmem.memory_allocated, "not of type str"), (1.0, ttmem.max_memory_allocated, "not of type float"),
                                   (7, ttmem.mem_get_info, "does not have device 7 open"), (7, ttmem.largest_fit, "does not have device 7 open")):
        try:
            question(wrong)
            raise AssertionError(f"{question} took {wrong!r}")
        except (TypeError, ttmem.NotTrackedError) as error:
            assert words in str(error), error
    del in_model, in_attention, outside, sums
    tensors.clear()
    ttnn.close_device(device)
    assert [ttmem.memory_allocated(kind=kind) for kind in KINDS] == [0, 0, 0, 0]
    if late:
        ttmem.disable()
        assert not ttmem.is_tracking()
        try:
            ttmem.memory_allocated()
            raise AssertionError("tracking is off, and a figure was given")
        except ttmem.NotTrackedError:
            pass
    print(json.dumps({"done": True}))


main()
