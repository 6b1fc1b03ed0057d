#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of tracking beside that of tt-metal's own shared-memory counters, with real ttnn on a mock Galaxy of 32 chips.

  benchmarks/counters.py [--python PYTHON] [--build build] [--rounds 6] [--blocks 10] [--write]

Three fresh processes in each round: ttnn as it comes with its counters off (the base), with its counters on, and with the counters off and the hooks tracking. They take turns block by block, so that what else
the machine does meets all three. `open` is opening the mesh; `warm-up` is the first call of operations on new shapes, which makes their programs. Processor time of the whole process, as ratios to the base. With
--write the section of benchmarks/RESULTS.md is written again.
"""
import argparse
import datetime
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
import ledger_counts  # noqa: E402
import paired  # noqa: E402
import sections  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEADING = "## Beside tt-metal's counters"
WAYS = ("base", "counters", "hooks")
NEW_SHAPES = 12  # of the warm-up
LOOPS = {"empty": ("`ttnn.empty` of 64x64 bf16 on the mesh, and `del`", 300), "add": ("cached `ttnn.add`", 150)}
ONCE = {"open": "opening the mesh", "warm-up": f"the first `ttnn.add` of each of {NEW_SHAPES} shapes"}


def host():
    """The measured program: prints the processor ns of ONCE, then answers "NAME COUNT" on stdin with those of that many operations."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    import ttnn

    begin = time.process_time_ns()
    device = ttnn.open_mesh_device(ttnn.MeshShape(8, 4))
    opened = time.process_time_ns()

    def tensor(rows=64, columns=64):
        return ttnn.empty([rows, columns], ttnn.bfloat16, ttnn.TILE_LAYOUT, device, ttnn.DRAM_MEMORY_CONFIG)

    for number in range(NEW_SHAPES):
        ttnn.add(tensor(64, 96 + 32 * number), tensor(64, 96 + 32 * number))
    warm = time.process_time_ns()
    left, right = tensor(), tensor()

    def empty(count):
        for _ in range(count):
            one = tensor()
            del one

    def add(count):
        for _ in range(count):
            ttnn.add(left, right)

    loops = {"empty": empty, "add": add}
    for loop in loops.values():
        loop(20)
    print(opened - begin, warm - opened, file=answers)
    for line in sys.stdin:
        name, count = line.split()
        begin = time.process_time_ns()
        loops[name](int(count))
        print(time.process_time_ns() - begin, file=answers)
    ttnn.close_mesh_device(device)


def environment(way, build, scratch, cache):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TT_", "TTNN_", "LD_", "PYTHON"))}
    kept |= {"TT_METAL_MOCK_CLUSTER_DESC_PATH": str(ROOT / "tests/support/clusters/galaxy.yaml"), "TT_LOGGER_LEVEL": "fatal", "LOGURU_LEVEL": "ERROR", "PYTHONHASHSEED": "0",
             "TT_METAL_LOGS_PATH": str(scratch), "TT_METAL_CACHE": cache}
    if way != "counters":
        kept["TT_METAL_SHM_TRACKING_DISABLED"] = "1"
    if way == "hooks":
        kept |= {"LD_PRELOAD": str(build / "lib/libtt_alloc_hooks.so"), "TT_ALLOC_TRACKING_ENABLED": "1", "TT_ALLOC_LEDGER_DIR": str(scratch)}
    return kept


class Program:
    def __init__(self, way, options, scratch):
        self.errors = open(scratch / f"{way}.err", "w+")
        self.process = subprocess.Popen([options.python, __file__, "--host"], env=environment(way, options.build, scratch, options.cache), cwd=scratch,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, bufsize=1)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise RuntimeError(f"the measured program ended with {self.process.wait()}\n{self.errors.read()[-2000:]}")
        return [int(ns) for ns in line.split()]

    def block(self, loop, count):
        self.process.stdin.write(f"{loop} {count}\n")
        return self.answer()[0] / count


def counter_files():
    return set(pathlib.Path("/dev/shm").glob("tt_device_*_memory"))


