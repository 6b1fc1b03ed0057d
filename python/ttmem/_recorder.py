# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Starts and ends the recorder of this process, which is no child of it (docs/recording.md)."""
from __future__ import annotations

import io
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


def _environment() -> list[bytes]:
    return [
        os.fsencode(f"{name}={value}")
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
        with os.fdopen(read, "rb", buffering=0) as pipe:
            try:
                command = [program(), "record", "-o", self.path.replace("%", "%%"), *words, *self._options]
                pid = _native.start_detached(os.fsencode(program()), list(map(os.fsencode, command)), _environment(), write)
            finally:
                os.close(write)
            try:
                self._process = _native.process_descriptor(pid)
            except BaseException:
                os.kill(pid, signal.SIGTERM)
                raise
            try:
                said = _first_line(pipe)
                if " is recorded in " not in said:
                    raise RuntimeError(said or f"{program()} did not begin to record")
            except BaseException:
                if self._process >= 0:
                    _native.end_process(self._process)
                self.close()
                raise

    def stop(self) -> None:
        """Ends the recording; the file is complete then. Nothing happens if it has ended. Raises TimeoutError where the recorder does not end."""
        if self._process is None:
            return
        ended = True
        if self._process >= 0:
            _native.end_process(self._process)
            ended = _readable(self._process, _PATIENCE_S)
        self.close()
        if not ended:
            raise TimeoutError(f"the recorder of {self.path} has not ended after {_PATIENCE_S:.0f} s; what was written before is good")

    def close(self) -> None:
        if self._process is not None and self._process >= 0:
            os.close(self._process)
        self._process = None


def _readable(descriptor: int, seconds: float) -> bool:
    """Whether it is within so many seconds. Not select(), which takes no descriptor above 1023."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(max(0.0, seconds) * 1000))


def _first_line(pipe: io.RawIOBase) -> str:
    """The first line that the recorder prints; it goes on without a reader."""
    said = b""
    deadline = time.monotonic() + _PATIENCE_S
    while b"\n" not in said and _readable(pipe.fileno(), deadline - time.monotonic()):
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
