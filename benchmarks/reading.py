#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""What an answer of a reader costs (benchmarks/reading_cost.cpp), at half and at full work, and beside an earlier build.

  reading.py [--build DIR] [--before PROGRAM] [--rounds 3] [--only WHAT] [--write]

--before: reading_cost of an earlier commit; the two take turns within the run. Of commits before the answers were streamed it is built with
-DCMAKE_CXX_FLAGS=-DTTMEM_READING_BEFORE. With --write the section of RESULTS.md is made anew.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import sections  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEADING = "## Reading side"
ROOM = ["--processes", "64", "--devices", "32"]
ONE = ["--processes", "1", "--devices", "1"]
GALAXY = ["--processes", "1", "--devices", "32", "--mesh", "32"]
# What is asked, of which fleet with how many buffers; what the earlier build is asked instead, where it has no such answer.
ROWS = [
    ("snapshot --json, 64 processes, 32 devices", "snapshot", "snapshot", ROOM, 1_000_000),
    ("the same --buffers", "snapshot-buffers", "snapshot-buffers", ROOM, 1_000_000),
    ("snapshot --json --buffers, one process", "snapshot-buffers", "snapshot-buffers", ONE, 100_000),
    ("l1 --json, a mesh of 32 chips", "l1", "l1", GALAXY, 20_000),
    ("l1 --json --schema 2, the same (before: schema 1)", "l1-2", "l1", GALAXY, 20_000),
    ("l1 as text, the same", "l1-text", "l1-text", GALAXY, 20_000),
]
GROWTH_LIMIT = 2.0


class Fleet:
    def __init__(self, build, words, buffers):
        self.folder = tempfile.mkdtemp(prefix="ttmem-reading.", dir="/dev/shm")
        os.chmod(self.folder, 0o755)
        self.environment = dict(os.environ, TT_ALLOC_LEDGER_DIR=self.folder)
        self.process = subprocess.Popen([build / "benchmarks" / "fleet", "--mock", *words, "--buffers", str(buffers)], env=self.environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        assert self.process.stdout.readline().startswith("ready"), "the fleet did not start"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, program, what):
        done = subprocess.run([program, what], env=self.environment, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)


def measure(options, row):
    title, what, before_what, words, buffers = row
    program = options.build / "benchmarks" / "reading_cost"
    found = {"title": title, "what": what}
    with Fleet(options.build, words, buffers // 2) as fleet:
        half = [fleet.ask(program, what)["ms"] for _ in range(options.rounds)]
    with Fleet(options.build, words, buffers) as fleet:
        after, before = [], []
        for _ in range(options.rounds):
            after.append(fleet.ask(program, what))
            if options.before:
                before.append(fleet.ask(options.before, before_what))
    found["ms"] = statistics.median(each["ms"] for each in after)
    found["growth"] = min(each["ms"] for each in after) / min(half)
    found["mb"], found["most_mib"] = after[0]["bytes"] / 1e6, max(each["most_mib"] for each in after)
    if before:
        found["before_ms"] = statistics.median(each["ms"] for each in before)
        found["before_mib"] = max(each["most_mib"] for each in before)
        found["before_mb"] = before[0]["bytes"] / 1e6
        found["ratio"] = statistics.median(a["ms"] / b["ms"] for a, b in zip(after, before))
    return found


def page(found, load):
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    lines = [HEADING, "", f"Written by `benchmarks/reading.py {' '.join(sys.argv[1:])}` at {commit}, {time.strftime('%Y-%m-%d', time.gmtime())}; load average at the start {load:.2f}.",
             "From the first look at the ledgers to the last character, medians; \"growth\" is twice the work in multiples of the cost of once the work.", "",
             "| answer | before, ms | now, ms | ratio | text, MB | memory before, now, MiB | growth |", "|---|---|---|---|---|---|---|"]
    for row in found:
        known = "before_ms" in row
        lines.append(f"| {row['title']} | " + (f"{row['before_ms']:,.0f}" if known else "-") + f" | {row['ms']:,.1f} | " + (f"{row['ratio']:.3f}" if known else "-") +
                     f" | {row['mb']:,.1f} | " + (f"{row['before_mib']:,.0f}, " if known else "") + f"{row['most_mib']:,.0f} | {row['growth']:.2f} |")
    return "\n".join([*lines, ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--before", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=sorted({row[1] for row in ROWS}))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    found = []
    for row in ROWS:
        if not options.only or row[1] in options.only:
            found.append(measure(options, row))
            print(json.dumps(found[-1]), flush=True)
    print(page(found, load))
    if options.write:
        sections.put(ROOT / "benchmarks" / "RESULTS.md", page(found, load), HEADING)
    grown = [row["title"] for row in found if row["growth"] > GROWTH_LIMIT * 1.25]  # a quarter for what else the machine does
    if grown:
        sys.exit("these cost more than twice as much for twice the work: " + ", ".join(grown))


if __name__ == "__main__":
    main()
