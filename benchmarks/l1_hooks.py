#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""What the hooks take of a launch, on 1, 8 and 32 chips: for each circular buffer at a program's first launch, and for a relaunch from the program cache.

Each pair is two fresh processes on a mock cluster, one as ttnn comes, one with libtt_alloc_hooks.so preloaded and tracking on, taking turns block by block. Programs
(ttnn.generic_op) differ by their hash alone, so their kernel is compiled once, and a first launch costs what tt-metal and the hooks do about it. What a buffer costs is
the difference between programs of many buffers and of few, tracked minus base. With --write the section of benchmarks/RESULTS.md is made anew.
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
import paired  # noqa: E402
import sections  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
MESHES = {1: ("n150", (1, 1)), 8: ("t3000", (2, 4)), 32: ("galaxy", (8, 4))}
FEW, MANY = 2, 32  # circular buffers of a program
FIRST, AGAIN = 12, 400  # launches in a block
HEADING = "## Launches"


def host(rows, columns):
    """The measured program: answers "first COUNT" and "again COUNT" (COUNT buffers) on stdin with ns of this thread's processor time a launch: launches are this thread's."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    import ttnn

    device = ttnn.open_mesh_device(ttnn.MeshShape(rows, columns))
    x, out = (ttnn.empty([64, 64], ttnn.bfloat16, ttnn.TILE_LAYOUT, device, ttnn.DRAM_MEMORY_CONFIG) for _ in range(2))
    cores = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(7, 3))])
    made = [0]

    def program(buffers):
        made[0] += 1
        kernel = ttnn.KernelDescriptor(kernel_source="void kernel_main() {}", source_type=ttnn.KernelDescriptor.SourceType.SOURCE_CODE,
                                       core_ranges=cores, compile_time_args=[], config=ttnn.ReaderConfigDescriptor())
        cbs = [ttnn.CBDescriptor(total_size=2048, core_ranges=cores, format_descriptors=[
            ttnn.CBFormatDescriptor(buffer_index=i, data_format=ttnn.bfloat16, page_size=2048)]) for i in range(buffers)]
        one = ttnn.ProgramDescriptor(kernels=[kernel], cbs=cbs, semaphores=[])
        one.custom_program_hash = made[0]
        return one

    def first(buffers):
        programs = [program(buffers) for _ in range(FIRST)]
        begin = time.thread_time_ns()
        for one in programs:
            ttnn.generic_op([x, out], one)
        took = (time.thread_time_ns() - begin) / FIRST
        device.clear_program_cache()
        return took

    def again(buffers):
        one = program(buffers)
        for _ in range(20):
            ttnn.generic_op([x, out], one)
        begin = time.thread_time_ns()
        for _ in range(AGAIN):
            ttnn.generic_op([x, out], one)
        took = (time.thread_time_ns() - begin) / AGAIN
        device.clear_program_cache()
        return took

    first(MANY), again(FEW)
    print("ready", file=answers)
    for line in sys.stdin:
        name, count = line.split()
        print({"first": first, "again": again}[name](int(count)), file=answers)
    ttnn.close_mesh_device(device)


class Host:
    def __init__(self, options, chips, scratch, tracked):
        cluster, shape = MESHES[chips]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("TT_", "TTNN_", "LD_"))}
        environment |= {"TT_METAL_MOCK_CLUSTER_DESC_PATH": str(ROOT / "tests" / "support" / "clusters" / f"{cluster}.yaml"), "TT_LOGGER_LEVEL": "fatal",
                        "TT_METAL_SHM_TRACKING_DISABLED": "1", "TT_METAL_LOGS_PATH": str(scratch), "TT_METAL_CACHE": options.cache or str(scratch / "cache"),
                        "TT_ALLOC_LEDGER_DIR": str(scratch)}
        if tracked:
            environment |= {"LD_PRELOAD": str(options.build / "lib" / "libtt_alloc_hooks.so"), "TT_ALLOC_TRACKING_ENABLED": "1"}
        self.process = subprocess.Popen([options.python, __file__, "--host", *map(str, shape)], env=environment, cwd=scratch, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"the host on {chips} chips did not start")

    def ask(self, name, count):
        self.process.stdin.write(f"{name} {count}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)


def pair(options, chips):
    """{(kind, buffers): median over the blocks of tracked minus base, in ns}, and the base's own."""
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-l1-bench."))
    try:
        hosts = [Host(options, chips, scratch, tracked) for tracked in (False, True)]
        differences, bases = {}, {}
        for block in range(options.blocks):
            for name in ("first", "again"):
                for buffers in (FEW, MANY):
                    order = hosts if block % 2 == 0 else hosts[::-1]
                    took = {one: one.ask(name, buffers) for one in order}
                    differences.setdefault((name, buffers), []).append(took[hosts[1]] - took[hosts[0]])
                    bases.setdefault((name, buffers), []).append(took[hosts[0]])
        for one in hosts:
            one.end()
        return ({key: statistics.median(values) for key, values in differences.items()},
                {key: statistics.median(values) for key, values in bases.items()})
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def measure(options):
    rows = {}
    for chips in MESHES:
        found = [pair(options, chips) for _ in range(options.pairs)]
        added = {key: [difference[key] for difference, _ in found] for key in found[0][0]}
        rows[chips] = {
            "buffer": paired.Estimate([(many - few) / (MANY - FEW) for few, many in zip(added["first", FEW], added["first", MANY])]).as_json(),
            "again": {count: paired.Estimate(added["again", count]).as_json() for count in (FEW, MANY)},
            "base": {name: statistics.median(base[name, FEW] for _, base in found) for name in ("first", "again")},
        }
        print(f"{chips} chips: {json.dumps(rows[chips])}", file=sys.stderr, flush=True)
    return rows


