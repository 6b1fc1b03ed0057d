#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of tracking for whole loops of real ttnn on a mock N150: run.py calls it; by itself it prints JSON.

Each pair is two fresh processes, one as ttnn comes, one with libtt_alloc_hooks.so preloaded and tracking on. Upstream's own tracking is off in both. They take turns, block by
block, so that what else the machine does meets both; the pair's ratio is the median over its blocks. Different pairs differ in where everything lies in memory.
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
import ledger_counts  # noqa: E402
import paired  # noqa: E402
import sections  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOOPS = {"add": ("cached ttnn.add of two 128x128 bf16 tensors", 1200), "empty": ("ttnn.empty of 64x64 bf16 and del", 6000)}  # operations in a block
START_SECONDS = 300
HEADING = "## C++ stacks"


def host():
    """The measured program: answers "NAME COUNT" on stdin with the wall and processor ns of that many operations."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    import ttnn

    device = ttnn.open_device(device_id=0)
    device.enable_program_cache() if hasattr(device, "enable_program_cache") else None
    operand = [ttnn.empty([128, 128], ttnn.bfloat16, ttnn.TILE_LAYOUT, device, ttnn.DRAM_MEMORY_CONFIG) for _ in range(2)]

    def add(count):
        left, right = operand
        call = ttnn.add
        for _ in range(count):
            call(left, right)

    def empty(count):
        call, shape, dtype, layout, config = ttnn.empty, [64, 64], ttnn.bfloat16, ttnn.TILE_LAYOUT, ttnn.DRAM_MEMORY_CONFIG
        for _ in range(count):
            tensor = call(shape, dtype, layout, device, config)
            del tensor

    loops = {"add": add, "empty": empty}
    for name, loop in loops.items():
        loop(LOOPS[name][1])
    print("ready", file=answers)
    for line in sys.stdin:
        name, count = line.split()
        wall, processor = time.perf_counter_ns(), time.process_time_ns()
        loops[name](int(count))
        print(time.perf_counter_ns() - wall, time.process_time_ns() - processor, file=answers)
    ttnn.close_device(device)


class Program:
    def __init__(self, python, environment, scratch, program=__file__):
        self.errors = open(scratch / f"host.{time.monotonic_ns()}.err", "w+")
        self.process = subprocess.Popen([python, program, "--host"], env=environment, cwd=scratch, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, bufsize=1)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise RuntimeError(f"the measured program ended with {self.process.wait()}\n{self.errors.read()[-2000:]}")
        return line.split()

    def block(self, loop, count):
        """(wall, processor) ns an operation."""
        self.process.stdin.write(f"{loop} {count}\n")
        return [int(ns) / count for ns in self.answer()]

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(60)
        finally:
            self.process.kill()
            self.process.stdout.close()
            self.errors.close()


def environments(build, ledgers, scratch, stacks):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TT_", "TTNN_", "LD_", "PYTHON"))}
    home = build / "benchmark-home"
    home.mkdir(parents=True, exist_ok=True)
    kept |= {"HOME": str(home), "TT_METAL_CACHE": os.environ.get("TT_METAL_CACHE", str(home / "tt-metal-cache")), "TT_LOGGER_LEVEL": "fatal", "LOGURU_LEVEL": "ERROR",
             "TT_METAL_LOGS_PATH": str(scratch), "TT_METAL_MOCK_CLUSTER_DESC_PATH": str(ROOT / "tests" / "support" / "clusters" / "n150.yaml"),
             "TT_METAL_SHM_TRACKING_DISABLED": "1", "PYTHONHASHSEED": "0"}
    hooks = build / "lib" / "libtt_alloc_hooks.so"
    if not hooks.exists():
        raise RuntimeError(f"{hooks} is not built")
    return kept, kept | {"LD_PRELOAD": str(hooks), "TT_ALLOC_TRACKING_ENABLED": "1", "TT_ALLOC_LEDGER_DIR": str(ledgers), "TT_ALLOC_STACKS": stacks}


def one_pair(python, build, blocks, swapped, scratch, stacks):
    """{loop: {"wall": ratio, "processor": ratio, "base_ns", "tracked_ns", "events"}} of two fresh processes."""
    ledgers = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-loops.", dir="/dev/shm"))
    programs = []
    try:
        for environment in environments(build, ledgers, scratch, stacks):
            programs.append(Program(python, environment, scratch))
        for program in programs:
            program.answer()
        base, tracked = programs
        result = {}
        for loop, (_, count) in LOOPS.items():
            before = ledger_counts.of_all(ledgers)[tracked.process.pid]
            times = []
            for block in range(blocks):
                first, second = (tracked, base) if (block + swapped) % 2 else (base, tracked)
                a, b = first.block(loop, count), second.block(loop, count)
                times.append((a, b) if first is base else (b, a))
            after = ledger_counts.of_all(ledgers)[tracked.process.pid]
            if after.lost:
                raise RuntimeError(f"the ledger lost {after.lost} events")
            events = (after.allocations + after.frees - before.allocations - before.frees) / (blocks * count)
            if events < 1:
                raise RuntimeError(f"{loop}: only {events} events an operation reached the ledger: nothing was measured")
            result[loop] = {"wall": statistics.median(t[0] / b[0] for b, t in times), "processor": statistics.median(t[1] / b[1] for b, t in times),
                            "base_ns": statistics.median(b[0] for b, t in times), "tracked_ns": statistics.median(t[0] for b, t in times), "events": events}
        for program in programs:
            program.end()
        return result
    finally:
        for program in programs:
            program.process.kill()
            program.process.wait()
        shutil.rmtree(ledgers, ignore_errors=True)
        for program in programs:  # Open MPI's segment of a process that had to be killed
            for left in pathlib.Path("/dev/shm").glob(f"sm_segment.*.{program.process.pid:x}.*"):
                left.unlink(missing_ok=True)


def measure(python, build, pairs, blocks, say=lambda text: None, stacks="python"):
    rows = {loop: [] for loop in LOOPS}
    with tempfile.TemporaryDirectory(prefix="ttmem-loops.") as scratch:
        for pair in range(pairs):
            for loop, row in one_pair(python, build, blocks, pair % 2, pathlib.Path(scratch), stacks).items():
                rows[loop].append(row)
            say(f"loops: pair {pair + 1} of {pairs}: " + ", ".join(f"{loop} {row[-1]['wall']:.3f}" for loop, row in rows.items()))
    return {loop: {"title": LOOPS[loop][0], "events_an_operation": statistics.median(r["events"] for r in row),
                   **{key: paired.Estimate([r[key] for r in row]).as_json() for key in ("wall", "processor", "base_ns", "tracked_ns")},
                   "added_ns": paired.Estimate([r["tracked_ns"] - r["base_ns"] for r in row]).as_json()} for loop, row in rows.items()}


def render_native(results, options):
    lines = [HEADING, "",
             f"Written by `benchmarks/ttnn_loops.py --stacks native --write --pairs {options.pairs} --blocks {options.blocks}`, load average {os.getloadavg()[0]:.2f}: the loops above "
             "with `TT_ALLOC_STACKS=native`, against ttnn as it comes. Each operation allocates one buffer, so the stack of Python and C++ is read once in each. Medians over pairs (95 % interval).", "",
             "| loop | tracked / base, wall | in processor time | base, ns an operation |", "|---|---|---|---|"]
    for row in results.values():
        figures = [f"{row[key]['median']:.2f} ({row[key]['low']:.2f} to {row[key]['high']:.2f})" for key in ("wall", "processor")]
        lines.append(f"| {row['title']} | {figures[0]} | {figures[1]} | {row['base_ns']['median']:,.0f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--python", default=os.environ.get("TTMEM_VENV", str(ROOT / ".venv")) + "/bin/python", help="an interpreter with ttnn 0.81.1")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--blocks", type=int, default=10, help="of each loop, in each process")
    parser.add_argument("--stacks", choices=("python", "native"), default="python", help="TT_ALLOC_STACKS of the tracked process")
    parser.add_argument("--write", action="store_true", help="with --stacks native: writes its section of RESULTS.md")
    options = parser.parse_args()
    if options.host:
        host()
        return
    if options.write and options.stacks != "native":
        parser.error("--write is for --stacks native; the other loops are run.py's")
    results = measure(options.python, options.build.absolute(), options.pairs, options.blocks, lambda text: print(text, file=sys.stderr), options.stacks)
    print(json.dumps(results, indent=1))
    if options.write:
        sections.put(ROOT / "benchmarks" / "RESULTS.md", render_native(results, options), HEADING)


if __name__ == "__main__":
    main()
