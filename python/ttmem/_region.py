# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Names for what is allocated where."""
from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

from . import _native

_Function = TypeVar("_Function", bound=Callable[..., Any])

_numbers: dict[str, int] = {}  # names that the ledger knows; they stay good in forked children


class _Thread(threading.local):
    def __init__(self) -> None:
        self.names: list[tuple[str, int]] = []  # (full name, number that was there before)


_thread = _Thread()

listeners: list[Callable[[str | None], None]] = []  # called by a thread whose region is about to change, with the one that it will have
os.register_at_fork(after_in_child=listeners.clear)  # they watch the parent, and one of its threads may be in the middle of it


def current() -> str | None:
    """The full name of the calling thread's region."""
    return _thread.names[-1][0] if _thread.names else None


class region:
    """Tags what the calling thread allocates and launches inside with a name.

        with ttmem.region("decoder"):
            with ttmem.region("attention"):
                scores = ttnn.matmul(q, k)      # region "decoder/attention"

    It is also a decorator. `memory_snapshot()`, `ttmem snapshot --buffers --json` and failing tests name the region of each buffer. Where
    nothing is tracked it does nothing. A name may be used any number of times; of different ones a process can have 65,535.
    """

    def __init__(self, name: str) -> None:
        if not name:
            raise ValueError("a region needs a name")
        self.name = name

    def __enter__(self) -> region:
        outer = _thread.names[-1][0] + "/" if _thread.names else ""
        full = outer + self.name
        number = _numbers.get(full, 0)
        if number == 0:
            number = _native.name_context(full)
            if number != 0:
                _numbers[full] = number
        for listener in tuple(listeners):
            listener(full)
        _thread.names.append((full, _native.set_context(number)))
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        number = _thread.names.pop()[1]
        for listener in tuple(listeners):
            listener(current())
        _native.set_context(number)

    def __call__(self, function: _Function) -> _Function:
        @functools.wraps(function)
        def inside(*arguments: Any, **named: Any) -> Any:
            with region(self.name):
                return function(*arguments, **named)

        return cast(_Function, inside)
