#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of an answer of a reader (benchmarks/reading_cost.cpp), at half and at full work, and beside an earlier build.

  reading.py [--build DIR] [--before PROGRAM --before-commit COMMIT] [--pairs 9] [--only WHAT] [--write]

--before: reading_cost of an earlier commit; the two take turns, and which is first changes with each pair. Of commits before the answers were streamed it is
built with -DCMAKE_CXX_FLAGS=-DTTMEM_READING_BEFORE. Figures are processor time, for a machine that others use; ratios are medians over the pairs. With --write
the section of RESULTS.md is written again.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import paired  # noqa: E402
import sections  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEADING = "## Reading side"
ROOM = ("--processes", "64", "--devices", "32", "--buffers")
FULL_ROOM = ("--devices", "32", "--mesh", "32", "--buffers", "100000", "--processes")
ONE = ("--processes", "1", "--devices", "1", "--buffers")
GALAXY = ("--processes", "1", "--devices", "32", "--mesh", "32", "--buffers")
ENDED = ("--processes", "4", "--devices", "4", "--buffers", "100", "ended")  # "ended", last: names of the ledger of a process that was killed
LIVE = ("--devices", "32", "--buffers", "100000", "--processes")
BUSY = ("--devices", "32", "--buffers", "100000", "--rate", "1", "--processes")
# The question, the question to the earlier build in its place, the fleet's options with the one that grows last, its value, and the aim in ms.
ROWS = [
    ("snapshot --json, 64 processes, 32 devices, 1 M buffers", "snapshot", "snapshot", ROOM, 1_000_000, 100),
    ("the same --buffers", "snapshot-buffers", "snapshot-buffers", ROOM, 1_000_000, 800),
    ("snapshot --json --buffers, one process, 100,000 buffers", "snapshot-buffers", "snapshot-buffers", ONE, 100_000, 60),
    ("l1 --json, a mesh of 32 chips, 20,000 buffers", "l1", "l1", GALAXY, 20_000, 1000),
    ("l1 --json --schema 2, the same (before: schema 1)", "l1-2", "l1", GALAXY, 20_000, 150),
    ("l1 as text, the same", "l1-text", "l1-text", GALAXY, 20_000, 60),
    ("text of /metrics, 64 processes on each of 32 devices", "metrics", "metrics", FULL_ROOM, 64, 6),
    ("1000 rows of /api/v1/buffers, 1 M buffers, first", "buffers-first", "buffers-first", ROOM, 1_000_000, None),
    ("the same, again", "buffers-again", "buffers-again", ROOM, 1_000_000, 5),
    ("first totals, 10,000 ledgers of killed processes in the folder", "totals", "totals", ENDED, 10_000, 50),
    ("totals again, 1,000 live processes", "refresh", "refresh", LIVE, 1000, 20),
    ("the same, each with an event a second", "refresh", "refresh", BUSY, 1000, None),
]
GROWTH_LIMIT = 2.5  # twice the work may cost twice as much; the rest is what a busy machine adds


class Fleet:
    def __init__(self, build, words):
        self.folder = tempfile.mkdtemp(prefix="ttmem-reading.", dir="/dev/shm")
        os.chmod(self.folder, 0o755)
        self.environment = dict(os.environ, TT_ALLOC_LEDGER_DIR=self.folder)
        self.ended = int(words[-1]) if "ended" in words else 0
        self.program = build / "benchmarks" / "fleet"
        self.process = self.start(words[:-2] if self.ended else words)

    def start(self, words):
        return subprocess.Popen([self.program, "--mock", *words], env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def leave_ledgers(self):
        """As many ledgers of dead processes, which only a hostile user has: of one's own the next tracked process keeps 64. They are names of one file, for its size."""
        one = self.start(("--processes", "1"))
        pid = int(one.stdout.readline().split()[1])
        os.kill(pid, signal.SIGKILL)
        one.communicate()
        (ledger,) = pathlib.Path(self.folder).glob(f"*/{pid}-*.ledger")
        for number in range(1, self.ended):
            os.link(ledger, ledger.with_name(f"{pid}-{number:016x}.ledger"))

    def __enter__(self):
        assert self.process.stdout.readline().startswith("ready"), "the fleet did not start"
        if self.ended:
            self.leave_ledgers()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, program, what):
        done = subprocess.run([program, what, "5" if what in ("metrics", "buffers-again", "refresh") else "1"], env=self.environment, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)


