#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""What the hooks take of a launch, on 1, 8 and 32 chips: for each circular buffer at a program's first launch, for a relaunch from the program cache, and of
ordinary operations (ttnn.add, ttnn.matmul) with their allocation and free.

Each pair is two fresh processes on a mock cluster, one as ttnn comes, one with libtt_alloc_hooks.so preloaded and tracking on, taking turns block by block. Programs
(ttnn.generic_op) differ by their hash alone, so their kernel is compiled once, and a first launch costs what tt-metal and the hooks do about it. What a buffer costs is
the difference between programs of many buffers and of few, tracked minus base. ttnn.generic_op makes a program for each chip of the mesh, operations
make one for all. With --write the section of benchmarks/RESULTS.md is made anew.
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
OPS = {"into": "ttnn.add into a tensor that is there", "add": "ttnn.add", "matmul": "ttnn.matmul"}
HEADING = "## Launches"


def host(rows, columns):
    """The measured program: answers "first COUNT", "again COUNT" (COUNT buffers) and an operation's name on stdin with ns of processor time a launch."""
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
        begin = time.process_time_ns()
        for one in programs:
            ttnn.generic_op([x, out], one)
        took = (time.process_time_ns() - begin) / FIRST
        device.clear_program_cache()
        return took

    def loop(launch):
        for _ in range(20):
            launch()
        begin = time.process_time_ns()
        for _ in range(AGAIN):
            launch()
        took = (time.process_time_ns() - begin) / AGAIN
        device.clear_program_cache()
        return took

    def again(buffers):
        one = program(buffers)
        return loop(lambda: ttnn.generic_op([x, out], one))

    first(MANY), again(FEW)
    print("ready", file=answers)
    there = ttnn.add(x, out)
    kinds = {"first": first, "again": again, "into": lambda: loop(lambda: ttnn.add(x, out, output_tensor=there)), "add": lambda: loop(lambda: ttnn.add(x, out)),
             "matmul": lambda: loop(lambda: ttnn.matmul(x, out))}
    for line in sys.stdin:
        name, *count = line.split()
        print(kinds[name](*map(int, count)), file=answers)
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

    def ask(self, *what):
        self.process.stdin.write(" ".join(map(str, what)) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)


def pair(options, chips):
    """{(kind, buffers) or (operation,): median over the blocks of tracked minus base, in ns}, and the base's own."""
    kinds = [(name, buffers) for name in ("first", "again") for buffers in (FEW, MANY)] + [(name,) for name in OPS]
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-l1-bench."))
    try:
        hosts = [Host(options, chips, scratch, tracked) for tracked in (False, True)]
        differences, bases = {}, {}
        for block in range(options.blocks):
            for kind in kinds:
                order = hosts if block % 2 == 0 else hosts[::-1]
                took = {one: one.ask(*kind) for one in order}
                differences.setdefault(kind, []).append(took[hosts[1]] - took[hosts[0]])
                bases.setdefault(kind, []).append(took[hosts[0]])
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
            "buffer": paired.Estimate([(many - few) / (MANY - FEW) / chips for few, many in zip(added["first", FEW], added["first", MANY])]).as_json(),
            "again": {count: paired.Estimate(added["again", count]).as_json() for count in (FEW, MANY)},
            **{name: paired.Estimate(added[name,]).as_json() for name in OPS},
            "base": {name: statistics.median(base[key] for _, base in found) for name, key in
                     [(name, (name, FEW)) for name in ("first", "again")] + [(name, (name,)) for name in OPS]},
        }
        print(f"{chips} chips: {json.dumps(rows[chips])}", file=sys.stderr, flush=True)
    return rows


def between(estimate):
    text = f"{estimate['median']:.0f}"
    return text if estimate["low"] is None else f"{text} ({estimate['low']:.0f} to {estimate['high']:.0f})"


def render(rows, options):
    text = [HEADING, "", f"Written by `benchmarks/l1_hooks.py --write --pairs {options.pairs} --blocks {options.blocks}`, load average {os.getloadavg()[0]:.2f}. Tracked minus "
            f"base in ns of the process's processor time, median over pairs of processes (95 % interval): what a circular buffer adds to a program's first launch, from programs of {FEW} and of {MANY} buffers; what "
            "`ttnn.generic_op` from the program cache takes more, which launches a program for each chip. Aims: 1000 a buffer, 100 a relaunch.", "",
            f"| chips = programs | a buffer at first launch | relaunch of all, {FEW} buffers | {MANY} buffers | for each program, {FEW} buffers | {MANY} buffers | base: first launch | base: relaunch |",
            "|---|---|---|---|---|---|---|---|"]
    for chips, row in rows.items():
        few, many = row["again"][FEW], row["again"][MANY]
        text.append(f"| {chips} | {between(row['buffer'])} | {between(few)} | {between(many)} | {few['median'] / chips:.0f} | {many['median'] / chips:.0f} "
                    f"| {row['base']['first']:,.0f} | {row['base']['again']:,.0f} |")
    text += ["", "Cached operations on 64x64 bf16 tensors, which launch one program for the whole mesh. The first is a relaunch alone, the others allocate and free their output.", "",
             "| chips | operation | tracked minus base, ns | base, ns | tracked / base |", "|---|---|---|---|---|"]
    for chips, row in rows.items():
        for name, title in OPS.items():
            base = row["base"][name]
            text.append(f"| {chips} | {title} | {between(row[name])} | {base:,.0f} | {1 + row[name]['median'] / base:.4f} |")
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
