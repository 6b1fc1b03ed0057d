# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Which buffers were held when a stretch of the program held most, those that are gone by its end included."""
from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from . import _native, _scope

Row = dict[str, Any]  # of a buffer: id, kind, allocated_bytes, region; of one that is there also what memory_snapshot() says of it


class _Held:
    """The buffers of one kind on one device: now, as a difference from the moment at which they were most."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.at_peak: dict[int, Row] = {row["id"]: row for row in rows}
        self._now = self._most = sum(row["allocated_bytes"] for row in self.at_peak.values())
        self._came: dict[int, Row] = {}
        self._went: set[int] = set()

    def came(self, row: Row) -> None:
        self._came[row["id"]] = row
        self._now += row["allocated_bytes"]
        if self._now > self._most:
            self._most = self._now
            for id_ in self._went:
                self.at_peak.pop(id_, None)
            self.at_peak.update(self._came)
            self._went.clear()
            self._came.clear()

    def went(self, id_: int, size: int) -> None:
        self._now -= size
        if self._came.pop(id_, None) is None:
            self._went.add(id_)


class Changes:
    """Follows what is allocated and freed, from the moment at which it is made to stop().

    The ledger keeps a bounded number of events. So they are read whenever a thread's scope is about to change, too.
    """

    def __init__(self, before: Mapping[int, Any]) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[int, str], _Held] = {}
        self.missed = False  # more happened than the ledger keeps
        rows: dict[tuple[int, str], list[Row]] = {}
        for row in before.values():
            for device in row["devices"]:
                rows.setdefault((device, row["kind"]), []).append(dict(row))
        for key, those in rows.items():
            self._held[key] = _Held(those)
        self._events = _native.OwnEvents()
        _scope.listeners.append(self._read)

    def stop(self) -> None:
        """From here on the answer stays."""
        _scope.listeners.remove(self._read)
        self._read()

    def at_peak(self, device: int, kind: str) -> list[Row]:
        """The buffers that were held when they were most."""
        held = self._held.get((device, kind))
        rows = [] if held is None else list(held.at_peak.values())
        made = [row for row in rows if "context" in row]
        for row, region in zip(made, _native.own_regions([row["context"] for row in made])):
            row["region"] = region
            del row["context"]
        return rows

    def _read(self) -> None:
        with self._lock:
            self._take()

    def _take(self) -> None:
        events, missed = self._events.take()
        self.missed = self.missed or missed > 0
        for type_, kind, id_, size, context, devices in events:
            if kind is None or type_ not in ("allocate", "free"):
                continue
            for device in devices:
                held = self._held.setdefault((device, kind), _Held([]))
                if type_ == "free":
                    held.went(id_, size)
                else:
                    held.came({"id": id_, "kind": kind, "allocated_bytes": size, "context": context})
