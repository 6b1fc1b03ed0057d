# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Recording this process into a file from inside (docs/recording.md)."""
from __future__ import annotations

import os
from types import TracebackType

from . import _native
from ._recorder import RING_EVENTS, RING_VARIABLE, Recorder
from ._tracking import enable, is_tracking


class Recording(Recorder):
    """A recording that is being written. Use it as a context manager, or call `start()` and `stop()`."""

    def start(self) -> Recording:
        """Begins. Raises RuntimeError with the recorder's reason, FileExistsError where there is such a file already.

        Before the first device is opened, nothing is missing. Later, what is held already is the beginning.
        """
        if self._process is not None:
            raise RuntimeError("this recording has begun already")
        if not is_tracking():
            enable()
        late = bool(_native.generation())  # there is a ledger, with rings of the length that they have
        if not late:
            os.environ.setdefault(RING_VARIABLE, RING_EVENTS)
        self.begin(["--pid", str(os.getpid()), *([] if late else ["--from-start"])])
        return self

    def __enter__(self) -> Recording:
        return self if self._process is not None else self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def record(path: str | os.PathLike[str], *, max_size: int | str | None = None, redact: bool = False) -> Recording:
    """Everything that this process allocates and frees on devices from now on, written into a file: `with ttmem.record("run.ttrec"): ...`

    `path` is never overwritten and follows no link; "%p" in it is this process's pid. Another process writes it, which is no child of this
    one; it ends with this process, or with `stop()`. `max_size` ("64M", or bytes) keeps the latest; `redact` leaves out command line, folders
    of paths, labels and texts of exceptions. `ttmem report` reads it. Turns tracking on where it is off.
    """
    return Recording(path, max_size=max_size, redact=redact)
