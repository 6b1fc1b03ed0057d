#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of knowing who allocates (stack, context, tensor), for whole loops of real ttnn on a mock N150 and for an event, beside memray on malloc in the same run.

  benchmarks/who_cost.py [--build build-rel] [--rounds 20] [--blocks 8] [--memray PYTHON] [--write]

A round is three fresh processes: one as ttnn comes, one tracked without stacks and tensors (TT_ALLOC_STACK_FRAMES=0, and a library that takes the hook of tensors away),
one tracked as it is by default. They take turns, block by block, so that what else the machine does meets all; a round's figure is the median over its blocks. PYTHON is an interpreter with
memray (pip install memray), whose Tracker is measured on a loop of malloc and free, once a round, without and with native stacks. Needs a build with optimisation (cmake --preset release).
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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ledger_counts  # noqa: E402
import paired  # noqa: E402
import record_peers  # noqa: E402
import sections  # noqa: E402
import ttnn_loops  # noqa: E402
import who_loops  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
HEADING = "## Stacks, contexts and tensors"
AIMS = {"add": 1.012, "empty": 1.06, "matmul": 1.03, "decode": 1.02}  # tracked / base
EVENT_AIMS = {4: 35, 16: 60}  # ns an allocation, frames deep
EVENT_LOOP = "empty"
MEMRAY_EVENTS = 400_000


def environments(build, ledgers, scratch):
    """Of the three processes: base, bare, full."""
    base, full = ttnn_loops.environments(build, ledgers, scratch, "python")
    taker = build / "benchmarks" / "without_tensors.so"
    if not taker.exists():
        raise RuntimeError(f"{taker} is not built")
    return {"base": base, "bare": full | {"TT_ALLOC_STACK_FRAMES": "0", "LD_PRELOAD": f"{taker}:{full['LD_PRELOAD']}"}, "full": full}


def turns(number):
    """The order of the three in a block: each of the six, one after the other."""
    return (("base", "bare", "full"), ("full", "bare", "base"), ("bare", "full", "base"), ("base", "full", "bare"), ("full", "base", "bare"), ("bare", "base", "full"))[number % 6]


def one_round(options, number, scratch):
    """{loop: figures} of three fresh processes."""
    ledgers = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-who.", dir="/dev/shm"))
    programs = {}
    try:
        for name, environment in environments(options.build, ledgers, scratch).items():
            programs[name] = ttnn_loops.Program(options.python, environment, scratch, HERE / "who_loops.py")
        for program in programs.values():
            program.answer()
        rows = {}
        for loop, (_, _, _, count) in who_loops.names().items():
            before = ledger_counts.of_all(ledgers)
            blocks = []
            for block in range(options.blocks):
                blocks.append({name: programs[name].block(loop, count) for name in turns(number + block)})
            after = ledger_counts.of_all(ledgers)
            made = {}
            for name in ("bare", "full"):
                pid = programs[name].process.pid
                made[name] = after[pid].allocations - before[pid].allocations
                if after[pid].lost or made[name] < options.blocks * count:
                    raise RuntimeError(f"{loop}, {name}: {made[name]} allocations reached the ledger, {after[pid].lost} events were lost: nothing was measured")
            if made["bare"] != made["full"]:
                raise RuntimeError(f"{loop}: {made} allocations: the processes did different things")
            allocations = made["full"] / (options.blocks * count)
            rows[loop] = {"wall": statistics.median(times["full"][0] / times["base"][0] for times in blocks),
                          "processor": statistics.median(times["full"][1] / times["base"][1] for times in blocks),
                          "who_ns": statistics.median(times["full"][0] - times["bare"][0] for times in blocks) / allocations,
                          "base_ns": statistics.median(times["base"][0] for times in blocks), "allocations": allocations}
        for program in programs.values():
            program.end()
        return rows
    finally:
        for program in programs.values():
            program.process.kill()
            program.process.wait()
        shutil.rmtree(ledgers, ignore_errors=True)
        for program in programs.values():  # Open MPI's segment of a process that had to be killed
            for left in pathlib.Path("/dev/shm").glob(f"sm_segment.*.{program.process.pid:x}.*"):
                left.unlink(missing_ok=True)