def measure(options, row):
    title, what, before_what, words, work, aim = row
    program = options.build / "benchmarks" / "reading_cost"
    with Fleet(options.build, (*words, str(work // 2))) as fleet:
        half = [fleet.ask(program, what)["cpu_ms"] for _ in range(options.pairs)]
    after, before = [], []
    with Fleet(options.build, (*words, str(work))) as fleet:
        for pair in range(options.pairs):
            order = [(after, program, what)] + ([(before, options.before, before_what)] if options.before else [])
            for answers, asked, question in order if pair % 2 else reversed(order):
                answers.append(fleet.ask(asked, question))
    found = {"title": title, "what": what, "aim": aim, "mb": after[0]["bytes"] / 1e6, "mib": max(each["most_mib"] for each in after)}
    found["cpu_ms"] = statistics.median(each["cpu_ms"] for each in after)
    found["least_ms"] = min(each["ms"] for each in after)
    found["growth"] = found["cpu_ms"] / statistics.median(half)
    if before:
        found["before_cpu_ms"] = statistics.median(each["cpu_ms"] for each in before)
        found["before_mb"], found["before_mib"] = before[0]["bytes"] / 1e6, max(each["most_mib"] for each in before)
        found["ratio"] = paired.Estimate([a["cpu_ms"] / b["cpu_ms"] for a, b in zip(after, before)]).as_json()
    return found


def ratio_text(ratio):
    return f"{ratio['median']:.3f}" + ("" if ratio["low"] is None else f" ({ratio['low']:.3f} to {ratio['high']:.3f})")


def page(found, load, options):
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    beside = f", beside {options.before_commit}" if options.before else ""
    lines = [HEADING, "", f"Written by `benchmarks/reading.py` at {commit}{beside}, {time.strftime('%Y-%m-%d', time.gmtime())}, {options.pairs} alternating pairs, load average at the "
             f"start {load:.2f}. Processor time of an answer, from the first look at the ledgers to the last character; the ratio is the median over pairs (95 % interval). "
             "\"Growth\": the cost of the work named, in multiples of that of half of it.", "",
             "| answer | aim, ms | before, ms | now, ms | ratio | MB before, now | MiB of memory before, now | growth |", "|---|---|---|---|---|---|---|---|"]
    for row in found:
        known = "ratio" in row
        lines.append(f"| {row['title']} | {row['aim'] or '-'} | " + (f"{row['before_cpu_ms']:,.1f}" if known else "-") + f" | {row['cpu_ms']:,.1f} | " +
                     (ratio_text(row["ratio"]) if known else "-") + " | " + (f"{row['before_mb']:,.1f}, " if known else "") + f"{row['mb']:,.1f} | " +
                     (f"{row['before_mib']:,.0f}, " if known else "") + f"{row['mib']:,.0f} | {row['growth']:.2f} |")
    missed = [row["title"] for row in found if row["aim"] and row["cpu_ms"] > row["aim"]]
    lines += ["", "Above their aims: " + ("; ".join(missed) if missed else "none") + "."]
    return "\n".join([*lines, ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--before", type=pathlib.Path)
    parser.add_argument("--before-commit", default="an earlier build")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--only", action="append", choices=sorted({row[1] for row in ROWS}))
    parser.add_argument("--write", action="store_true", help="put the section into benchmarks/RESULTS.md")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    found = []
    for row in ROWS:
        if not options.only or row[1] in options.only:
            found.append(measure(options, row))
            print(json.dumps(found[-1]), flush=True)
    text = page(found, load, options)
    print(text)
    if options.write:
        sections.put(ROOT / "benchmarks" / "RESULTS.md", text, HEADING)
    grown = [row["title"] for row in found if row["growth"] > GROWTH_LIMIT]
    if grown:
        sys.exit("these cost more than twice as much for twice the work: " + "; ".join(grown))


if __name__ == "__main__":
    main()
