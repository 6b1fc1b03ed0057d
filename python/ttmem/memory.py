# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The names of `torch.cuda.memory` that keep and dump a history, for programs that have them: change `torch.cuda.memory` to `ttmem.memory`.

    ttmem.memory._record_memory_history()
    ...
    ttmem.memory._dump_snapshot("history.pickle")      # for pytorch.org/memory_viz
    ttmem.memory._record_memory_history(enabled=None)

The history is a recording (docs/recording.md) in a folder of this process alone, which goes with it.
"""
from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile

from . import _native
from ._programs import program
from ._questions import (
    get_memory_info,
    max_memory_reserved,
    mem_get_info,
    memory_reserved,
    memory_snapshot,
    memory_stats,
    memory_summary,
    reset_peak_memory_stats,
)
from ._record import Recording
from ._snapshot import dump_snapshot
from ._tracking import enable

max_memory_allocated = _native.max_memory_allocated
memory_allocated = _native.memory_allocated

__all__ = ["_dump_snapshot", "_record_memory_history", "get_memory_info", "max_memory_allocated", "max_memory_reserved", "mem_get_info", "memory_allocated", "memory_reserved",
           "memory_snapshot", "memory_stats", "memory_summary", "reset_peak_memory_stats"]

_BYTES_OF_AN_ENTRY = 16  # of a recording, at most: most events take less than one
_LEAST_BYTES = 1 << 20


class _History:
    """A recording in a folder of its own."""

    def __init__(self, max_entries: int | None) -> None:
        self.max_entries = max_entries
        self._pid = os.getpid()
        self._folder = tempfile.mkdtemp(prefix="ttmem-history.")
        self.path = os.path.join(self._folder, "history.ttrec")
        size = None if max_entries is None else max(_LEAST_BYTES, max_entries * _BYTES_OF_AN_ENTRY)
        self._recording = Recording(self.path, max_size=size)
        try:
            self._recording.start()
        except BaseException:
            self.remove()
            raise

    def stop(self) -> None:
        self._recording.stop()

    def remove(self) -> None:
        """Not in a child that was forked: the folder is its parent's."""
        if os.getpid() == self._pid:
            self.stop()
            shutil.rmtree(self._folder, ignore_errors=True)


_history: _History | None = None


def _forget() -> None:
    global _history
    history, _history = _history, None
    if history is not None:
        history.remove()


atexit.register(_forget)


def _record_memory_history(enabled: str | bool | None = "all", *, context: str | None = "all", stacks: str = "all", max_entries: int | None = None,
                           device: object = None, clear_history: bool = False) -> None:
    """Begins a history of all allocations and frees, with stacks, as `torch.cuda.memory._record_memory_history`; None or False ends it.

    "state" keeps no history: it turns tracking on alone. `max_entries` keeps about so many of the latest events, or more. `context`, `stacks` and `device`
    choose nothing here: every entry has its stack, and devices are all recorded. A history that has begun goes on, unless `clear_history`.
    """
    global _history
    if enabled not in ("all", "state", True, False, None):
        raise ValueError(f"enabled is 'all', 'state' or None, not {enabled!r}")
    if max_entries is not None and max_entries >= 1 << 40:
        max_entries = None  # torch's default, sys.maxsize
    if not enabled or enabled == "state" or clear_history:
        _forget()
    if enabled == "state":
        enable()
    elif enabled and (_history is None or _history._pid != os.getpid()):
        _history = _History(max_entries)


def _dump_snapshot(filename: str | os.PathLike[str] = "dump_snapshot.pickle") -> None:
    """Writes the history for pytorch.org/memory_viz; without one, what is held now, as `ttmem.dump_snapshot`.

    A later dump has the history since this one. The file has mode 0600; raises FileExistsError where there is one.
    """
    global _history
    if _history is None or _history._pid != os.getpid():
        dump_snapshot(filename)
        return
    path = os.path.abspath(os.fspath(filename))
    if os.path.lexists(path):
        raise FileExistsError(f"{path} exists already, and a snapshot never overwrites a file")
    history, _history = _history, None
    history.stop()
    try:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("TT_ALLOC_", "LD_"))}
        done = subprocess.run([program(), "export", "--to", "memory_viz", "-o", path, history.path], env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip() or "ttmem export failed")
    finally:
        history.remove()
        _history = _History(history.max_entries)
