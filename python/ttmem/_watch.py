# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Calling back when memory runs short."""
from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NamedTuple

from . import _native
from ._foresight import LOOKED_BACK, Steps, own_row
from ._scope import step_listeners
from .sizes import bytes_text, parse_limit
from .types import KINDS, Device, Kind


class Alert(NamedTuple):
    """Why a watcher called."""

    device: int
    """The chip's number."""
    kind: str
    """The kind of memory, or "headroom"."""
    bytes: int
    """What was reached: the most held since the look before; for "headroom" what is left. By condition: the largest free
    block of a bank, or the most held in the last step."""
    limit: int
    """The threshold, in bytes. By condition: what the largest tensor takes in each bank, or all that there is."""
    message: str
    """All of it as a sentence."""
    condition: str = "threshold"
    """"threshold", "largest_fits" or "growth"."""


class Conditions(NamedTuple):
    """The conditions of a watcher."""

    limits: dict[Kind, int | float]
    headroom: int | None
    largest_fits: tuple[Kind, ...]
    growth: int | None


class Watcher:
    """The object that `watch` returns: looks until it is stopped, or until the block that it guards ends."""

    def __init__(self, callback: Callable[[Alert], Any], conditions: Conditions, device: Device, interval: float) -> None:
        self._callback = callback
        self._limits = conditions.limits
        self._headroom = conditions.headroom
        self._largest_kinds = conditions.largest_fits
        is_part = any(isinstance(limit, float) for limit in conditions.limits.values())
        self._needs_row = is_part or conditions.headroom is not None or bool(conditions.largest_fits)
        self._full_in = conditions.growth
        self._steps = Steps() if conditions.growth is not None else None
        self._device = device
        self._window = _native.PeakWindow()
        self._over: set[str] = set()
        self._look = threading.Lock()
        self._ended = threading.Event()
        self._interval = interval
        self._thread = threading.Thread(target=self._run, name="ttmem.watch", daemon=True)
        self._thread.start()
        if self._steps is not None:
            step_listeners.append(self._step_begins)

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Looks a last time and ends. Calling it again does nothing."""
        if not self._ended.is_set():
            self._ended.set()
            self._check()
            if self._thread is not threading.current_thread():
                self._thread.join()
            self._window.close()
            if self._steps is not None:
                if self._step_begins in step_listeners:  # a forked child has none
                    step_listeners.remove(self._step_begins)
                self._steps.close()

    def check(self) -> None:
        """Looks now, in the calling thread, without waiting for the interval."""
        if not self._ended.is_set():
            self._check()

    def _step_begins(self) -> None:
        if self._ended.is_set():
            return
        with self._look:
            try:
                device = _native.device_number(self._device)
                alerts = self._growing(device) if device >= 0 else []
            except _native.NotTrackedError:
                alerts = []
        self._call(alerts)

    def _run(self) -> None:
        while not self._ended.wait(self._interval):
            self._check()

    def _check(self) -> None:
        with self._look:
            alerts = self._new_alerts()
        self._call(alerts)

    def _call(self, alerts: list[Alert]) -> None:
        for alert in alerts:
            try:
                self._callback(alert)
            except Exception:
                import traceback

                sys.stderr.write("ttmem.watch: the callback failed\n" + traceback.format_exc())

    def _new_alerts(self) -> list[Alert]:
        try:
            device = _native.device_number(self._device)
        except _native.NotTrackedError:
            return []
        found = []
        row = own_row(device) if self._needs_row else None
        peaks = {kind: self._window.bytes(device, kind) for kind in self._limits}
        least = self._window.least_headroom(device) if self._headroom is not None else None
        self._window.restart()
        for kind, given in self._limits.items():
            held = peaks[kind]
            capacity: int | None = None if row is None else row["memory"][kind]["capacity_bytes"]
            if held is None:
                held = _native.memory_allocated(device, kind)
            if not isinstance(given, float):
                limit = given
            elif capacity is not None:
                limit = int(given * capacity)
            else:
                continue
            if self._crossed(kind, held >= limit):
                of = "" if capacity is None else f" of {bytes_text(capacity)}"
                found.append(Alert(device, kind, held, limit, f"device {device} held {bytes_text(held)}{of} {kind}, the limit is {bytes_text(limit)}"))
        if self._headroom is not None:
            now: int | None = None if row is None else row["memory"]["circular_buffers"]["headroom_bytes_per_core"]
            left = min((each for each in (now, least) if each is not None), default=None)
            if self._crossed("headroom", left is not None and left <= self._headroom) and left is not None:
                found.append(Alert(device, "headroom", left, self._headroom,
                                   f"device {device}: {bytes_text(left)} on a core are left between circular buffers and the lowest L1 buffer"))
        return found + self._no_longer_fitting(device, row)

    def _no_longer_fitting(self, device: int, row: dict[str, Any] | None) -> list[Alert]:
        found: list[Alert] = []
        if row is None:
            return found
        for kind in self._largest_kinds:
            free: int | None = row["memory"][kind]["largest_free_bytes_per_bank"]
            largest: int | None = row["memory"][kind]["largest_buffer_bytes_per_bank"]
            if free is None or largest is None:
                continue
            if self._crossed(f"largest {kind}", largest > free):
                found.append(Alert(device, kind, free, largest, f"device {device}: the largest tensor so far takes {bytes_text(largest)} in each bank of {kind}, "
                                   f"and the largest free block is {bytes_text(free)}: another one no longer fits", "largest_fits"))
        return found

    def _growing(self, device: int) -> list[Alert]:
        found: list[Alert] = []
        if self._steps is None or self._full_in is None:
            return found
        self._steps.begin(device, KINDS)
        for kind in KINDS:
            growth = self._steps.growth(device, kind)
            if self._crossed(f"growth {kind}", growth is not None and growth.steps_left <= self._full_in) and growth is not None:
                found.append(Alert(device, kind, growth.held, growth.capacity, f"device {device}: {kind} grows by {bytes_text(growth.a_step)} a step "
                                   f"({LOOKED_BACK} in a row), {bytes_text(growth.held)} of {bytes_text(growth.capacity)} were held: full in {growth.steps_left} steps",
                                   "growth"))
        return found

    def _crossed(self, what: str, over: bool) -> bool:
        was = what in self._over
        (self._over.add if over else self._over.discard)(what)
        return over and not was


def watch(
    callback: Callable[[Alert], Any],
    *,
    dram: int | float | str | None = None,
    l1: int | float | str | None = None,
    l1_small: int | float | str | None = None,
    trace: int | float | str | None = None,
    headroom: int | str | None = None,
    largest_fits: Kind | Sequence[Kind] = (),
    growth: int | None = None,
    device: Device = None,
    interval: float = 0.5,
) -> Watcher:
    """Calls `callback(Alert)` when a kind of memory reaches a threshold; once, until it falls below again.

        with ttmem.watch(lambda alert: print(alert.message), dram=0.9, headroom="64 KiB"):
            train()

    A threshold is a part of what the allocators can hand out (0.9), bytes, or text such as "10 GiB". `headroom` is about the clash of
    circular buffers with L1 buffers: bytes left on a core between the two. A thread looks every `interval` seconds; it compares the most
    that was held, and the least that was left, since it looked before, so that nothing short is missed, and the callback runs in it.

    `largest_fits="dram"` (or several kinds) calls when the largest tensor that the process has ever made of that kind would no longer find room.
    `growth=100` calls when a kind has held more in each of the last 5 steps and is full in at most 100 steps like these; the program says
    with `ttmem.step()` where a step begins, and the callback runs there, in the thread that called it.
    """
    if not callable(callback):
        raise TypeError(f"callback is a function that takes an Alert, not {callback!r}")
    given = {"dram": dram, "l1": l1, "l1_small": l1_small, "trace": trace}
    limits: dict[Kind, int | float] = {kind: parse_limit(value) for kind, value in given.items() if value is not None}  # type: ignore[misc]
    room = None if headroom is None else int(parse_limit(headroom))
    largest: tuple[Kind, ...] = (largest_fits,) if isinstance(largest_fits, str) else tuple(largest_fits)
    if unknown := [kind for kind in largest if kind not in KINDS]:
        raise ValueError(f"largest_fits names kinds of memory: {', '.join(map(repr, KINDS))}, not {unknown[0]!r}")
    if growth is not None and (isinstance(growth, bool) or not isinstance(growth, int)):
        raise TypeError(f"growth is a number of steps, not {growth!r}")
    if growth is not None and growth < 0:
        raise ValueError(f"growth is a number of steps and not negative: {growth}")
    if not limits and room is None and not largest and growth is None:
        raise ValueError("watch needs a condition: dram, l1, l1_small, trace, headroom, largest_fits or growth")
    if interval <= 0:
        raise ValueError("interval is in seconds and above 0")
    return Watcher(callback, Conditions(limits, room, largest, growth), device, interval)
