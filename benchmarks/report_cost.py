#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of reading a recording: wall time, processor time and memory of each command on a recording of many events.

  benchmarks/report_cost.py [--build build] [--events 10000000] [--rounds 3] [--memray PYTHON] [--browser] [--write]

The recording is one that benchmarks/record_cost makes; half of its events in a second one show the growth. Beside it, in the same run, `memray stats` on as many
events of malloc and free, if PYTHON is an interpreter with memray (pip install memray). Medians of the rounds; commands take turns. Needs an optimised build
(cmake --preset release).

With --browser it also drives Chromium (tests/web/browser.py says what that needs): how long the pages take to show a closer look at the timeline and another
moment, from the key to the frame that has it, and what `ttmem web` takes until it serves.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import record_peers  # noqa: E402
import sections  # noqa: E402

HEADING = "## Reading a recording"
ROOT = pathlib.Path(__file__).resolve().parents[1]
PRESSES = 40

# Presses a key in the timeline and waits for the second frame after it: the first one may have begun before the page knew. One frame, 17 ms, is therefore waiting.
PRESS = """
const [key, done] = arguments, place = document.querySelector('section[aria-label=Timeline]'), begin = performance.now();
place.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begin)));
"""
# Presses a key of the page and waits until its words for the moment are others.
STEP = """
const [key, done] = arguments, place = document.querySelector('[data-moment]'), before = place.dataset.moment, begin = performance.now();
const look = () => (place.dataset.moment !== before || performance.now() - begin > 5000 ? done(performance.now() - begin) : requestAnimationFrame(look));
document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
requestAnimationFrame(look);
"""


def run(command):
    """Wall time and processor time in seconds, and the most memory in bytes. Time and memory are the child's own (wait4)."""
    begin = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (command, process.returncode)
    return time.monotonic() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def commands(ttmem, path, out):
    """Name -> command; `out` does not exist: the page is written there."""
    return {
        "report": [ttmem, "report", path],
        "report --at 50%": [ttmem, "report", path, "--at", "50%"],
        "report --at peak": [ttmem, "report", path, "--at", "peak"],
        "report --html": [ttmem, "report", path, "--html", out],
        "top --replay (one table)": [ttmem, "top", "--replay", path],
        "snapshot --replay --at 50% --json --buffers": [ttmem, "snapshot", "--replay", path, "--at", "50%", "--json", "--buffers"],
        "diff with itself": [ttmem, "diff", path, path],
    }


class Server:
    """`ttmem web` of a recording: its address, how long it took to say it, and the most memory since then."""

    def __init__(self, ttmem, path):
        begin = time.monotonic()
        self.process = subprocess.Popen([ttmem, "web", "--no-browser", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        self.seconds = time.monotonic() - begin

    def most_memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def presses(window, script, keys):
    """Milliseconds of each press, in order."""
    return [window.driver.execute_async_script(script, key) for key, _ in zip(keys * PRESSES, range(PRESSES), strict=False)]


def row(name, times):
    ordered = sorted(times)
    print(f"| {name} | {statistics.median(ordered):.0f} | {ordered[math.ceil(len(ordered) * 0.95) - 1]:.0f} | {ordered[-1]:.0f} |")


def measure_pages(ttmem, path, page):
    """Drives Chromium over the page that is one file, and over the one that is served."""
    sys.path.insert(0, str(ROOT / "tests" / "web"))
    import browser  # noqa: PLC0415

    if why := browser.missing():
        print(f"\nNo page was measured: {why}.")
        return 1
    zoom = ["+", "+", "+", "+", "+", "+", "-", "-", "-", "0"]
    with browser.Browser() as window, Server(ttmem, path) as server:
        print(f"\n`ttmem web` served after {server.seconds:.2f} s. In Chromium, {PRESSES} presses each:\n\n| from key to frame, ms | median | 95 % | most |\n|---|---|---|---|")
        window.open(f"file://{page}")
        window.wait("document.querySelector('nav')", "the page of one file")
        window.keys("2")
        window.wait("document.querySelector('section[aria-label=Timeline] canvas')", "its timeline")
        row("`report --html`: timeline, closer and wider", presses(window, PRESS, zoom))
        url, _, token = server.address.partition("#")
        window.open(f"{url}?view=timeline#{token}")
        window.wait("document.querySelector('section[aria-label=Timeline] canvas') && document.querySelector('[data-moment]')", "the served page's timeline")
        row("`web`: timeline, closer and wider", presses(window, PRESS, zoom))
        row("`web`: the next event, in the timeline", presses(window, STEP, ["."]))
        window.keys("6")
        window.wait("document.querySelector('table[aria-label=Buffers] tbody tr')", "buffers")
        row("`web`: the next event, in the buffers", presses(window, STEP, ["."]))
        print(f"\nThe most memory of `ttmem web` until then: {server.most_memory() / 2**20:.0f} MiB.")
    return 0


def measure(options, folder):
    program, ttmem = options.build / "benchmarks" / "record_cost", options.build / "bin" / "ttmem"
    paths, made = [], []
    for share in (2, 1):
        path = folder / f"run-{share}.ttrec"
        made.append(json.loads(subprocess.check_output([program, "--events", str(options.events // share), "--keep", path])))
        paths.append(path)
    peer = None
    if options.memray:
        peer = folder / "memray.bin"
        subprocess.run([options.memray, "-c", record_peers.LOOP, str(options.events), str(peer)], check=True, stdout=subprocess.DEVNULL)
    figures = {}
    out = folder / "page.html"
    for _ in range(options.rounds):
        for place, path in enumerate(paths):
            out.unlink(missing_ok=True)  # a page is never written over
            for name, command in commands(ttmem, path, out).items():
                figures.setdefault((name, place), []).append(run(command))
        if peer:
            figures.setdefault(("memray stats", 1), []).append(run([options.memray, "-m", "memray", "stats", peer]))

    def median(name, place, figure):
        return statistics.median(row[figure] for row in figures[name, place])

    print(f"{made[1]['events']:,} events in {paths[1].stat().st_size / 2**20:.1f} MiB, {made[1]['missed']} missed; growth is against {made[0]['events']:,} events. "
          f"Medians of {options.rounds} rounds.\n")
    print("| command | wall, s | processor, s | memory, MiB | wall, twice the events / once |\n|---|---|---|---|---|")
    for name in commands(ttmem, paths[1], out):
        wall, spent, memory = (median(name, 1, figure) for figure in range(3))
        print(f"| `ttmem {name}` | {wall:.2f} | {spent:.2f} | {memory / 2**20:.0f} | {wall / median(name, 0, 0):.2f} |")
    if peer:
        wall, spent, memory = (median("memray stats", 1, figure) for figure in range(3))
        print(f"| `memray stats`, as many events of malloc and free | {wall:.2f} | {spent:.2f} | {memory / 2**20:.0f} | |")
        print(f"\n`ttmem report` takes {median('report', 1, 0) / wall:.2f} of the time of `memray stats`.")
    return measure_pages(ttmem, paths[1], out) if options.browser else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memray", metavar="PYTHON")
    parser.add_argument("--browser", action="store_true", help="measures the pages in Chromium, too")
    parser.add_argument("--write", action="store_true", help="puts what is printed into benchmarks/RESULTS.md, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(sections.measured(HEADING, options.write, lambda: measure(options, pathlib.Path(folder))))


if __name__ == "__main__":
    main()
