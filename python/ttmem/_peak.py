# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The most memory held at once within a block of code."""
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

from . import _native
from .types import KINDS, Device, Kind

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Peak:
    """The result of a `peak()` block. While the block runs, the result so far."""

    def __init__(self, device: Device = None) -> None:
        self._device = device
        self._window = _native.PeakWindow()
        self._start = {kind: _native.memory_allocated(device, kind) for kind in KINDS}

    def bytes(self, kind: Kind = "dram", device: Device = None) -> int | None:
        """The most bytes of a kind that were held at once, counting what was there before the block.

        None where it cannot be known: several allocators (a mesh and its submesh) held bytes on the chip at overlapping times.
        """
        return self._window.bytes(self._device if device is None else device, kind)

    def increase(self, kind: Kind = "dram") -> int | None:
        """How far the peak lies above what was held as the block began."""
        most = self.bytes(kind)
        return None if most is None else most - self._start[kind]

    @property
    def dram(self) -> int | None:
        """`bytes("dram")`."""
        return self.bytes("dram")

    @property
    def l1(self) -> int | None:
        """`bytes("l1")`."""
        return self.bytes("l1")

    def __repr__(self) -> str:
        return "Peak(" + ", ".join(f"{kind}={self.bytes(kind)}" for kind in KINDS) + ")"


class peak:
    """Measures the peak within a block; blocks may be nested and may overlap between threads.

        with ttmem.peak() as most:
            output = model(inputs)
        print(most.dram, most.increase("dram"))

        @ttmem.peak(report=print)
        def step(inputs): ...              # or async def

    As a decorator it calls `report` with the `Peak` of each call, also when the call raises; the last one is the function's attribute
    `peak`. The peak counts everything that the process holds, by any thread, from the first moment of the block to its last.
    """

    def __init__(self, device: Device = None, report: Callable[[Peak], Any] | None = None) -> None:
        self._device = device
        self._report = report
        self._open: list[Peak] = []

    def __enter__(self) -> Peak:
        self._open.append(Peak(self._device))
        return self._open[-1]

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        found = self._open.pop()
        found._window.close()
        if self._report is not None:
            self._report(found)

    def __call__(self, function: _Function) -> _Function:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*arguments: Any, **named: Any) -> Any:
                with peak(self._device, self._report) as found:
                    setattr(awaited, "peak", found)
                    return await function(*arguments, **named)

            return cast(_Function, awaited)

        @functools.wraps(function)
        def measured(*arguments: Any, **named: Any) -> Any:
            with peak(self._device, self._report) as found:
                setattr(measured, "peak", found)
                return function(*arguments, **named)

        return cast(_Function, measured)