def measure(options):
    """Estimates of each loop's figures, and of memray's ns an event."""
    rounds, memray = [], {False: [], True: []}
    with tempfile.TemporaryDirectory(prefix="ttmem-who.") as scratch:
        for number in range(options.rounds):
            rounds.append(one_round(options, number, pathlib.Path(scratch)))
            if options.memray:
                for native, values in memray.items():
                    values.append(record_peers.memray_figures(options.memray, MEMRAY_EVENTS, native)[0])
            print(f"who: round {number + 1} of {options.rounds}: " + ", ".join(f"{loop} {row['wall']:.3f}" for loop, row in rounds[-1].items()), file=sys.stderr, flush=True)
    loops = {loop: {key: paired.Estimate([each[loop][key] for each in rounds]) for key in rounds[0][loop]} for loop in who_loops.names()}
    return loops, {native: paired.Estimate(values) for native, values in memray.items() if values}


def between(estimate, digits):
    text = f"{estimate.median:,.{digits}f}"
    return text if estimate.low is None else f"{text} ({estimate.low:,.{digits}f} to {estimate.high:,.{digits}f})"


def verdict(estimate, aim):
    if estimate.median > aim:
        return "no"
    return "yes" if estimate.high is not None and estimate.high <= aim else "median yes, interval no"


def places(loop):
    _, frames, lines, _ = who_loops.names()[loop]
    return f"{frames} | {lines if lines else 'its own'}"


def render(loops, memray, options):
    command = f"benchmarks/who_cost.py --build {options.build.name} --rounds {options.rounds} --blocks {options.blocks}{' --memray PYTHON' if memray else ''} --write"
    lines = [HEADING, "",
             f"Written by `{command}`, load average {options.load:.2f}. Loops of ttnn 0.81.1 on a mock N150, everything on as it is by default, against ttnn as it comes; frames are those of the stack that is read, "
             "the operation's own included. Medians over rounds of three fresh processes (95 % interval).", "",
             "| loop | frames | from lines | tracked / base, wall | aim | met | in processor time | base, ns an operation |", "|---|---|---|---|---|---|---|---|"]
    for loop, row in loops.items():
        aim = AIMS[loop.split("/")[0]]
        lines.append(f"| {who_loops.names()[loop][0]} | {places(loop)} | {between(row['wall'], 4)} | ≤ {aim} | {verdict(row['wall'], aim)} | {between(row['processor'], 4)} | {row['base_ns'].median:,.0f} |")
    lines += ["", "What stack, context and tensor add to an allocation together: tracked with them less tracked without, in the same loops.", "",
              "| loop | frames | from lines | ns an allocation | aim | met |", "|---|---|---|---|---|---|"]
    for loop, row in loops.items():
        frames = who_loops.names()[loop][1]
        aim = EVENT_AIMS[frames] if loop.startswith(EVENT_LOOP) else None
        lines.append(f"| {who_loops.names()[loop][0]} | {places(loop)} | {between(row['who_ns'], 0)} | {f'≤ {aim}' if aim else ''} | {verdict(row['who_ns'], aim) if aim else ''} |")
    if memray:
        lines += ["", f"memray's Tracker in the same run, on malloc and free in turn, adds to an event: {between(memray[False], 0)} ns with Python's stacks, {between(memray[True], 0)} ns with native ones too."]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=os.environ.get("TTMEM_VENV", str(HERE.parent / ".venv")) + "/bin/python", help="an interpreter with ttnn 0.81.1")
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build-rel")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--blocks", type=int, default=8, help="of each loop, in each process")
    parser.add_argument("--memray", metavar="PYTHON")
    parser.add_argument("--write", action="store_true", help="writes its section of RESULTS.md")
    options = parser.parse_args()
    options.build, options.load = options.build.absolute(), os.getloadavg()[0]
    if options.memray and subprocess.run([options.memray, "-c", "import memray"], capture_output=True).returncode:
        parser.error(f"{options.memray} has no memray (pip install memray)")
    loops, memray = measure(options)
    text = render(loops, memray, options)
    print(text)
    print(json.dumps({"loops": {loop: {key: value.as_json() for key, value in row.items()} for loop, row in loops.items()},
                      "memray_ns_an_event": {"native" if native else "python": value.as_json() for native, value in memray.items()}}), file=sys.stderr)
    if options.write:
        sections.put(HERE / "RESULTS.md", text, HEADING)


if __name__ == "__main__":
    main()
