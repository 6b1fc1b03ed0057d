# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The committed peaks of a suite: compared with, updated, and said in a summary for a pull request.

    {"schema": 1, "boards": {"n150": {"test_model.py::test_layer": {"dram": 8454144, "l1": 0}}}}

The peaks of a test are those of the chip that held most, in bytes; kinds that a test never used are left out.
"""
from __future__ import annotations

import json
import os
from typing import Any

Peaks = dict[str, int]  # by kind
Boards = dict[str, dict[str, Peaks]]  # by board and test

_KINDS = ("dram", "l1", "l1_small", "trace")


def peaks_of(devices: dict[str, dict[str, dict[str, int | None]]]) -> Peaks:
    """Of the figures of one test (by device and kind): the highest peak of each kind."""
    peaks: Peaks = {}
    for kinds in devices.values():
        for kind, figures in kinds.items():
            peak = figures["peak_bytes"]
            if peak:
                peaks[kind] = max(peaks.get(kind, 0), peak)
    return peaks


def read(path: str) -> Boards:
    """The committed file; empty where there is none yet. ValueError says what is wrong with it."""
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        try:
            whole = json.load(file)
        except ValueError as error:
            raise ValueError(f"{path} is no JSON: {error}") from None
    if not isinstance(whole, dict) or whole.get("schema") != 1 or not isinstance(whole.get("boards"), dict):
        raise ValueError(f"{path} is no baseline: it wants \"schema\": 1 and \"boards\"")
    boards: Boards = {}
    for board, tests in whole["boards"].items():
        boards[board] = {}
        for test, peaks in tests.items():
            if not isinstance(peaks, dict) or not all(kind in _KINDS and isinstance(peak, int) and peak >= 0 for kind, peak in peaks.items()):
                raise ValueError(f"{path}: the peaks of {test} on {board} are not bytes by kind")
            boards[board][test] = peaks
    return boards


def write(path: str, boards: Boards) -> None:
    ordered = {board: dict(sorted(tests.items())) for board, tests in sorted(boards.items())}
    partial = path + ".partial"
    with open(partial, "w", encoding="utf-8") as file:
        json.dump({"schema": 1, "boards": ordered}, file, indent=1)
        file.write("\n")
    os.replace(partial, path)


def update(before: Boards, found: Boards) -> Boards:
    """The old baseline with measured peaks in place of earlier ones; boards and tests that did not run stay."""
    boards = {board: dict(tests) for board, tests in before.items()}
    for board, tests in found.items():
        boards.setdefault(board, {}).update(tests)
    return boards


def above(expected: Peaks, peaks: Peaks, tolerance_percent: float) -> list[str]:
    """A line for each kind whose peak is beyond the tolerance above what was committed."""
    from .sizes import bytes_text

    lines = []
    for kind in _KINDS:
        was, now = expected.get(kind, 0), peaks.get(kind, 0)
        if now > was + was * tolerance_percent / 100:
            lines.append(f"ttmem baseline: {kind} reached {bytes_text(now)} ({now} B), which is {now - was} B above the committed {bytes_text(was)} ({was} B)")
    return lines


def _change(was: int | None, now: int) -> str:
    from .sizes import bytes_text

    if was is None:
        return "new"
    if was == now:
        return "="
    sign = "+" if now > was else "-"
    share = f" ({sign}{abs(now - was) / was * 100:.1f} %)" if was else ""
    return f"{sign}{bytes_text(abs(now - was))}{share}"


def summary(found: list[dict[str, Any]], committed: Boards | None) -> str:
    """Markdown for a pull request: a table of the tests and their peaks for each board, largest change first."""
    from .sizes import bytes_text

    parts = ["## Device memory\n"]
    for result in found:
        board, tests = result["board"], result["tests"]
        failed = sum(test["outcome"] == "failed" for test in tests)
        parts.append(f"### {board}: {len(tests)} measured, {failed} failed\n")
        before = None if committed is None else committed.get(board, {})
        rows = []
        for test in tests:
            peaks = peaks_of(test["devices"])
            was = None if before is None else before.get(test["nodeid"])
            cells = [f"`{test['nodeid']}`".replace("|", "\\|"), test["outcome"]]
            weight = 0
            for kind in ("dram", "l1"):
                now = peaks.get(kind, 0)
                old = None if was is None else was.get(kind, 0)
                weight = max(weight, abs(now - (old or 0)) if before is not None else now)
                cells += [bytes_text(now)] + ([] if before is None else [_change(old, now)])
            rows.append((weight, cells))
        heads = ["test", "outcome", "DRAM peak", "L1 peak"] if before is None else ["test", "outcome", "DRAM peak", "change", "L1 peak", "change"]
        lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
        lines += ["| " + " | ".join(cells) + " |" for _, cells in sorted(rows, key=lambda row: -row[0])]
        parts.append("\n".join(lines) + "\n")
        missing = sorted(set(before or {}) - {test["nodeid"] for test in tests})
        if missing:
            parts.append(f"In the baseline and not run: {', '.join(f'`{name}`' for name in missing)}\n")
    return "\n".join(parts)
