#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of the monitor beside btop and htop, in one run on one machine: start to first frame, processor time a refresh, resident
memory. The fleet is made up (benchmarks/fleet and a fake driver tree): 32 cards, 64 processes, 100,000 buffers.

usage: benchmarks/monitor_cost.py [--build build] [--seconds 10] [--starts 15] [--rate EVENTS] [--busy-rate EVENTS] [--markdown FILE]
Figures are medians. CPU a refresh: user and system time of the process between two moments in the middle of its run, over the
refreshes in between (its interval; btop and htop are started with the same one). Each program draws on a terminal of its own, 120x40.
"""
import argparse
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import fcntl
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIZE = (40, 120)
BUSY = "ttmem, view 1, busy fleet"
TICKS = os.sysconf("SC_CLK_TCK")


class Program:
    """A program on a terminal of its own; its output is taken away and, up to the first frame, looked at."""

    def __init__(self, words, environment):
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
                os.execve(words[0], words, environment)
            finally:
                os._exit(127)
        self.text = b""

    def drain(self, seconds, until=None):
        """Takes output for that long; with `until`, no longer than until it stands in the output. True when it does."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                try:
                    self.text += os.read(self.fd, 65536)
                except OSError:
                    return False
                if until is not None and any(mark in self.text for mark in until):
                    return True
            if until is None:
                self.text = b""
        return False

    def first_frame(self, marks):
        return (time.perf_counter() - self.started) * 1000 if self.drain(20, marks) else None

    def cpu_seconds(self):
        """User and system time of all its threads, from the scheduler's own account in ns."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory(self):
        """KiB: resident; its share of that (pages of libraries and of the program count in part where others map them too); what is in no file."""
        sums = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()[1:])
        return tuple(int(sums[name].split()[0]) for name in ("Rss", "Pss", "Anonymous"))

    def end(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def first_frames(make, marks, starts):
    times = []
    for _ in range(starts):
        program = make()
        times.append(program.first_frame(marks))
        program.end()
    return times


def steady(make, marks, keys, interval, seconds):
    program = make()
    try:
        if program.first_frame(marks) is None:
            return None
        os.write(program.fd, keys)
        program.drain(max(3.0, 3 * interval))
        before, begun = program.cpu_seconds(), time.perf_counter()
        program.drain(seconds)
        cpu, wall = program.cpu_seconds() - before, time.perf_counter() - begun
        resident, share, own = program.memory()
        return {"cpu_ms_a_refresh": cpu * 1000 * interval / wall, "cpu_percent": 100 * cpu / wall, "resident_kib": resident,
                "share_kib": share, "own_kib": own}
    finally:
        program.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--starts", type=int, default=15)
    parser.add_argument("--rate", type=int, default=0, help="buffers that each process replaces in a second")
    parser.add_argument("--busy-rate", type=int, default=20, help="the same in the last row")
    parser.add_argument("--processes", type=int, default=64)
    parser.add_argument("--devices", type=int, default=32)
    parser.add_argument("--buffers", type=int, default=100_000)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--markdown", type=pathlib.Path)
    options = parser.parse_args()

    load = os.getloadavg()[0]
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-cost-", dir="/dev/shm"))
    scratch.chmod(0o755)
    environment = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8", TT_ALLOC_LEDGER_DIR=str(scratch),
                       TT_ALLOC_SYSFS_ROOT=str(scratch / "tree/sys"), TT_ALLOC_PROCFS_ROOT=str(scratch / "tree/proc"),
                       XDG_CONFIG_HOME=str(scratch / "config"), XDG_STATE_HOME=str(scratch / "state"), HOME=str(scratch))
    for name in ("LD_PRELOAD", "TT_ALLOC_TRACKING_ENABLED"):
        environment.pop(name, None)
    subprocess.run([ROOT / "tests/support/fake-kmd-tree", scratch / "tree", *["n150"] * options.devices], check=True)

    def start_fleet(rate):
        fleet = subprocess.Popen([options.build / "benchmarks/fleet", "--processes", str(options.processes), "--devices",
                                  str(options.devices), "--buffers", str(options.buffers), "--rate", str(rate)],
                                 env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not fleet.stdout.readline().startswith("ready"):
            sys.exit("the fleet did not start")
        return fleet

    fleet = start_fleet(options.rate)
    rows = []
    try:
        (scratch / "config/htop").mkdir(parents=True)

        def ttmem(milliseconds):
            return lambda: Program([str(options.build / "bin/ttmem"), "top", "-r", str(milliseconds)], environment)

        def htop(milliseconds):
            return lambda: Program([shutil.which("htop"), "-d", str(max(1, milliseconds // 100))], environment)

        def btop(milliseconds):
            folder = scratch / f"config-{milliseconds}/btop"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "btop.conf").write_text(f"update_ms = {milliseconds}\n")
            settings = dict(environment, XDG_CONFIG_HOME=str(folder.parent))
            return lambda: Program([shutil.which("btop"), "--utf-force"], settings)

        def shell(_):
            return lambda: Program(["/bin/sh", "-c", "echo PID; sleep 1000"], environment)

        peers = [("ttmem, view 1", ttmem, (b"PID",), b"")]
        peers += [(f"ttmem, view {view}", ttmem, (b"PID",), str(view).encode()) for view in (2, 3, 4)]
        peers.append(("sh", shell, (b"PID",), b""))
        if shutil.which("htop"):
            peers.append(("htop", htop, (b"Quit",), b""))
        if shutil.which("btop"):
            peers.append(("btop", btop, (b"menu", b"pid"), b""))
        peers.append((BUSY, ttmem, (b"PID",), b""))
        for name, make, marks, keys in peers:
            if name == BUSY:
                fleet.stdin.close()
                fleet.wait()
                fleet = start_fleet(options.busy_rate)
            row = {"program": name}
            if not keys and name != BUSY:
                frames = [f for f in first_frames(make(1000), marks, options.starts) if f is not None]
                row["first_frame_ms"] = statistics.median(frames) if frames else None
            # btop does not go below 100 ms; the others are asked for the same.
            for label, milliseconds in (("1 Hz", 1000), ("10 Hz", 100)):
                row[label] = steady(make(milliseconds), marks, keys, milliseconds / 1000, options.seconds)
            rows.append(row)
            print(json.dumps(row), flush=True)
    finally:
        fleet.stdin.close()
        fleet.wait()
        shutil.rmtree(scratch, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(table(rows, options, load))


def table(rows, options, load):
    def figure(value, form):
        return "-" if value is None else format(value, form)

    processor = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    text = ["# What the monitor costs", "",
            "Written by `benchmarks/monitor_cost.py`; do not edit. Compare figures of this run with each other; those in ms belong to the machine.",
            "", f"- Command: `benchmarks/monitor_cost.py {' '.join(sys.argv[1:])}`",
            f"- Date: {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}",
            f"- Processor: {processor}, {os.cpu_count()} cores; load average at the start {load:.2f}", "",
            f"{options.devices} cards, {options.processes} processes, {options.buffers:,} buffers, {options.rate} of them replaced "
            "by each process in a second.", "",
            "Resident is what the kernel counts; the share gives pages that several processes map to each in part (Pss); the last column is in no file.", "",
            "| program | first frame, ms | CPU a refresh at 1 Hz, ms | at 10 Hz, ms | resident, MiB | its share, MiB | in no file, MiB |",
            "|---|---|---|---|---|---|---|"]
    for row in rows:
        one, ten = row["1 Hz"] or {}, row["10 Hz"] or {}
        text.append("| " + " | ".join([row["program"], figure(row.get("first_frame_ms"), ".1f"),
                                       figure(one.get("cpu_ms_a_refresh"), ".2f"), figure(ten.get("cpu_ms_a_refresh"), ".2f"),
                                       figure(one.get("resident_kib", 0) / 1024 if one else None, ".1f"),
                                       figure(one.get("share_kib", 0) / 1024 if one else None, ".1f"),
                                       figure(one.get("own_kib", 0) / 1024 if one else None, ".1f")]) + " |")
    held = {row["program"]: row["1 Hz"] for row in rows}
    if held.get("ttmem, view 1") and held.get("ttmem, view 4"):
        more = (held["ttmem, view 4"]["resident_kib"] - held["ttmem, view 1"]["resident_kib"]) * 1024 / options.buffers
        text += ["", f"View 4 takes {more:.0f} bytes a buffer more than view 1 (aim: 128)."]
    text += ["", "`sh` prints a word and waits: what starting anything on a terminal takes in this run. A first frame of ttmem is devices, processes and totals of the",
             "ledgers; what rests on lists of buffers, and telemetry, come with the next, right behind it.", "",
             f"In the busy fleet each process replaces {options.busy_rate} buffers a second, so that every ledger is read anew, with its list, in a refresh. "
             "Else nothing",
             "happens and a refresh finds that out. In its charts the monitor keeps up to 23 KiB more a card in the course of a day (30 at 10 Hz)."]
    return "\n".join(text) + "\n"


if __name__ == "__main__":
    main()
