# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""pytest: budgets and leak checks of device memory, and a report of each test's peak.

    @pytest.mark.limit_device_memory(dram="2 GiB", l1="20 MiB")     fails when the test's peak is above; device= names one chip
    @pytest.mark.no_device_leaks                                    fails when buffers that the test made outlive it; what ttnn's program
                                                                    cache keeps is excepted unless program_cache=True
    pytest --ttmem-report=peaks.json                                the peak of every test
    pytest --ttmem-board=n150,p150                                  the suite on mock boards, without a card (docs/before-you-run.md)
    pytest --ttmem-baseline=peaks.json                              fails a test whose peak is above the committed one
    pytest --ttmem-summary=summary.md                               a table of peaks for a pull request

Tracking is turned on when one of these is used, at the latest as the test's function begins (a fixture or a later plugin may add a mark).
A test is measured while its function runs; what fixtures hold counts, as it takes room. A test with a mark that cannot be measured fails.
"""
from __future__ import annotations

import gc
import json
import os
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from .types import BufferInfo

_MARKS = ("limit_device_memory", "no_device_leaks")
_MEASURING = ("--ttmem-report", "--ttmem-board", "--ttmem-baseline", "--ttmem-summary")
_MOST_NAMED = 10


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ttmem", "device memory")
    group.addoption("--ttmem-report", metavar="FILE", default=None, help="write the peak device memory of each test to FILE, as JSON")
    group.addoption("--ttmem-board", metavar="NAMES", default=None, help="run the suite on these mock boards, separated by commas (see ttmem boards)")
    group.addoption("--ttmem-baseline", metavar="FILE", default=None, help="fail a test whose peak is above that of FILE")
    group.addoption("--ttmem-baseline-update", action="store_true", help="write the peaks of the tests that ran to the baseline instead")
    group.addoption("--ttmem-tolerance", metavar="PERCENT", type=float, default=0.0, help="how far a peak may be above the baseline (default 0)")
    group.addoption("--ttmem-summary", metavar="FILE", default=None, help="append a table of the peaks to FILE, as Markdown")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "limit_device_memory(dram=, l1=, l1_small=, trace=, device=): fail when the test's peak is above a limit")
    config.addinivalue_line("markers", "no_device_leaks(program_cache=False): fail when device buffers that the test made outlive it, with program_cache=True also what ttnn's program cache keeps")
    if not _is_measured(config):
        return
    from ._suite import Suite

    suite = Suite(config)
    if not suite.on_boards:
        _enable(config)
        config.pluginmanager.register(suite, "ttmem-suite")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """With --ttmem-board this process runs no test: each board has a process of its own."""
    if config.getoption("--ttmem-board") is None or hasattr(config, "workerinput") or config.option.help or config.option.version:
        return None
    from ._suite import Suite

    return Suite(config).run_on_boards()


def _is_measured(config: pytest.Config) -> bool:
    """Whether the peak of every test is wanted: by an option, or by the process that runs the suite on boards."""
    return "TTMEM_PYTEST_BOARD" in os.environ or any(config.getoption(option) is not None for option in _MEASURING)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if any(item.get_closest_marker(mark) for item in items for mark in _MARKS):
        _enable(config)


_why_not = pytest.StashKey[str]()


def _enable(config: pytest.Config) -> None:
    from . import enable

    try:
        enable()
    except (OSError, RuntimeError) as error:
        config.stash[_why_not] = str(error)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    limit = item.get_closest_marker("limit_device_memory")
    no_leaks = item.get_closest_marker("no_device_leaks")
    report = _is_measured(item.config)
    if limit is None and no_leaks is None and not report:
        result = yield
        _refuse_late_marks(item, limit, no_leaks)
        return result
    # Marks of fixtures and of plugins that come later were not there at collection. What is held now is listed.
    from . import is_tracking

    if not is_tracking():
        _enable(item.config)
    if _why_not in item.config.stash:
        pytest.fail(f"device memory is not tracked: {item.config.stash[_why_not]}", pytrace=False)
    limits, device = _limits_of(limit)
    with_cache = _counts_program_cache(no_leaks)
    measured = _Measurement(follow=limit is not None)
    problems: list[str] = []
    failed = True
    try:
        result = yield
        failed = False
        if no_leaks is not None:
            problems += measured.leaks(with_cache)
        _refuse_late_marks(item, limit, no_leaks)
        return result
    finally:
        measured.end()
        problems += measured.unknown()
        problems += measured.over(limits, device)
        if report:
            from ._suite import above_baseline, properties_of

            figures = measured.figures()
            item.user_properties.extend(properties_of(figures))
            problems += above_baseline(item, figures)
        if problems and failed:
            item.add_report_section("call", "device memory", "\n".join(problems))  # beside the test's own failure, not in its place
        elif problems:
            pytest.fail("\n".join(problems), pytrace=False)


def _refuse_late_marks(item: pytest.Item, limit: pytest.Mark | None, no_leaks: pytest.Mark | None) -> None:
    """Fails for a mark that the test's own function added: its memory was not measured from the beginning."""
    for name, before in zip(_MARKS, (limit, no_leaks)):
        if before is None and item.get_closest_marker(name) is not None:
            pytest.fail(f"{name} was added while the test ran, which was not measured for it: add it in a fixture or as a decorator", pytrace=False)


