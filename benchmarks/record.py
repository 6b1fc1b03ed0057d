#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of a recording: record.py [--steps N] [--rounds N]

Runs a loop of ttnn.empty and del on a mock N150, tracked alone and recorded in turn, and prints as JSON: the loop's time recorded by that tracked alone (median of
the rounds' ratios), the recorder's own processor time and the bytes of the file, each an event, and what was lost. Needs a build and an environment with ttnn
(TTMEM_BUILD_DIR, TTMEM_VENV, as tests/e2e).
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOOP = """
import sys, time, ttnn
device = ttnn.open_mesh_device(ttnn.MeshShape(1, 1))
make = lambda: ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG)
def loop(n):
    begin = time.perf_counter()
    for _ in range(n):
        tensor = make()
        del tensor
    return time.perf_counter() - begin
loop(1000)
print(loop(int(sys.argv[1])), flush=True)
sys.stdin.readline()
"""


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(ttmem, python, steps, environment, words):
    """The loop's seconds, and the processor time of the process that was started."""
    process = subprocess.Popen([ttmem, *words, "--", python, "-c", LOOP, str(steps)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    seconds = float(process.stdout.readline())
    spent = processor_seconds(process.pid)
    process.communicate("\n")
    return seconds, spent


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--steps", type=int, default=100000)
    arguments.add_argument("--rounds", type=int, default=5)
    asked = arguments.parse_args()
    ttmem = pathlib.Path(os.environ.get("TTMEM_BUILD_DIR", ROOT / "build")) / "bin" / "ttmem"
    python = pathlib.Path(os.environ.get("TTMEM_VENV", ROOT / ".venv")) / "bin" / "python"
    ratios, processor, sizes, missed, events = [], [], [], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, TT_METAL_MOCK_CLUSTER_DESC_PATH=str(ROOT / "tests" / "support" / "clusters" / "n150.yaml"), TT_LOGGER_LEVEL="fatal",
                           TT_ALLOC_LEDGER_DIR=folder)
        for number in range(asked.rounds):
            tracked, _ = run(ttmem, python, asked.steps, environment, ["run"])
            path = pathlib.Path(folder) / f"{number}.ttrec"
            recorded, spent = run(ttmem, python, asked.steps, environment, ["record", "-o", path])
            summary = json.loads(subprocess.check_output([ttmem, "report", path, "--json"], env=environment))["summary"]
            ratios.append(recorded / tracked)
            processor.append(spent / summary["events"] * 1e9)
            sizes.append(path.stat().st_size / summary["events"])
            missed += summary["missed"]
            events += summary["events"]
    json.dump({"loop_recorded_by_tracked": round(statistics.median(ratios), 3), "ratios": [round(ratio, 3) for ratio in ratios],
               "recorder_processor_ns_an_event": round(statistics.median(processor)), "file_bytes_an_event": round(statistics.median(sizes), 2),
               "events": events, "missed": missed}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
