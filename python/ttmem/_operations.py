# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Names what ttnn's operations allocate and launch after the operation, and on request after the line that called it.

Stands in at `__call__` of ttnn's two classes of operations (ttnn/decorators.py, 0.65 to 0.81), where ttnn itself does so for its own tracing. An
operation that calls others is one: what the program called is what it knows.
"""
from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import _ttmem_switch  # type: ignore[import-untyped]  # a single file has no place for a mark

from . import _native, _region

VARIABLE = _ttmem_switch.OPERATIONS
_CLASSES = ("FastOperation", "Operation")
_MODES = {"": None, "0": None, "off": None, "false": None, "no": None, "1": "names", "on": "names", "true": "names", "yes": "names", "lines": "lines"}

_stood_in: list[tuple[type, Any]] = []  # each class and its own __call__


class _Thread(threading.local):
    busy = False  # in an operation


_thread = _Thread()


def mode_of_environment() -> str | None:
    """None, "names" or "lines". Raises ValueError for what is none of them."""
    value = os.environ.get(VARIABLE, "")
    if value not in _MODES:
        raise ValueError(f"{VARIABLE}={value} is none of 1 (names), lines (names and lines) and 0")
    return _MODES[value]


def is_imported() -> bool:
    """Whether the program has ttnn's operations."""
    return _ttmem_switch.MODULE in sys.modules


def follow_environment() -> None:
    """Names operations as the variable says. ttnn.decorators is imported."""
    name_operations(mode_of_environment())


def name_operations(mode: str | None) -> None:
    """None puts everything back. ttnn.decorators is imported."""
    while _stood_in:
        class_, call = _stood_in.pop()
        setattr(class_, "__call__", call)
    if mode is None:
        return
    module = sys.modules[_ttmem_switch.MODULE]
    folder = os.path.dirname(os.path.abspath(str(module.__file__))) + os.sep
    for name in _CLASSES:
        owner = getattr(module, name, None)
        if owner is not None and (call := vars(owner).get("__call__")) is not None:
            _stood_in.append((owner, call))
            setattr(owner, "__call__", _naming(call, _Callers(folder) if mode == "lines" else None))
    if not _stood_in:
        raise RuntimeError(f"{_ttmem_switch.MODULE} has no class of operations that is known here")


class _Callers:
    """Where in the program a call comes from: the first frame that is not ttnn's own."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._of_ttnn: dict[CodeType, bool] = {}

    def place(self, frame: FrameType | None) -> tuple[CodeType, int] | None:
        while frame is not None:
            code = frame.f_code
            of_ttnn = self._of_ttnn.get(code)
            if of_ttnn is None:
                of_ttnn = self._of_ttnn[code] = os.path.abspath(code.co_filename).startswith(self._folder)
            if not of_ttnn:
                return code, frame.f_lineno
            frame = frame.f_back
        return None


def _text(place: tuple[CodeType, int]) -> str:
    """"models/attention.py:42": from the working directory on, else the file and its folder."""
    path = os.path.abspath(place[0].co_filename)
    below = os.path.relpath(path)
    return f"{below if not below.startswith(os.pardir) else os.sep.join(path.split(os.sep)[-2:])}:{place[1]}"


def _naming(call: Callable[..., Any], callers: _Callers | None) -> Callable[..., Any]:
    numbers: dict[tuple[str, str | None, tuple[CodeType, int] | None], tuple[int, str]] = {}

    @functools.wraps(call)
    def named(self: Any, *arguments: Any, **keywords: Any) -> Any:
        if _thread.busy:
            return call(self, *arguments, **keywords)
        key = (self.python_fully_qualified_name, _region.current(), callers.place(sys._getframe(1)) if callers is not None else None)
        known = numbers.get(key)
        if known is None:
            operation, region, place = key
            full = (f"{region}/" if region else "") + operation + (f" ({_text(place)})" if place is not None else "")
            known = (_native.name_context(full), full)
            if known[0] == 0:  # nothing is tracked, or there are no names left: it stays in its region
                return call(self, *arguments, **keywords)
            numbers[key] = known
        if _region.listeners:
            _region.tell(known[1])
        _thread.busy = True
        before = _native.set_context(known[0])
        try:
            return call(self, *arguments, **keywords)
        finally:
            if _region.listeners:
                _region.tell(_region.current())
            _native.set_context(before)
            _thread.busy = False

    return named
