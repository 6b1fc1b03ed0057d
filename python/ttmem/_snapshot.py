# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The buffers of this process, as the file that PyTorch's viewer of memory snapshots reads: pytorch.org/memory_viz, torch/cuda/_memory_viz.py.

Each allocator and kind of memory here is a device there, as in `ttmem export --to memory_viz`. Addresses and sizes are those of one bank, since a buffer
lies at the same address in each; the segment reaches from the lowest buffer to the highest. The viewer replays a trace backwards from the segments, so each live
buffer has its allocation in it.
"""
from __future__ import annotations

import os
import pickle
from collections.abc import Iterable
from typing import Any

from . import _native
from ._questions import _own
from .types import KINDS

_Place = tuple[Any, tuple[Any, ...], str]  # mesh, devices, kind


def _frames(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Innermost first: the operation, the lines that called it, the scope."""
    frames = [{"name": row["operation"], "filename": "ttnn", "line": 0}] if row["operation"] else []
    frames += [{"name": frame["function"] or "?", "filename": frame["file"] or "?", "line": frame["line"] or 0} for frame in row["stack"] or []]
    if row["scope"]:
        frames.append({"name": row["scope"], "filename": "scope", "line": 0})
    return frames


def _name(row: dict[str, Any]) -> str:
    tensor = row["tensor"]
    shape = "x".join(map(str, tensor["shape"])) + f" {tensor['dtype'] or ''}" if tensor and tensor["shape"] else ""
    return ": ".join(part for part in (row["label"] or "", shape.strip()) if part)


def _segment(number: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Live blocks and what is free between them, from the lowest to the highest."""
    begin = rows[0]["address"]
    blocks: list[dict[str, Any]] = []

    def add(address: int, size: int, requested: int, state: str, frames: list[dict[str, Any]]) -> None:
        if size > 0:
            blocks.append({"address": address, "size": size, "requested_size": requested, "state": state, "frames": frames})

    at = begin
    for row in rows:
        add(at, row["address"] - at, 0, "inactive", [])
        add(row["address"], row["bytes_per_bank"], min(row["bytes_per_bank"], row["requested_bytes"] // max(1, row["banks"])), "active_allocated", _frames(row))
        at = row["address"] + row["bytes_per_bank"]
    held = sum(block["size"] for block in blocks if block["state"] != "inactive")
    return {"device": number, "address": begin, "total_size": at - begin, "allocated_size": held, "active_size": held,
            "requested_size": sum(block["requested_size"] for block in blocks), "stream": 0, "segment_type": "large", "segment_pool_id": (0, 0),
            "is_expandable": False, "frames": [], "blocks": blocks}


def _apart(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """By address, without what overlaps the one before: an allocator with addresses of its own on each core (HYBRID) may hold two at one."""
    found: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: (row["address"], row["id"])):
        if not found or row["address"] >= found[-1]["address"] + found[-1]["bytes_per_bank"]:
            found.append(row)
    return found


def dump_snapshot(path: str | os.PathLike[str]) -> None:
    """Writes what this process holds now for pytorch.org/memory_viz, as `torch.cuda.memory._dump_snapshot` does.

    The file has mode 0600, since names and lines of your program are in it. Raises FileExistsError where there is one, NotTrackedError where nothing tracks
    this process. What was freed before is not in it: `ttmem record` and `ttmem export --to memory_viz` have the whole run.
    """
    _native.device_number(None)
    model = _own(True)
    places: dict[_Place, list[dict[str, Any]]] = {}
    for row in model.get("buffers", []):
        if row["kind"] in KINDS and row["bytes_per_bank"] > 0:
            places.setdefault((row["mesh"], tuple(row["devices"]), row["kind"]), []).append(row)
    segments, traces = [], []
    for number, held in enumerate(places.values()):
        rows = _apart(held)
        segments.append(_segment(number, rows))
        traces.append([{"action": "alloc", "addr": row["address"], "size": row["bytes_per_bank"], "stream": 0, "time_us": row["allocated_at_ns"] // 1000,
                        "frames": _frames(row), "user_metadata": _name(row)} for row in sorted(rows, key=lambda row: (row["allocated_at_ns"], row["id"]))])
    # Protocol 4 of dictionaries, lists, texts and numbers: what the viewer's own unpickler knows.
    whole = pickle.dumps({"segments": segments, "device_traces": traces, "allocator_settings": {}}, protocol=4)
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(made, "wb") as file:
            file.write(whole)
    except BaseException:
        os.unlink(path)  # half of a pickle is of no use, and would be in the way of the next call
        raise
