# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""What a watcher sees coming: the largest tensor that no longer fits, and memory that grows from step to step."""
from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from . import _native
from .types import Kind

LOOKED_BACK = 5
"""Steps that growth is judged by: as many in a row have to hold more than the one before."""


def own_row(device: int, buffers: bool = False) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """This process's figures of a chip, None where it has not opened it, and its buffers where they are asked for."""
    model = json.loads(_native.own_json(buffers))
    return next((row for row in model["devices"] if row["id"] == device), None), model.get("buffers", [])


class LargestMade:
    """The largest buffer of each kind that this process has made: of those that live at the first look, and of every one made since.

    An event that was overwritten before it was read is not seen, so the figure can be too small where a thread makes thousands of buffers between two looks.
    """

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds
        self._events = _native.OwnEvents()
        self._largest: dict[tuple[int, str], int] = {}
        self._began = False

    def _note(self, device: int | None, kind: str | None, total: int) -> None:
        if device is not None and kind is not None and kind in self._kinds:
            self._largest[device, kind] = max(total, self._largest.get((device, kind), 0))

    def look(self, device: int) -> None:
        if not self._began:
            _, buffers = own_row(device, True)
            for buffer in buffers:
                for each in buffer["devices"]:
                    self._note(each, buffer["kind"], buffer["allocated_bytes"])
            self._began = True
        for what, kind, _, total, _, devices in self._events.take()[0]:
            if what == "allocate":
                for each in devices:
                    self._note(each, kind, total)

    def per_bank(self, device: int, kind: str, banks: int) -> int:
        """Bytes that it takes in each bank; 0: none was made."""
        return self._largest.get((device, kind), 0) // banks


class Growth(NamedTuple):
    """How a kind of memory grew over the last steps."""

    held: int
    """The most held in the last step, in bytes."""
    a_step: int
    """By how much it grew in a step, on average."""
    steps_left: int
    """After how many more steps like these it is full."""


class Steps:
    """The most that was held of each kind in each step."""

    def __init__(self) -> None:
        self._window = _native.PeakWindow()
        self._peaks: dict[tuple[int, str], list[int]] = {}

    def end(self, device: int, kinds: Sequence[Kind]) -> None:
        """A step has ended."""
        for kind in kinds:
            held = self._window.bytes(device, kind)
            peaks = self._peaks.setdefault((device, kind), [])
            peaks.append(_native.memory_allocated(device, kind) if held is None else held)
            del peaks[: -LOOKED_BACK - 1]
        self._window.restart()

    def growth(self, device: int, kind: str, capacity: int) -> Growth | None:
        """None: it did not grow in each of the last steps, or there were too few."""
        peaks = self._peaks.get((device, kind), [])
        if len(peaks) <= LOOKED_BACK or any(after <= before for before, after in zip(peaks, peaks[1:])):
            return None
        a_step = (peaks[-1] - peaks[0]) // (len(peaks) - 1)
        return Growth(peaks[-1], a_step, max(0, capacity - peaks[-1]) // a_step) if a_step > 0 else None

    def close(self) -> None:
        self._window.close()
