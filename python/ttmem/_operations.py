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
from types import FrameType, ModuleType
from typing import Any

from . import _native, _scope

VARIABLE = "TT_ALLOC_OPERATIONS"  # as _ttmem_switch.py knows it, which must not import the package to ask for it
_CLASSES = ("FastOperation", "Operation")
_OFF, _ON = ("", "0", "off", "false", "no"), ("1", "on", "true", "yes")
_MOST_LINES = 9

Place = tuple[str, int]  # file, line

_stood_in: list[tuple[type, Any]] = []  # each class and its own __call__


class _Thread(threading.local):
    busy = False  # in an operation


_thread = _Thread()


def lines_of(value: str) -> int | None:
    """The number of lines after an operation's name that the variable asks for; None: operations are not named. Raises ValueError for other values."""
    if value in _OFF:
        return None
    if value in _ON:
        return 0
    word, _, number = value.partition(":")
    if word == "lines" and (value == word or (number.isdecimal() and 1 <= int(number) <= _MOST_LINES)):
        return int(number or 1)
    raise ValueError(f"{VARIABLE}={value} is none of 1 (names), lines (names and the line), lines:2 to lines:{_MOST_LINES} (and its callers') and 0")


def follow_environment(module: ModuleType) -> None:
    """Names operations as the variable says. `module`: ttnn.decorators, which has the classes of operations."""
    name_operations(lines_of(os.environ.get(VARIABLE, "")), module)


def name_operations(lines: int | None, module: ModuleType | None = None) -> None:
    """Names the operations of `module` with so many lines. Without lines or module everything is put back."""
    while _stood_in:
        class_, call = _stood_in.pop()
        setattr(class_, "__call__", call)
    if lines is None or module is None:
        return
    folder = os.path.dirname(os.path.abspath(str(module.__file__))) + os.sep
    for name in _CLASSES:
        owner = getattr(module, name, None)
        if owner is not None and (call := vars(owner).get("__call__")) is not None:
            _stood_in.append((owner, call))
            setattr(owner, "__call__", _naming(call, _Callers(folder, lines)))
    if not _stood_in:
        raise RuntimeError(f"{module.__name__} has no class of operations that is known here")


class _Callers:
    """Where in the program a call comes from: the innermost frames that are not ttnn's own."""

    def __init__(self, folder: str, most: int) -> None:
        self._folder = folder
        self._most = most
        self._of_ttnn: dict[str, bool] = {}  # by file

    def places(self, frame: FrameType | None) -> tuple[Place, ...]:
        found: list[Place] = []
        while frame is not None and len(found) < self._most:
            file = frame.f_code.co_filename
            of_ttnn = self._of_ttnn.get(file)
            if of_ttnn is None:
                of_ttnn = self._of_ttnn[file] = os.path.abspath(file).startswith(self._folder)
            if not of_ttnn:
                found.append((file, frame.f_lineno))
            frame = frame.f_back
        return tuple(found)


def _text(place: Place) -> str:
    """"models/attention.py:42": from the working directory on, else the file and its folder."""
    path = os.path.abspath(place[0])
    below = os.path.relpath(path)
    return f"{below if not below.startswith(os.pardir) else os.sep.join(path.split(os.sep)[-2:])}:{place[1]}"


def _naming(call: Callable[..., Any], callers: _Callers) -> Callable[..., Any]:
    numbers: dict[tuple[str, str | None, tuple[Place, ...]], tuple[int, str]] = {}

    @functools.wraps(call)
    def named(self: Any, *arguments: Any, **keywords: Any) -> Any:
        if _thread.busy:
            return call(self, *arguments, **keywords)
        key = (self.python_fully_qualified_name, _scope.current(), callers.places(sys._getframe(1)))
        known = numbers.get(key)
        if known is None:
            operation, region, places = key
            full = (f"{region}/" if region else "") + operation + (f" ({' < '.join(map(_text, places))})" if places else "")
            known = (_native.name_context(full), full)
            if known[0] == 0:  # nothing is tracked, or there are no names left: it stays in its region
                return call(self, *arguments, **keywords)
            numbers[key] = known
        if _scope.listeners:
            _scope.tell(known[1])
        _thread.busy = True
        before = _native.set_context(known[0])
        try:
            return call(self, *arguments, **keywords)
        finally:
            if _scope.listeners:
                _scope.tell(_scope.current())
            _native.set_context(before)
            _thread.busy = False

    return named
