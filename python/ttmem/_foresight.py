# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""What a watcher sees coming: memory that grows from step to step."""
from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from . import _native
from .types import Kind

LOOKED_BACK = 5
"""Steps that growth is judged by: as many in a row have to hold more than the one before."""


def own_row(device: int) -> dict[str, Any] | None:
    """This process's figures of a chip; None where it has not opened it."""
    return next((row for row in json.loads(_native.own_json(False))["devices"] if row["id"] == device), None)


class Growth(NamedTuple):
    """How a kind of memory grew over the last steps."""

    held: int
    """The most held in the last step, in bytes."""
    a_step: int
    """By how much it grew in a step, on average."""
    capacity: int
    """What can be held."""
    steps_left: int
    """After how many more steps like these it is full."""


class Steps:
    """The most that was held of each kind in each step: from one call of ttmem.step() to the next."""

    def __init__(self) -> None:
        self._window = _native.PeakWindow()
        self._peaks: dict[tuple[int, str], list[int]] = {}
        self._begun = False

    def begin(self, device: int, kinds: Sequence[Kind]) -> None:
        """A step begins, and with it the one before has ended."""
        for kind in kinds if self._begun else ():
            held = self._window.bytes(device, kind)
            peaks = self._peaks.setdefault((device, kind), [])
            peaks.append(_native.memory_allocated(device, kind) if held is None else held)
            del peaks[: -LOOKED_BACK - 1]
        self._begun = True
        self._window.restart()

    def growth(self, device: int, kind: Kind) -> Growth | None:
        """None: it did not grow in each of the last steps, there were too few, or its capacity is unknown."""
        peaks = self._peaks.get((device, kind), [])
        if len(peaks) <= LOOKED_BACK or any(after <= before for before, after in zip(peaks, peaks[1:])):
            return None
        figures = _native.own_figures(device, kind)  # only now: it may read a list of buffers
        capacity = figures[1] if figures is not None else None
        a_step = (peaks[-1] - peaks[0]) // (len(peaks) - 1)
        if not capacity or a_step == 0:
            return None
        return Growth(peaks[-1], a_step, capacity, max(0, capacity - peaks[-1]) // a_step)

    def close(self) -> None:
        self._window.close()