def between(estimate):
    text = f"{estimate['median']:.0f}"
    return text if estimate["low"] is None else f"{text} ({estimate['low']:.0f} to {estimate['high']:.0f})"


def render(rows, options):
    text = [HEADING, "", f"Written by `benchmarks/l1_hooks.py --write --pairs {options.pairs} --blocks {options.blocks}`, load average {os.getloadavg()[0]:.2f}. Tracked minus "
            f"base in ns of the launching thread's processor time, median over pairs of processes (95 % interval): what a circular buffer adds to a program's first launch, of {FEW} and of {MANY} buffers; what a launch "
            "from the program cache takes more. Aims: 1000 a buffer, 100 a relaunch, flat in chips.", "",
            f"| chips | a buffer at first launch | relaunch, {FEW} buffers | relaunch, {MANY} buffers | base: first launch | base: relaunch |", "|---|---|---|---|---|---|"]
    for chips, row in rows.items():
        text.append(f"| {chips} | {between(row['buffer'])} | {between(row['again'][FEW])} | {between(row['again'][MANY])} | {row['base']['first']:,.0f} | {row['base']['again']:,.0f} |")
    return "\n".join(text) + "\n"


def main():
    if sys.argv[1:2] == ["--host"]:
        host(int(sys.argv[2]), int(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--python", default=os.environ.get("TTMEM_VENV", str(ROOT / ".venv")) + "/bin/python", help="an interpreter with ttnn 0.81.1")
    parser.add_argument("--pairs", type=int, default=6, help="of processes on each mesh")
    parser.add_argument("--blocks", type=int, default=12, help="of each kind in each process")
    parser.add_argument("--cache", help="folder of compiled kernels (default: one of this run's)")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "benchmarks" / "RESULTS.md")
    parser.add_argument("--write", action="store_true", help="put the section into --results")
    options = parser.parse_args()
    options.build = options.build.resolve()
    text = render(measure(options), options)
    print(text)
    if options.write:
        sections.put(options.results, text, HEADING)


if __name__ == "__main__":
    main()
