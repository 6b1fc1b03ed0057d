#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Writes what a whole ./test.sh --long found into benchmarks/RESULTS.md; test.sh calls it at the end.

long_suite.py --commit NAME --seconds N LINE…, a LINE for each stage: "unit    812 passed    0 failed    1 skipped    93 s".
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


def render(commit, seconds, lines, date):
    rows = [re.fullmatch(r"(\S+)\s+(\d+) passed\s+(\d+) failed\s+(\d+) skipped\s+(\d+) s", line).groups() for line in lines]
    rows.append(("all", *(str(sum(int(row[column]) for row in rows)) for column in (1, 2, 3)), str(seconds)))
    return "\n".join([
        HEADING, "",
        f"`./test.sh --long` at commit {commit}, {date:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, Linux {platform.release()}.", "",
        "| stage | passed | failed | skipped | seconds |", "|---|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commit", required=True)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS)
    parser.add_argument("lines", nargs="+")
    options = parser.parse_args()
    sections.put(options.results, render(options.commit, options.seconds, options.lines, datetime.datetime.now(datetime.timezone.utc)), HEADING)


if __name__ == "__main__":
    main()
