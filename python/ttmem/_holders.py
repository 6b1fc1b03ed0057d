# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Finds what keeps a tensor's memory alive."""
from __future__ import annotations

import sys
import types
from dataclasses import dataclass
from typing import Any

from . import _native, _raw
from ._paths import chain_text
from ._questions import memory_snapshot
from ._tensors import Buffers

_MOST_PATHS = 16


@dataclass(frozen=True)
class Holders:
    """The references that keep a buffer alive, as far as they were found."""

    buffers: tuple[int, ...]
    """Ids of the buffers that were asked about."""
    tensors: int
    """How many Python tensors share their memory."""
    paths: tuple[str, ...]
    """References to a tensor, the shortest from each module, class or running function that has one; the shortest first, at most 16."""
    other: str | None
    """Another holder, or the reason why there is no path: the program cache, a trace, a cycle, C++ alone; None: the paths are the answer."""
    complete: bool
    """False: there are more objects than could be looked at in the time, so there may be more paths."""

    def __str__(self) -> str:
        lines = [f"held by {path}" for path in self.paths]
        if self.other is not None:
            lines.append(self.other)
        if not self.complete:
            lines.append("not every object was looked at: there may be more")
        return "\n".join(lines)


def _foreign_frames() -> tuple[list[types.FrameType], list[types.FrameType]]:
    """Frames that run now, of all threads: the program's, and those of this package."""
    foreign: list[types.FrameType] = []
    own: list[types.FrameType] = []
    waiting: list[types.FrameType | None] = list(sys._current_frames().values())
    while waiting:
        frame = waiting.pop()
        while frame is not None:
            ours = dict.get(frame.f_globals, "__package__") == __package__
            (own if ours else foreign).append(frame)
            frame = frame.f_back
    # No variable of this function's is its own frame now: such a cycle would keep the caller's tensor until the next collection.
    return foreign, own


def _other(buffers: tuple[int, ...], tensors: int, cycles: list[str], whole: bool) -> str | None:
    rows = [row for row in memory_snapshot() if row["id"] in buffers]
    if cycles:
        return f"a cycle that nothing else refers to, as far as Python knows (gc.collect() frees it unless a running function or C++ holds it): {cycles[0]}"
    if any(row["kind"] == "trace" for row in rows):
        return "held by a trace: ttnn.release_trace frees it"
    if any(row["program_cache"] or row["kernel_binaries"] for row in rows):
        return "held by the program cache: disabling or clearing it frees it"
    if not rows:
        return "no live buffer of this process has this id" if tensors == 0 else "not in the memory of a device"
    if not whole:
        return None  # a path may be among what was not looked at
    if tensors > 0:
        return "held by a call that runs now, or by C++: no object that Python knows refers to its tensors"
    return "held by C++ alone: no Python tensor has this memory"


def holders(of: Any, seconds: float = 0.2) -> Holders:
    """Which Python references keep device memory alive. `of`: a buffer's id, a row of `memory_snapshot()`, or a tensor.

    Every object that Python's garbage collector knows is asked what it refers to, as the collector does, and variables of running functions are read; no
    code of the program's runs and no reference is kept. It holds the GIL for up to `seconds`. Not seen: variables of running functions before Python 3.12's
    own interface to them (3.11), values in the middle of an expression, and objects hidden by gc.freeze(). Raises NotTrackedError where nothing tracks this process.
    """
    _native.device_number(None)
    buffers = Buffers()
    wanted: tuple[int, ...]
    if type(of) is int:
        wanted = (of,)
    elif type(of) is dict and type(of.get("id")) is int:
        wanted = (of["id"],)
    elif buffers.is_tensor(of):
        wanted = tuple(buffers.ids_of(of))
    else:
        raise TypeError(f"holders() is asked about a buffer's id, a row of memory_snapshot() or a tensor of ttnn's, not {type(of).__name__}")
    budget_ns = int(max(seconds, 0.0) * 0.45e9)  # for each of two looks at all objects
    foreign, own = _foreign_frames()
    every: list[Any] = []
    targets: list[Any] = []
    chains: list[list[Any]] = []
    cycles: list[list[Any]] = []
    try:
        class_ = _raw.tensor_class()
        every, all_seen = ([], True) if class_ is None else _native.instances_of(class_, foreign, budget_ns)[:2]
        targets = [tensor for tensor in every if tensor is of or any(number in wanted for number in buffers.ids_of(tensor))]
        every.clear()  # or this list would be one of those that hold them
        modules = [module for module in list(sys.modules.values()) if _raw.is_a(module, types.ModuleType)]
        names = {id(_raw.module_dict(module)): str(_raw.module_dict(module).get("__name__")) for module in modules}
        complete = True
        if targets:
            chains, cycles, complete, _ = _native.reference_chains(targets, modules, foreign, own, _MOST_PATHS, budget_ns)
        paths = tuple(dict.fromkeys(chain_text(chain, names) for chain in chains))
        in_cycles = [chain_text(chain, names) for chain in cycles]
        found = len(targets)
        whole = bool(all_seen and complete)
        other = None if paths else _other(wanted, found, in_cycles, whole)
        return Holders(wanted, found, paths, other, whole)
    finally:
        for each in (every, targets, chains, cycles, foreign, own):
            each.clear()
