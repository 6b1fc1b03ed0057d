# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Names for what is allocated where."""
from __future__ import annotations

import functools
import inspect
import os
import threading
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar, cast

from . import _native

_Function = TypeVar("_Function", bound=Callable[..., Any])

_numbers: dict[str, int] = {}  # names that the ledger knows; they stay good in forked children


@dataclass
class _Entry:
    owner: scope
    name: str  # with those around it
    number: int


class _Thread(threading.local):
    def __init__(self) -> None:
        self.entries: list[_Entry] = []
        self.outside = 0  # what the thread's allocations were tagged with before the first


_thread = _Thread()

listeners: list[Callable[[], None]] = []  # called by a thread whose scope is about to change
step_listeners: list[Callable[[], None]] = []  # called by a thread that has begun a step
for _all in (listeners, step_listeners):
    os.register_at_fork(after_in_child=_all.clear)  # they watch the parent, and one of its threads may be in the middle of it
del _all


def _tell() -> None:
    for listener in tuple(listeners):
        listener()


class scope:
    """Tags what the calling thread allocates and launches inside with a name.

        with ttmem.scope("decoder"):
            with ttmem.scope("attention"):
                scores = ttnn.matmul(q, k)      # scope "decoder/attention"

    It is also a decorator, of functions and of `async def` functions. `memory_snapshot()`, `ttmem snapshot --buffers --json` and failing tests
    name the scope of each buffer. Where nothing is tracked it does nothing. A name may be used any number of times; of different ones a process
    can have 65,535.

    A `with` block tags what its thread does until it ends. So do not `await` or `yield` in one: what other tasks do meanwhile would carry the
    name too. A decorated `async def` function tags what it does itself, and nothing while it waits.
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"a scope's name is text, not {name!r}")
        if not name:
            raise ValueError("a scope needs a name")
        self.name = name

    def __enter__(self) -> scope:
        entries = _thread.entries
        full = entries[-1].name + "/" + self.name if entries else self.name
        number = _numbers.get(full, 0)
        if number == 0:
            number = _native.name_context(full)
            if number != 0:
                _numbers[full] = number
        _tell()
        before = _native.set_context(number)
        if not entries:
            _thread.outside = before
        entries.append(_Entry(self, full, number))
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        # The last one of this scope's, and mostly the last of all; else blocks of several tasks or generators overlap.
        entries = _thread.entries
        place = next((place for place in reversed(range(len(entries))) if entries[place].owner is self), None)
        if place is None:  # entered in another thread
            return
        del entries[place]
        if place == len(entries):
            _tell()
            _native.set_context(entries[-1].number if entries else _thread.outside)

    def __call__(self, function: _Function) -> _Function:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def stepwise(*arguments: Any, **named: Any) -> Any:
                return await _Steps(self.name, function(*arguments, **named))

            return cast(_Function, stepwise)

        @functools.wraps(function)
        def inside(*arguments: Any, **named: Any) -> Any:
            with scope(self.name):
                return function(*arguments, **named)

        return cast(_Function, inside)


class _Steps:
    """A coroutine that is in a scope while it runs, and not while it waits."""

    def __init__(self, name: str, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._name = name
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        step: Callable[[], Any] = functools.partial(self._coroutine.send, None)
        while True:
            try:
                with scope(self._name):
                    waits_for = step()
            except StopIteration as done:
                return done.value
            try:
                step = functools.partial(self._coroutine.send, (yield waits_for))
            except BaseException as error:  # the task is cancelled, or what it waited for failed; GeneratorExit: it is dropped
                step = functools.partial(self._coroutine.throw, error)


region = scope  # its name until 0.1; goes with 0.3


def step(name: str = "") -> int:
    """Marks that a step of the program begins: an iteration, a token, a request. Its number, from 1 in each process; 0 while nothing is tracked.

        for batch in batches:
            ttmem.step()
            train(batch)

    A recording keeps the marks: `ttmem report` then says what grows from step to step by these steps, in which one each peak was, and with
    `--at step:140` what was held as that one began. `ttmem.watch(growth=...)` looks from step to step. `name` is for a program with steps of several kinds; of different names a process can have 65,535,
    those of scopes included.
    """
    if not isinstance(name, str):
        raise TypeError(f"a step's name is text, not {name!r}")
    number = _native.step(name)
    for listener in tuple(step_listeners):
        listener()
    return number
