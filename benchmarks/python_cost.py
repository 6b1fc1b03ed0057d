#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of the Python package: the switch at an interpreter's start, `import ttmem`, and each function in a tracked process.

Start-up is measured in pairs of fresh processes (`python -c pass`), one environment without the package and one with it, in alternating order. Functions are
called in a process that holds buffers on a mock N150, next to ttnn.get_memory_view. With --write the section of benchmarks/RESULTS.md is written again.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import paired  # noqa: E402
import sections  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEADING = "## Python"
BUFFERS = 1000
FUNCTIONS = ["memory_allocated()", "memory_allocated(device, 'l1')", "max_memory_allocated()", "reset_peak_memory_stats()", "peak block", "region block",
             "mem_get_info()", "largest_fit()", "memory_reserved()", "memory_stats()", "memory_summary()", "memory_snapshot()"]
OPERATIONS = {"`ttnn.empty` and `del`, not named": False, "the same, named": True, "the same, named with its line": "lines", "the same, named with three lines": "lines:3"}
LIMIT_NS = 1000  # memory_allocated
START_LIMIT_MS = 1.0


def host():
    """Runs with ttnn: ns a call of each function, as JSON."""
    import timeit

    import ttnn

    import ttmem

    device = ttnn.open_device(device_id=0)
    held = [ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device) for _ in range(BUFFERS)]

    def peak_block():
        with ttmem.peak():
            pass

    def region_block():
        with ttmem.region("name"):
            pass

    calls = {"peak block": peak_block, "region block": region_block, "ttnn.get_memory_view": lambda: ttnn.get_memory_view(device, ttnn.BufferType.DRAM)}
    for name in FUNCTIONS:
        if name.endswith(")"):
            calls[name] = eval("lambda: ttmem." + name, {"ttmem": ttmem, "device": device})  # noqa: S307 (names of this file)
    for name in OPERATIONS:
        calls[name] = lambda: ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    calls["an empty lambda"] = lambda: None
    figures = {}
    for name, call in calls.items():
        if name in OPERATIONS:
            ttmem.enable(operations=OPERATIONS[name])
        timer = timeit.Timer(call)
        count, _ = timer.autorange()
        count = max(1, count // 4)
        figures[name] = [1e9 * seconds / count for seconds in timer.repeat(11, count)]
    assert ttmem.memory_allocated() == sum(row["allocated_bytes"] for row in ttmem.memory_snapshot() if row["kind"] == "dram")
    del held
    print(json.dumps(figures))
    ttnn.close_device(device)


def started(python, environment, code="pass"):
    """(wall, processor) seconds of `python -c code`."""
    began = time.perf_counter()
    process = os.posix_spawn(python, [python, "-c", code], environment)
    _, status, used = os.wait4(process, 0)
    assert status == 0
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


def environments(python, folder):
    """Two virtual environments of the interpreter's, the second with what is installed of ttmem."""
    site = subprocess.run([python, "-c", "import os, ttmem; print(os.path.dirname(os.path.dirname(ttmem.__file__)))"], check=True, capture_output=True,
                          text=True).stdout.strip()
    made = []
    for name in ("without", "with"):
        place = folder / name
        subprocess.run([python, "-m", "venv", "--without-pip", place], check=True)
        made.append(str(place / "bin" / "python"))
        if name == "with":
            own = subprocess.run([made[-1], "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True, capture_output=True, text=True).stdout.strip()
            shutil.copytree(f"{site}/ttmem", f"{own}/ttmem")
            for file in ("ttmem_switch.pth", "_ttmem_switch.py"):
                shutil.copy(f"{site}/{file}", own)
            subprocess.run([made[-1], "-c", "import ttmem, _ttmem_switch"], check=True)  # compiled once, as by an installer
    return made


def differences(first, second, pairs):
    """Estimates, in ms, of how much more the second (command, environment, code) takes: wall, processor; and the first's own wall."""
    wall, processor, base = [], [], []
    for number in range(pairs + 3):
        order = (first, second) if number % 2 else (second, first)
        taken = {id(each): started(*each) for each in order}
        if number >= 3:  # the first ones fill caches
            wall.append(1e3 * (taken[id(second)][0] - taken[id(first)][0]))
            processor.append(1e3 * (taken[id(second)][1] - taken[id(first)][1]))
            base.append(1e3 * taken[id(first)][0])
    return paired.Estimate(wall), paired.Estimate(processor), paired.Estimate(base)


def clean_environment(**more):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TT_", "TTNN_", "TTMEM_", "LD_", "PYTHON"))}
    return kept | more


def measure(options):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-python-cost."))
    ledgers = tempfile.mkdtemp(prefix="ttmem-python-cost.", dir="/dev/shm")
    try:
        bare, packaged = environments(options.python, folder)
        off, on = clean_environment(), clean_environment(TT_ALLOC_TRACKING_ENABLED="1", TT_ALLOC_LEDGER_DIR=ledgers)
        starts = {
            "package installed, variable not set": differences((bare, off), (packaged, off), options.pairs),
            "the same environment twice (what the method cannot tell apart)": differences((bare, off), (bare, off, "pass"), options.pairs),
            "package installed, variable set": differences((bare, off), (packaged, on), options.pairs),
            "`import ttmem`": differences((packaged, off), (packaged, off, "import ttmem"), options.pairs),
        }
        mock = clean_environment(TT_ALLOC_TRACKING_ENABLED="1", TT_ALLOC_LEDGER_DIR=ledgers, TT_LOGGER_LEVEL="fatal", LOGURU_LEVEL="ERROR",
                                 TT_METAL_MOCK_CLUSTER_DESC_PATH=str(ROOT / "tests" / "support" / "clusters" / "n150.yaml"),
                                 TT_METAL_CACHE=options.cache or str(folder / "cache"), TT_METAL_LOGS_PATH=str(folder))
        done = subprocess.run([options.python, __file__, "--host"], env=mock, cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"the host ended with {done.returncode}\n{done.stderr[-3000:]}")
        return starts, json.loads(done.stdout.splitlines()[-1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(ledgers, ignore_errors=True)


def between(estimate, digits):
    text = f"{estimate.median:,.{digits}f}"
    return text if estimate.low is None else f"{text} ({estimate.low:,.{digits}f} to {estimate.high:,.{digits}f})"


def render(starts, functions, options):
    version = subprocess.run([options.python, "-c", "import platform; print(platform.python_version())"], capture_output=True, text=True).stdout.strip()
    lines = [HEADING, "", f"Written by `benchmarks/python_cost.py --write --pairs {options.pairs}`, Python {version}, load average {os.getloadavg()[0]:.2f}. Medians (95 % interval) "
             f"over pairs of fresh processes; aim without the variable: below {START_LIMIT_MS:.0f} ms.", "",
             "| `python -c pass` takes more by | wall, ms | processor, ms | of |", "|---|---|---|---|"]
    for name, (wall, processor, base) in starts.items():
        lines.append(f"| {name} | {between(wall, 3)} | {between(processor, 3)} | {base.median:.1f} |")
    empty = paired.Estimate(functions.pop("an empty lambda"))
    lines += ["", f"A call, in ns, in a tracked process with {BUFFERS:,} live buffers on a mock N150; the {empty.median:.0f} ns of calling a Python function are in it. Aim for "
              f"`memory_allocated`: below {LIMIT_NS:,}.", "", "| function | ns |", "|---|---|"]
    for name in [*FUNCTIONS, *OPERATIONS, "ttnn.get_memory_view"]:
        text = between(paired.Estimate(functions[name]), 0)
        lines.append(f"| {name} | {text} |" if name.endswith("block") or name in OPERATIONS else f"| `{name}` | {text} |")
    return "\n".join(lines) + "\n"


def main():
    if sys.argv[1:] == ["--host"]:
        host()
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="an interpreter that has the package and ttnn 0.81.1")
    parser.add_argument("--pairs", type=int, default=200, help="of processes for each figure of the start")
    parser.add_argument("--cache", help="folder of compiled kernels (default: one of this run's)")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "benchmarks" / "RESULTS.md")
    parser.add_argument("--write", action="store_true", help="put the section into --results")
    options = parser.parse_args()
    text = render(*measure(options), options)
    print(text)
    if options.write:
        sections.put(options.results, text, HEADING)


if __name__ == "__main__":
    main()
