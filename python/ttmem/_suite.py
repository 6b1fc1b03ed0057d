# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The peaks of a whole suite in the pytest plugin: report, baseline, summary, and the suite on mock boards."""
from __future__ import annotations

import json
import os
import sys
from typing import Any

import pytest

from . import _baseline, _on_boards

_PROPERTY = "ttmem"
_BOARD = "ttmem_board"
_baselines = pytest.StashKey[_baseline.Boards]()


def properties_of(figures: dict[str, Any]) -> list[tuple[str, Any]]:
    """Of one test, for its report: the figures whole, and as plain numbers that a JUnit file can show."""
    plain: list[tuple[str, Any]] = [(f"ttmem_{kind}_peak_bytes", peak) for kind, peak in _baseline.peaks_of(figures).items()]
    return [(_PROPERTY, figures), *plain, (_BOARD, _board_here())]


def _board_here() -> str:
    """The name under which this test's peaks stand in a baseline: the mock board's, else that of the first device that is open."""
    from . import _native

    board = os.environ.get(_on_boards.INNER)
    if board:
        return board
    devices = json.loads(_native.own_json(False))["devices"]
    return str(devices[0]["board"] or devices[0]["arch"]) if devices else ""


def _committed(config: pytest.Config) -> _baseline.Boards:
    if _baselines not in config.stash:
        path = _path(config, "--ttmem-baseline")
        config.stash[_baselines] = {} if path is None else _baseline.read(path)
    return config.stash[_baselines]


def above_baseline(item: pytest.Item, figures: dict[str, Any]) -> list[str]:
    """Lines about those of the test's peaks that are above the committed ones. A test that the baseline does not have passes."""
    config = item.config
    if config.getoption("--ttmem-baseline") is None or config.getoption("--ttmem-baseline-update"):
        return []
    expected = _committed(config).get(_board_here(), {}).get(item.nodeid)
    return [] if expected is None else _baseline.above(expected, _baseline.peaks_of(figures), config.getoption("--ttmem-tolerance"))


def _path(config: pytest.Config, option: str) -> str | None:
    """Where an option points to, seen from the folder that pytest was started in; a test may change the folder."""
    given = config.getoption(option)
    return None if given is None else os.path.join(config.invocation_params.dir, given)


def _check(config: pytest.Config, option: str) -> None:
    path = _path(config, option)
    if path is None:
        return
    folder = os.path.dirname(path)
    if os.path.isdir(path):
        raise pytest.UsageError(f"{option}: {path} is a folder")
    if not os.access(folder, os.W_OK):
        raise pytest.UsageError(f"{option}: {'no permission to write to' if os.path.isdir(folder) else 'there is no folder'} {folder}")


class Suite:
    """Gathers the figures of all tests, those of pytest-xdist's workers too, and writes what was asked for once."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker = hasattr(config, "workerinput")  # of pytest-xdist: its figures travel with its reports
        self._inner = os.environ.get(_on_boards.INNER)
        self.on_boards = config.getoption("--ttmem-board") is not None and not self._worker
        self._tests: list[dict[str, Any]] = []
        if not self._worker:
            for option in ("--ttmem-report", "--ttmem-summary", "--ttmem-baseline"):
                _check(config, option)
        if config.getoption("--ttmem-baseline-update") and config.getoption("--ttmem-baseline") is None:
            raise pytest.UsageError("--ttmem-baseline-update wants --ttmem-baseline FILE")
        try:
            _committed(config)
        except ValueError as error:
            raise pytest.UsageError(f"--ttmem-baseline: {error}") from None

    def run_on_boards(self) -> int:
        """The suite on each board. Gives pytest's exit status: the worst of all boards."""
        boards = _on_boards.names_of(self._config.getoption("--ttmem-board"))
        if not boards:
            raise pytest.UsageError("--ttmem-board names no board")
        status, found = _on_boards.run(self._config, boards)
        self._write(found)
        for line in self._closing_lines(found):
            sys.stdout.write(line + "\n")
        return status

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            for name, figures in report.user_properties:
                if name == _PROPERTY:
                    board = dict(report.user_properties).get(_BOARD, "")
                    self._tests.append({"nodeid": report.nodeid, "outcome": report.outcome, "board": board, "devices": figures})

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if self._worker:
            return
        out = os.environ.get(_on_boards.OUT)
        if self._inner and out:  # the process that started the boards writes what was asked for
            with open(out, "w", encoding="utf-8") as file:
                json.dump({"tests": self._tests, "status": int(exitstatus)}, file)
        else:
            self._write(self._by_board())

    def _by_board(self) -> list[dict[str, Any]]:
        """The tests of this process, by the board that each ran on; one board as a rule."""
        boards = list(dict.fromkeys(test["board"] for test in self._tests))
        return [{"board": board, "tests": [test for test in self._tests if test["board"] == board]} for board in boards]

    def _write(self, found: list[dict[str, Any]]) -> None:
        report = _path(self._config, "--ttmem-report")
        if report is not None:
            self._write_report(report, found)
        baseline, committed = _path(self._config, "--ttmem-baseline"), _committed(self._config)
        if baseline is not None and self._config.getoption("--ttmem-baseline-update"):
            measured = {result["board"]: {test["nodeid"]: _baseline.peaks_of(test["devices"]) for test in result["tests"]} for result in found}
            _baseline.write(baseline, _baseline.update(committed, measured))
        summary = _path(self._config, "--ttmem-summary")
        if summary is not None:
            with open(summary, "a", encoding="utf-8") as file:
                file.write(_baseline.summary(found, None if baseline is None else committed))

    def _write_report(self, path: str, found: list[dict[str, Any]]) -> None:
        whole: dict[str, Any] = {"schema": 1, "tests": [test for result in found for test in result["tests"]]}
        if self.on_boards:
            whole = {"schema": 1, "tests": [], "boards": found}
        partial = path + ".partial"
        with open(partial, "w", encoding="utf-8") as file:
            json.dump(whole, file, indent=1)
            file.write("\n")
        os.replace(partial, path)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self._worker and not self._inner:
            for line in self._closing_lines([{"tests": self._tests}]):
                terminalreporter.write_line(line)

    def _closing_lines(self, found: list[dict[str, Any]]) -> list[str]:
        lines = []
        for result in found:
            if result.get("board"):
                failed = sum(test["outcome"] == "failed" for test in result["tests"])
                lines.append(f"ttmem: {result['board']}: {len(result['tests'])} tests measured, {failed} failed")
        count = sum(len(result["tests"]) for result in found)
        tests = "1 test" if count == 1 else f"{count} tests"
        for option, what in (("--ttmem-report", "the device memory of {} is in"), ("--ttmem-summary", "the summary of {} is in")):
            path = _path(self._config, option)
            if path is not None:
                lines.append(f"ttmem: {what.format(tests)} {path}")
        if self._config.getoption("--ttmem-baseline-update"):
            lines.append(f"ttmem: the peaks of {tests} are in the baseline {_path(self._config, '--ttmem-baseline')}")
        return lines
