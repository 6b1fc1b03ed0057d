#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of recording an event, beside memray: record_peers.py [--events N] [--rounds N] [--memray PYTHON]

In turn, in one run: record_cost (a process that writes events as a decoder makes them and launches 300 programs, and the recorder in another one), and a Python loop of as many
malloc and free events, alone and under memray's Tracker, which records inside the process. Prints as JSON, medians of the rounds: processor time and bytes of
the file, each an event. PYTHON is an interpreter with memray (pip install memray); without it memray's part is null. Needs a build (TTMEM_BUILD_DIR), optimised:
cmake --preset release.
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
import contextlib, os, sys, time
events, path = int(sys.argv[1]), sys.argv[2]
if path:
    import memray
    tracker = memray.Tracker(path, native_traces=len(sys.argv) > 3)
else:
    tracker = contextlib.nullcontext()
sizes = [600 + 100 * (i % 9) for i in range(32)]  # beyond what Python keeps in arenas of its own: a malloc and a free each
def layer(count):
    live = [None] * 4
    for i in range(count):
        live[i % 4] = bytearray(sizes[i % 32])
with tracker:
    begin = time.process_time()
    layer(events // 2)
    spent = time.process_time() - begin
print(spent)
"""


def memray_figures(python, events, native=False):
    """Processor time that tracking added and bytes of the file, each an event; `native`: with the stacks of C and C++."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "run.bin"
        alone, tracked = (float(subprocess.check_output([python, "-c", LOOP, str(events), where, *["native"][:native]], text=True)) for where in ("", str(path)))
        return (tracked - alone) / events * 1e9, path.stat().st_size / events


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--memray", metavar="PYTHON")
    asked = arguments.parse_args()
    program = pathlib.Path(os.environ.get("TTMEM_BUILD_DIR", ROOT / "build")) / "benchmarks" / "record_cost"
    ours, peers = [], []
    for _ in range(asked.rounds):
        ours.append(json.loads(subprocess.check_output([program, "--events", str(asked.events)])))
        if asked.memray:
            peers.append(memray_figures(asked.memray, asked.events))
    json.dump({"events": asked.events, "rounds": asked.rounds, "missed": sum(one["missed"] for one in ours),
               "recorder_processor_ns_an_event": round(statistics.median(one["recorder_processor_ns_an_event"] for one in ours), 1),
               "file_bytes_an_event": round(statistics.median(one["file_bytes_an_event"] for one in ours), 2),
               "memray_processor_ns_an_event": round(statistics.median(peer[0] for peer in peers), 1) if peers else None,
               "memray_file_bytes_an_event": round(statistics.median(peer[1] for peer in peers), 2) if peers else None}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