def _counts_program_cache(mark: pytest.Mark | None) -> bool:
    if mark is None:
        return False
    if mark.args or set(mark.kwargs) - {"program_cache"} or not isinstance(mark.kwargs.get("program_cache", False), bool):
        pytest.fail(f"no_device_leaks takes program_cache=True or False, not {mark.args or mark.kwargs}", pytrace=False)
    return bool(mark.kwargs.get("program_cache", False))


def _limits_of(mark: pytest.Mark | None) -> tuple[dict[str, int], Any]:
    from .sizes import parse_bytes
    from .types import KINDS

    if mark is None:
        return {}, None
    unknown = set(mark.kwargs) - set(KINDS) - {"device"}
    if mark.args or unknown or not set(mark.kwargs) & set(KINDS):
        pytest.fail(f"limit_device_memory takes {', '.join(kind + '=' for kind in KINDS)} and device=, not {mark.args or sorted(unknown) or 'nothing'}",
                    pytrace=False)
    try:
        return {kind: parse_bytes(mark.kwargs[kind]) for kind in KINDS if kind in mark.kwargs}, mark.kwargs.get("device")
    except (TypeError, ValueError) as error:
        wrong = str(error)
    pytest.fail(f"limit_device_memory: {wrong}", pytrace=False)


class _Measurement:
    """The measurement of a test, from its first line to its last. `follow`: notes the buffers that were held at the peak."""

    def __init__(self, follow: bool) -> None:
        from . import _native
        from ._changes import Changes

        self._native = _native
        self._window = _native.PeakWindow()
        self._before = self._buffers()
        self._changes = Changes(self._before) if follow else None
        self._start = self._held()

    def _model(self, buffers: bool) -> dict[str, Any]:
        return cast("dict[str, Any]", json.loads(self._native.own_json(buffers)))

    def _buffers(self) -> dict[int, BufferInfo]:
        return {row["id"]: row for row in self._model(True).get("buffers", []) if row["allocated_bytes"] > 0 and row["kind"] != "preallocated"}

    def _held(self) -> dict[tuple[int, str], int | None]:
        from .types import KINDS

        return {(row["id"], kind): row["memory"][kind]["allocated_bytes"] for row in self._model(False)["devices"] for kind in KINDS}

    def end(self) -> None:
        """Stops the measurement; what is asked afterwards is of this moment."""
        self._window.close()
        self._end = self._held()
        self._after = self._buffers()
        if self._changes is not None:
            self._changes.stop()

    def figures(self) -> dict[str, dict[str, dict[str, int | None]]]:
        """By device and kind: what was held as the test began and ended, and the peak."""
        all_: dict[str, dict[str, dict[str, int | None]]] = {}
        for (device, kind), held in self._end.items():
            all_.setdefault(str(device), {})[kind] = {
                "start_bytes": self._start.get((device, kind), 0), "peak_bytes": self._window.bytes(device, kind), "end_bytes": held}
        return all_

    def over(self, limits: dict[str, int], device: Any) -> list[str]:
        """A paragraph for each limit that was passed; chips of one mesh that hold the same say it once."""
        wanted = None if device is None else self._native.device_number(device)
        found: dict[str, str] = {}
        for number, kind in self._end:
            if kind not in limits or (wanted is not None and number != wanted):
                continue
            peak = self._window.bytes(number, kind)
            if peak is None:
                found.setdefault(kind, f"limit_device_memory: the peak of {kind} on device {number} is not known: several allocators held bytes there at once")
            elif peak > limits[kind]:
                found.setdefault(kind, self._over_text(number, kind, peak, limits[kind]))
        return list(found.values())

    def _over_text(self, device: int, kind: str, peak: int, limit: int) -> str:
        from .sizes import bytes_text

        rows, whole = self._at_peak(device, kind)
        when = "at that moment" if whole else "as the test ended (it had more events than are kept)"
        lines = [f"limit_device_memory: {kind} on device {device} reached {bytes_text(peak)} ({peak} B), the limit is {bytes_text(limit)}; "
                 f"{_count(rows)} {when}:"]
        return "\n".join(lines + _named(sorted(rows, key=lambda row: -row["allocated_bytes"])))

    def _at_peak(self, device: int, kind: str) -> tuple[list[dict[str, Any]], bool]:
        """The buffers that were held when the test held most, from its events; and whether all of them are known."""
        if self._changes is None or self._changes.missed:
            return [dict(row) for row in self._after.values() if row["kind"] == kind and device in row["devices"]], False
        return [dict(self._after.get(row["id"]) or row | {"gone": True}) for row in self._changes.at_peak(device, kind)], True

    def unknown(self) -> list[str]:
        """A paragraph when nothing recorded what the test allocated."""
        if self._native.tracking_is_on():
            return []
        return ["device memory is not tracked as the test ends: tracking was switched off, or this libtt_metal.so cannot be tracked (see ttmem doctor)"]

    def leaks(self, with_program_cache: bool) -> list[str]:
        """A paragraph when buffers made since the beginning are still there."""
        from .sizes import bytes_text

        gc.collect()
        left: list[dict[str, Any]] = [dict(row) for id_, row in self._buffers().items() if id_ not in self._before and not row.get("kernel_binaries")]
        rows = [row for row in left if with_program_cache or not row.get("program_cache")]
        excepted = [row for row in left if row not in rows]
        unlisted = sum(process["unlisted_buffers"] for process in self._model(False)["processes"])
        if not rows and unlisted > 0:
            return [f"no_device_leaks: cannot be known: {unlisted} live buffers found no room in the list (TT_ALLOC_LEDGER_MAX_BUFFERS makes room)"]
        if not rows:
            return []
        lines = [f"no_device_leaks: {_count(rows)} of {bytes_text(sum(row['allocated_bytes'] for row in rows))} left by the test:"] + _named(rows)
        if excepted:
            lines.append(f"  (not counted: {_count(excepted)} of {bytes_text(sum(row['allocated_bytes'] for row in excepted))} that ttnn's program cache keeps)")
        return ["\n".join(lines)]


