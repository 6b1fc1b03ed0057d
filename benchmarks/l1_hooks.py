#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The time of a launch that the hooks take, on 1, 8 and 32 chips: for each circular buffer at a program's first launch, for a relaunch from the program cache, and of
ordinary operations (ttnn.add, ttnn.matmul) with their allocation and free.

Each process runs on a mock cluster and switches tracking on for one block and off for the next, in alternating order (ttmem_hooks_enable and ttmem_hooks_disable: every
slot leads to where it would with the hooks preloaded, or without them). Two processes differ by a few hundred ns an operation through where things lie in memory, which is
more than what is looked for; the two blocks of a pair do not. Programs (ttnn.generic_op) differ by their hash alone, so their kernel is compiled once, and a first launch
costs what tt-metal and the hooks do about it. What a buffer costs is the difference between programs of many buffers and of few, tracked minus base. ttnn.generic_op makes
a program for each chip of the mesh, operations make one for all. With --write the section of benchmarks/RESULTS.md is written again.
"""
import argparse
import ctypes
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
FIRST, AGAIN = 12, 1000  # launches in a block
OPS = {"into": "ttnn.add into a tensor that is there", "add": "ttnn.add", "matmul": "ttnn.matmul"}
KINDS = [(name, buffers) for name in ("first", "again") for buffers in (FEW, MANY)] + [(name,) for name in OPS]
HEADING = "## Launches"


class Switch:
    """The hooks of this process, off."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)

    def __call__(self, on):
        message = ctypes.create_string_buffer(512)
        function = self.library.ttmem_hooks_enable if on else self.library.ttmem_hooks_disable
        if function(message, ctypes.c_size_t(len(message))) != 0:
            raise RuntimeError(message.value.decode())


def host(hooks, blocks, rows, columns):
    """The measured process: prints for each of KINDS the median over the blocks of tracked minus base, and base, in ns of processor time a launch."""
    answers = os.fdopen(os.dup(1), "w")
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
    there = ttnn.add(x, out)
    measured = {"first": first, "again": again, "into": lambda: loop(lambda: ttnn.add(x, out, output_tensor=there)), "add": lambda: loop(lambda: ttnn.add(x, out)),
                "matmul": lambda: loop(lambda: ttnn.matmul(x, out))}
    switch = Switch(hooks)
    differences, bases = [[] for _ in KINDS], [[] for _ in KINDS]
    for block in range(blocks):
        for number, (name, *count) in enumerate(KINDS):
            took = {}
            for on in (False, True) if block % 2 == 0 else (True, False):
                if on:
                    switch(True)
                took[on] = measured[name](*count)
                if on:
                    switch(False)
            differences[number].append(took[True] - took[False])
            bases[number].append(took[False])
    print(json.dumps([[statistics.median(differences[i]), statistics.median(bases[i])] for i in range(len(KINDS))]), file=answers, flush=True)
    ttnn.close_mesh_device(device)


def one_process(options, chips):
    """{(kind, buffers) or (operation,): (tracked minus base, base) in ns}."""
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-l1-bench."))
    try:
        cluster, shape = MESHES[chips]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("TT_", "TTNN_", "LD_"))}
        environment |= {"TT_METAL_MOCK_CLUSTER_DESC_PATH": str(ROOT / "tests" / "support" / "clusters" / f"{cluster}.yaml"), "TT_LOGGER_LEVEL": "fatal",
                        "TT_METAL_SHM_TRACKING_DISABLED": "1", "TT_METAL_LOGS_PATH": str(scratch), "TT_METAL_CACHE": options.cache or str(scratch / "cache"),
                        "TT_ALLOC_LEDGER_DIR": str(scratch)}
        hooks = options.build / "lib" / "libtt_alloc_hooks.so"
        done = subprocess.run([options.python, __file__, "--host", hooks, str(options.blocks), *map(str, shape)], env=environment, cwd=scratch, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise RuntimeError(f"the process on {chips} chips ended with {done.returncode}\n{done.stderr[-2000:]}")
        return {kind: tuple(figures) for kind, figures in zip(KINDS, json.loads(done.stdout))}
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def measure(options):
    rows = {}
    for chips in MESHES:
        found = [one_process(options, chips) for _ in range(options.processes)]
        added = {kind: [one[kind][0] for one in found] for kind in KINDS}
        rows[chips] = {
            "buffer": paired.Estimate([(many - few) / (MANY - FEW) / chips for few, many in zip(added["first", FEW], added["first", MANY])]).as_json(),
            "again": {count: paired.Estimate(added["again", count]).as_json() for count in (FEW, MANY)},
            **{name: paired.Estimate(added[name,]).as_json() for name in OPS},
            "base": {kind[0]: statistics.median(one[kind][1] for one in found) for kind in KINDS if kind[1:] != (MANY,)},
        }
        print(f"{chips} chips: {json.dumps(rows[chips])}", file=sys.stderr, flush=True)
    return rows


def between(estimate):
    text = f"{estimate['median']:.0f}"
    return text if estimate["low"] is None else f"{text} ({estimate['low']:.0f} to {estimate['high']:.0f})"


def render(rows, options):
    text = [HEADING, "", f"Written by `benchmarks/l1_hooks.py --write --processes {options.processes} --blocks {options.blocks}`, load average {os.getloadavg()[0]:.2f}. Tracked minus "
            f"base in ns of processor time, each from pairs of blocks of one process, tracking on in one and off in the other; median over processes (95 % interval): what a circular buffer adds to a program's first launch, from programs of {FEW} and of {MANY} buffers; what "
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
        host(sys.argv[2], *map(int, sys.argv[3:]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--python", default=os.environ.get("TTMEM_VENV", str(ROOT / ".venv")) + "/bin/python", help="an interpreter with ttnn 0.81.1")
    parser.add_argument("--processes", type=int, default=6, help="on each mesh")
    parser.add_argument("--blocks", type=int, default=30, help="pairs of each kind in each process")
    parser.add_argument("--cache", help="folder of compiled kernels (default: one of this run's)")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "benchmarks" / "RESULTS.md")
    parser.add_argument("--write", action="store_true", help="put the section into --results")
    options = parser.parse_args()
    options.build = options.build.absolute()
    text = render(measure(options), options)
    print(text)
    if options.write:
        sections.put(options.results, text, HEADING)


if __name__ == "__main__":
    main()
