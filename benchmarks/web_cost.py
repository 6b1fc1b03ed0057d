#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The server's cost of a page: its processor time with a page that asks each second as the page's views do, against the same server without, in turns.

  benchmarks/web_cost.py [--build build] [--processes 64] [--devices 32] [--mesh 32] [--buffers 100000] [--turns 6] [--seconds 10] [--history] [--write]

The fleet is benchmarks/fleet's; the server keeps no history unless --history says so. A turn's order changes from pair to pair.
"""
import argparse
import http.client
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import sections  # noqa: E402

HEADING = "## A page that is looked at"


def processor_seconds(pid):
    """Of all its threads, in ns, from the scheduler's own account (a clock tick would be too coarse)."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


class Page:
    """Asks what the overview asks, as web/src/data/live.ts does: with what rests on lists as seldom as these take long."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.size, self.lists_after, self.with_lists = 0, 0, 0

    def ask(self):
        begin = time.monotonic()
        lists = begin >= self.lists_after
        self.connection.request("GET", "/api/v1/snapshot" + ("?l1=true" if lists else ""))
        answer = self.connection.getresponse()
        size = len(answer.read())
        assert answer.status == 200
        if lists:
            self.lists_after = begin + min(60, 200 * (time.monotonic() - begin))
            self.with_lists += 1
        else:
            self.size = size


def turn(pid, seconds, page):
    if page:
        page.connection.close()  # the server has closed it in the turn without a page; the next request opens another
    begin, started = processor_seconds(pid), time.monotonic()
    for second in range(seconds):
        if page:
            page.ask()
        time.sleep(max(0, started + second + 1 - time.monotonic()))
    return (processor_seconds(pid) - begin) / (time.monotonic() - started) * 100


def measure(options):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-web-cost.", dir="/dev/shm"))
    environment = dict(os.environ, TT_ALLOC_LEDGER_DIR=str(folder), TT_ALLOC_TRACKING_ENABLED="1", XDG_STATE_HOME=str(folder))
    fleet = subprocess.Popen([options.build / "benchmarks/fleet", "--mock", "--processes", str(options.processes), "--devices", str(options.devices),
                              "--mesh", str(options.mesh), "--buffers", str(options.buffers), "--rate", "20"],
                             env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    server = None
    try:
        assert fleet.stdout.readline().startswith("ready")
        server = subprocess.Popen([options.build / "bin/ttmem", "server", "--socket", folder / "socket", "--http", "127.0.0.1:0", "--api-socket", "off",
                                   *([] if options.history else ["--no-history"])], env=environment, stderr=subprocess.PIPE, text=True)
        said = ""
        while "listening on" not in said:
            said += server.stderr.readline()
        page = Page(int(re.search(r"HTTP on http://127\.0\.0\.1:(\d+)", said).group(1)))
        page.ask()
        without, with_page = [], []
        for number in range(options.turns):
            pair = [(without, None), (with_page, page)]
            for into, asker in pair if number % 2 == 0 else reversed(pair):
                into.append(turn(server.pid, options.seconds, asker))
        extra = [b - a for a, b in zip(without, with_page)]
        print(f"{options.processes} processes on {options.devices} devices each of them ({options.mesh} as one mesh), {options.buffers} buffers, history "
              f"{'kept' if options.history else 'not kept'}; {options.turns} pairs of {options.seconds} s; an answer has {page.size / 1e6:.2f} MB; {page.with_lists} answers had the gauge, too.\n")
        print("| the server's processor time, % of a core | median | least | most |\n|---|---|---|---|")
        for name, values in (("without a page", without), ("with a page, one answer a second", with_page), ("more with a page", extra)):
            print(f"| {name} | {statistics.median(values):.2f} | {min(values):.2f} | {max(values):.2f} |")
    finally:
        fleet.stdin.close()
        fleet.wait(30)
        if server:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("--processes", 64), ("--devices", 32), ("--mesh", 32), ("--buffers", 100_000), ("--turns", 6), ("--seconds", 10)):
        parser.add_argument(name, type=int, default=value)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--history", action="store_true")
    parser.add_argument("--write", action="store_true", help="puts what is printed into benchmarks/RESULTS.md, too")
    options = parser.parse_args()
    sections.measured(HEADING, options.write, lambda: measure(options))


if __name__ == "__main__":
    main()