def one_round(options, number):
    """{row: {way: (processor ns, its ratio to the base)}}: of loops the median over the blocks, each against the base's block beside it."""
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-counters.", dir="/dev/shm"))
    there = counter_files()
    programs = {}
    try:
        result = {name: {} for name in (*ONCE, *LOOPS)}
        for way in WAYS[number % 3:] + WAYS[:number % 3]:
            programs[way] = Program(way, options, scratch)
            result["open"][way], result["warm-up"][way] = programs[way].answer()  # one starts after the other
            if way == "counters" and not any(file.name in maps for file in counter_files() for maps in [(pathlib.Path("/proc") / str(programs[way].process.pid) / "maps").read_text()]):
                raise RuntimeError("tt-metal keeps no counters in the process that is to have them")
        for name in ONCE:
            result[name] = {way: (took, took / result[name]["base"]) for way, took in result[name].items()}
        before = ledger_counts.of_all(scratch)[programs["hooks"].process.pid]
        for loop, (_, count) in LOOPS.items():
            blocks = {way: [] for way in WAYS}
            for block in range(options.blocks):
                for way in WAYS[block % 3:] + WAYS[:block % 3]:
                    blocks[way].append(programs[way].block(loop, count))
            result[loop] = {way: (statistics.median(times), statistics.median(one / base for one, base in zip(times, blocks["base"]))) for way, times in blocks.items()}
        after = ledger_counts.of_all(scratch)[programs["hooks"].process.pid]
        if after.lost or after.allocations - before.allocations < options.blocks * sum(count for _, count in LOOPS.values()):
            raise RuntimeError(f"the ledger has {after.allocations - before.allocations} allocations of the loops and lost {after.lost} events")
        for program in programs.values():
            program.process.stdin.close()
            program.process.wait(120)
        return result
    finally:
        for program in programs.values():
            program.process.kill()
            program.process.wait()
            program.errors.close()
        shutil.rmtree(scratch, ignore_errors=True)
        for file in counter_files() - there:
            file.unlink(missing_ok=True)


def report(rounds, options, load):
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    lines = [HEADING, "", f"`benchmarks/counters.py --rounds {options.rounds} --blocks {options.blocks}`, {datetime.date.today()}, commit {commit}, load {load:.1f} before it.",
             "Real ttnn on a mock Galaxy of 32 chips, processor time of the process. Ratios to the same program with neither; in brackets their 95 % interval over rounds of three fresh processes.", "",
             "| | base | tt-metal's counters | tracked by ttmem |", "|---|---|---|---|"]
    for name in (*ONCE, *LOOPS):
        words = ONCE.get(name) or LOOPS[name][0]
        base = statistics.median(each[name]["base"][0] for each in rounds)
        cells = []
        for way in WAYS[1:]:
            ratio = paired.Estimate([each[name][way][1] for each in rounds])
            interval = f" ({ratio.low:.3f} to {ratio.high:.3f})" if ratio.low is not None else ""
            cells.append(f"{ratio.median:.3f}{interval}")
        unit = f"{base / 1e6:.1f} ms" if name in ONCE else f"{base / 1e3:.1f} us"
        lines.append(f"| {words} | {unit} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--python", default=os.environ.get("TTMEM_VENV", str(ROOT / ".venv")) + "/bin/python", help="an interpreter with ttnn 0.81.1")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--cache", default=os.environ.get("TT_METAL_CACHE", ""), help="tt-metal's kernel cache; a round before the first fills a new one")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--blocks", type=int, default=10)
    parser.add_argument("--write", action="store_true", help="puts the result into benchmarks/RESULTS.md, too")
    options = parser.parse_args()
    if options.host:
        host()
        return
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="ttmem-counters-cache.") as cache:
        options.cache = options.cache or cache
        quick = argparse.Namespace(**{**vars(options), "blocks": 1})
        one_round(quick, 0)  # kernels are compiled into the cache here
        rounds = []
        for number in range(options.rounds):
            rounds.append(one_round(options, number))
            print(f"round {number + 1}: {json.dumps(rounds[-1])}", file=sys.stderr)
    text = report(rounds, options, load)
    print(text)
    if options.write:
        sections.put(ROOT / "benchmarks/RESULTS.md", text, HEADING)


if __name__ == "__main__":
    main()
