# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Names tensors after the place that they have in a model."""
from __future__ import annotations

import types
from collections import deque
from collections.abc import Iterator
from typing import Any

from . import _native, _raw
from ._tensors import Buffers

_MOST_DEPTH = 32
_MOST_OBJECTS = 500_000

# Where torch and others keep what reads as an attribute of the module: the name of the store is no part of the path.
_STORES = frozenset({"_modules", "_parameters", "_buffers"})
# Of no model's making: a way out of it into everything that is loaded.
_OUTSIDE = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.FrameType, types.CodeType, types.TracebackType)


def _joined(path: str, key: Any) -> str:
    if type(key) is str:
        step = key
    elif type(key) in (bool, float) or (type(key) is int and key.bit_length() <= 64):
        step = str(key)
    else:
        step = "*"  # of a set, or a key whose text would be the program's own
    return f"{path}.{step}" if path else step


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    """The values in an object, each with its key or name."""
    for name, held in _raw.attributes(value):
        if name in _STORES and _raw.is_a(held, dict):
            yield from _raw.elements(held)
        else:
            yield name, held
    yield from _raw.elements(value)


def label(model: Any, name: str = "") -> int:
    """Names the device memory of every ttnn tensor in a model after its path: `layers.3.attention.wq`. Gives how many buffers have a name now.

    `model`: a module of any framework, a dict, list, dataclass or any other object, a Python module, or a tensor. `name` stands before every path. Names
    show in `memory_snapshot()`, `ttmem snapshot --buffers`, `ttmem l1`, `ttmem why` and view 4 of the monitor, to the owner of the process alone. A tensor that
    is found twice has the shorter path; a name is lost with its buffer, so tensors that are made later, or moved, need another call.

    Only what objects hold is read (instance dictionaries, slots, built-in containers): no property or other code of the program's runs. It looks 32 steps deep,
    at 500,000 objects at most, and follows no module, class or function that a model refers to. Raises NotTrackedError where nothing tracks this process.
    """
    if type(name) is not str:
        raise TypeError(f"a name is text, not {type(name).__name__}")
    _native.device_number(None)
    buffers = Buffers()
    named: dict[int, str] = {}
    seen = {id(model)}
    waiting: deque[tuple[str, Any, int]] = deque([(name, model, 0)])
    while waiting and len(seen) < _MOST_OBJECTS:
        path, value, depth = waiting.popleft()
        if buffers.is_tensor(value):
            for number in buffers.ids_of(value):
                named.setdefault(number, path or "tensor")
            continue
        if depth == _MOST_DEPTH:
            continue
        for key, part in _parts(value):
            if type(part) in _raw.ATOMS or id(part) in seen or any(_raw.is_a(part, outside) for outside in _OUTSIDE):
                continue
            seen.add(id(part))
            waiting.append((_joined(path, key), part, depth + 1))
    return sum(_native.label_buffer(number, path.encode("utf-8", "replace").decode()) for number, path in named.items())
