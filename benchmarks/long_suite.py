#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Writes what ./test.sh --long found into benchmarks/RESULTS.md, a row for each stage; test.sh calls it at the end.

long_suite.py --commit NAME LINE…, a LINE for each stage that ran: "unit    812 passed    0 failed    1 skipped    93 s".
A stage that did not run this time (./test.sh --long --only STAGE) keeps its row, which says at which commit it ran last.
"""
import argparse
import datetime
import os
import pathlib
import platform
import re

import sections

RESULTS = pathlib.Path(__file__).resolve().parent / "RESULTS.md"
HEADING = "## The long suite"
STAGES = ("unit", "repo", "e2e", "python", "web", "asan", "hooks", "tsan", "fuzz")  # as test.sh runs them


def earlier(results):
    """The rows that stand there, by stage."""
    text = dict(sections.split(results.read_text())).get(HEADING, "") if results.exists() else ""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {row[0]: row for row in rows if len(row) == 8 and row[1].isdigit()}


def render(rows):
    order = sorted(rows, key=lambda stage: (STAGES.index(stage) if stage in STAGES else len(STAGES), stage))
    return "\n".join([
        HEADING, "",
        "`./test.sh --long`, or `./test.sh --long --only STAGE` for a stage by itself: each row has the commit and the time (UTC) at which the stage ran last.", "",
        "| stage | passed | failed | skipped | seconds | commit | ended | machine |", "|---|---|---|---|---|---|---|---|",
        *("| " + " | ".join(rows[stage]) + " |" for stage in order)]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commit", required=True)
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS)
    parser.add_argument("lines", nargs="+")
    options = parser.parse_args()
    rows = earlier(options.results)
    ended = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M}"
    machine = f"{os.cpu_count()} cores, Linux {platform.release()}"
    for line in options.lines:
        stage, *counts = re.fullmatch(r"(\S+)\s+(\d+) passed\s+(\d+) failed\s+(\d+) skipped\s+(\d+) s", line).groups()
        rows[stage] = [stage, *counts, options.commit, ended, machine]
    sections.put(options.results, render(rows), HEADING)


if __name__ == "__main__":
    main()
