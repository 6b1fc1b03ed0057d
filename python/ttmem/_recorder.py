# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Starts and ends the recorder of this process, which is no child of it (docs/recording.md)."""
from __future__ import annotations

import os
import select
import signal
import sys
import time

from . import _native
from ._programs import program

VARIABLE = "TT_ALLOC_RECORD"
RING_VARIABLE = "TT_ALLOC_RING_EVENTS"
RING_EVENTS = "32768"  # as `ttmem record` sets it
_PATIENCE_S = 30.0
# The recorder keeps TT_ALLOC_LEDGER_DIR, where it looks for the ledger; it must not be tracked, nor load what the program preloads.
_KEPT = ("TT_ALLOC_LEDGER_DIR", "TT_ALLOC_PROCFS_ROOT", "TT_ALLOC_SYSFS_ROOT")


def _environment() -> list[str]:
    return [
        f"{name}={value}"
        for name, value in os.environ.items()
        if name in _KEPT or not (name.startswith(("TT_ALLOC_", "TTMEM_", "LD_", "PYTHON")) or "=" in name)
    ]


class Recorder:
    """A process that writes what this one allocates into a file."""

    def __init__(self, path: str | os.PathLike[str], *, max_size: int | str | None = None, redact: bool = False) -> None:
        self.path = os.path.abspath(os.fspath(path)).replace("%p", str(os.getpid()))
        self._options = [] if max_size is None else ["--max-size", str(max_size)]
        self._options += ["--redact"] if redact else []
        self._process: int | None = None  # a descriptor of the recorder, -1 where it ended at once

    def begin(self, words: list[str]) -> None:
        if os.path.lexists(self.path):
            raise FileExistsError(f"{self.path} exists already, and a recording never overwrites a file")
        read, write = os.pipe()
        try:
            path = self.path.replace("%", "%%")
            pid = _native.start_detached(program(), [program(), "record", "-o", path, *words, *self._options], _environment(), write)
        except BaseException:
            os.close(read)
            raise
        finally:
            os.close(write)
        try:
            self._process = os.pidfd_open(pid)
        except ProcessLookupError:
            self._process = -1
        said = _first_line(read)
        if " is recorded in " not in said:
            self.close()
            raise RuntimeError(said or f"{program()} did not begin to record")

    def stop(self) -> None:
        """Ends the recording; the file is complete then. Nothing happens if it has ended."""
        if self._process is None:
            return
        if self._process >= 0:
            try:
                signal.pidfd_send_signal(self._process, signal.SIGTERM)
            except ProcessLookupError:
                pass
            select.select([self._process], [], [], _PATIENCE_S)
        self.close()

    def close(self) -> None:
        if self._process is not None and self._process >= 0:
            os.close(self._process)
        self._process = None


def _first_line(read: int) -> str:
    """What the recorder says first; it goes on without a reader."""
    said = b""
    deadline = time.monotonic() + _PATIENCE_S
    with os.fdopen(read, "rb", buffering=0) as pipe:
        while b"\n" not in said and select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
            part = pipe.read(4096)
            if not part:
                break
            said += part
    return said.decode(errors="replace").partition("\n")[0]


def start_from_environment() -> None:
    """As TT_ALLOC_RECORD says, for the switch: this process and all that it starts, in one file. Whatever goes wrong is a line on stderr."""
    path = os.environ.pop(VARIABLE, "")  # children are in this process's recording
    if not path:
        return
    try:
        recorder = Recorder(path)
        recorder.begin(["--pid", str(os.getpid()), "--from-start"])
        recorder.close()  # it ends when this process has
    except Exception as error:
        sys.stderr.write(f"ttmem: {error}; this process is not recorded\n")
