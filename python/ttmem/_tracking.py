# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Turning tracking on and off from inside the process."""
from __future__ import annotations

import os
import sys

import _ttmem_switch  # type: ignore[import-untyped]

from . import _installed, _native

_VARIABLE = "TT_ALLOC_TRACKING_ENABLED"
_OPERATIONS = "TT_ALLOC_OPERATIONS"
_ON = ("1", "true", "on", "yes")


def _hooks_library() -> str:
    return os.environ.get("TTMEM_HOOKS_LIBRARY") or _installed.path("lib", "libtt_alloc_hooks.so")


def follow_variable() -> None:
    """Loads the hooks where the variable asks for them and no path file did: one of `pip install --target` is read by no interpreter.

    Only before ttnn is here: its libraries have to find the hooks' functions first.
    """
    if os.environ.get(_VARIABLE) in _ON and not _ttmem_switch.has_started() and "ttnn" not in sys.modules:
        _ttmem_switch.start()


def is_tracking() -> bool:
    """Whether this process's device memory is tracked: tracking was asked for, and the library that does it is here."""
    return os.environ.get(_VARIABLE) in _ON and _native.is_connected()


def enable(operations: bool | str | None = None) -> None:
    """Turns tracking on in this process, and in the children that it starts from now on.

    Before `import ttnn` this is the same as having started with TT_ALLOC_TRACKING_ENABLED=1. After it, what is allocated already is listed
    too; programs that were loaded before are unknown until their next launch. Calling it again does nothing but what `operations` asks for.

    `operations`: whether what ttnn's operations allocate and launch is named after them (`region` of `memory_snapshot()`). True: the
    operation ("ttnn.matmul"); "lines": and the line that called it ("ttnn.matmul (model.py:42)"); "lines:3": and two callers of that
    ("... (linear.py:12 < attention.py:42 < model.py:7)"); False: not; None: as the variable TT_ALLOC_OPERATIONS says (1, lines, lines:3 or 0).

    Raises RuntimeError with the reason when it cannot: for example an unknown libtt_metal.so; ValueError for other `operations`.
    """
    asked = os.environ.get(_OPERATIONS, "") if operations is None else str(int(operations)) if isinstance(operations, bool) else operations
    _native.load_hooks(_native.hooks_path() or _hooks_library())
    _native.name_operations(asked)
    if operations is not None:
        os.environ[_OPERATIONS] = asked
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = "1"
    reason = _native.enable_hooks()
    if reason:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
        raise RuntimeError(f"tracking cannot be turned on: {reason}")


def disable() -> None:
    """Turns tracking off in this process and in children that it starts from now on. Everything is put back; nothing is unloaded.

    Calling it where tracking is off does nothing. Raises RuntimeError with the reason when it cannot.
    """
    reason = _native.disable_hooks()
    if reason:
        raise RuntimeError(f"tracking cannot be turned off: {reason}")
    os.environ.pop(_VARIABLE, None)