def _count(rows: list[dict[str, Any]]) -> str:
    return "1 buffer" if len(rows) == 1 else f"{len(rows)} buffers"


def _named(rows: list[dict[str, Any]]) -> list[str]:
    from .sizes import bytes_text

    lines = []
    for row in rows[:_MOST_NAMED]:
        where = "freed since" if row.get("gone") else f"at {row['address']:#x}"
        region = f", region {row['region']}" if row.get("region") else ""
        cache = ", kept by ttnn's program cache" if row.get("program_cache") else ""
        lines.append(f"  buffer {row['id']}: {bytes_text(row['allocated_bytes'])} of {row['kind']}, {where}{region}{cache}{_came_from(row)}")
    if len(rows) > _MOST_NAMED:
        lines.append(f"  and {len(rows) - _MOST_NAMED} more")
    return lines


def _came_from(row: dict[str, Any]) -> str:
    """", ttnn.empty at tests/test_model.py:42": the operation, and the innermost line that is not ttnn's own."""
    operation = f", {row['operation']}" if row.get("operation") else ""
    for frame in row.get("stack") or []:
        file = frame["file"] or ""
        if frame["line"] is not None and f"{os.sep}ttnn{os.sep}" not in file and not file.startswith("<"):  # C++ frames have no line
            below = os.path.relpath(file)
            return f"{operation} at {below if not below.startswith(os.pardir) else file}:{frame['line']}"
    return operation
