# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""pytest --ttmem-board: the suite on mock boards, in a process for each, since ttnn cannot change boards within one; one report of all.

This process collects and runs nothing itself. It starts `ttmem dry-run` for each board with the same arguments of pytest, and puts together what the
runs wrote: results, peaks, JUnit files.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

INNER = "TTMEM_PYTEST_BOARD"  # name of the board, in the environment of a run on it
OUT = "TTMEM_PYTEST_RESULTS"  # where that run writes its results


def names_of(option: str) -> list[str]:
    return [name.strip() for name in option.split(",") if name.strip()]


def _arguments(config: pytest.Config, junit: str | None) -> list[str]:
    """The arguments of this pytest, changed for a run on one board."""
    kept: list[str] = []
    words = iter([str(word) for word in config.invocation_params.args])
    taken = ("--ttmem-board", "--ttmem-summary", "--ttmem-report", "--junit-xml", "--junitxml")
    for word in words:
        if word in taken:
            next(words, None)
        elif not word.startswith(tuple(f"{name}=" for name in taken)):
            kept.append(word)
    return kept + ([f"--junit-xml={junit}"] if junit else [])


def run(config: pytest.Config, boards: list[str]) -> tuple[int, list[dict[str, Any]]]:
    """Runs the suite on each board. Gives the exit status of pytest (the worst), and of each board what it found."""
    from ._programs import program

    found = []
    worst = int(pytest.ExitCode.OK)
    wanted_junit = config.getoption("xmlpath", None)
    with tempfile.TemporaryDirectory(prefix="ttmem-pytest.") as folder:
        junits = []
        for board in boards:
            out, junit = os.path.join(folder, f"{board}.json"), os.path.join(folder, f"{board}.xml")
            command = [program(), "dry-run", "--json", "--board", board, "--", sys.executable, "-m", "pytest",
                       *_arguments(config, junit if wanted_junit else None)]
            sys.stdout.write(f"\nttmem: the suite on a mock {board}\n")
            sys.stdout.flush()
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=sys.stdout.fileno(), env=os.environ | {INNER: board, OUT: out}, check=False)
            result: dict[str, Any] = {"board": board, "tests": [], "status": None, "dry_run": None}
            try:
                result["dry_run"] = json.loads(done.stdout)["boards"][0]
            except (ValueError, KeyError, IndexError):
                sys.stdout.write(f"ttmem: `ttmem dry-run` ended with {done.returncode} and no report\n")
            if os.path.exists(out):
                with open(out, encoding="utf-8") as file:
                    result |= json.load(file)
            status = result["status"]
            worst = max(worst, int(pytest.ExitCode.INTERNAL_ERROR) if status is None else int(status))
            found.append(result)
            if os.path.exists(junit):
                junits.append((board, junit))
        if wanted_junit:
            _merge(junits, os.path.join(config.invocation_params.dir, wanted_junit))
    return worst, found


def _merge(junits: list[tuple[str, str]], path: str) -> None:
    """Writes one JUnit file of all boards: a suite for each, named after it."""
    whole = ElementTree.Element("testsuites")
    for board, junit in junits:
        for suite in ElementTree.parse(junit).iter("testsuite"):
            suite.set("name", f"{suite.get('name', 'pytest')}[{board}]")
            whole.append(suite)
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    ElementTree.ElementTree(whole).write(path, encoding="utf-8", xml_declaration=True)
