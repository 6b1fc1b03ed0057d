#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of a storm of refusals: a loop of allocations that a full DRAM refuses, untracked and tracked in turn, each in a process of its own.

Usage: refusals.py [--count N] [--buffers N] [--rounds N] (with the Python that has ttnn). Prints processor time a refusal of each round and the ratio of the best. Live
buffers are what a picture has to copy. Mock device; see docs/why.md.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]

HOST = """
import json, sys, time
import ttnn
count, buffers = int(sys.argv[1]), int(sys.argv[2])
device = ttnn.open_mesh_device(ttnn.MeshShape(1, 1))
empty = lambda rows: ttnn.empty((rows, 1024), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
held = [empty(32) for _ in range(buffers)]
def refused():
    try:
        empty(1 << 25)
    except RuntimeError:
        return
    raise SystemExit("it was granted")
for _ in range(20):
    refused()
wall, begin = time.perf_counter(), time.process_time()
for _ in range(count):
    refused()
print(json.dumps({"us": (time.process_time() - begin) / count * 1e6, "wall_us": (time.perf_counter() - wall) / count * 1e6}))
"""


def run(tracked, args, ledgers):
    environment = os.environ | {"TT_METAL_MOCK_CLUSTER_DESC_PATH": str(TREE / "tests/support/clusters/n150.yaml"), "TT_LOGGER_LEVEL": "fatal", "TT_ALLOC_LEDGER_DIR": ledgers}
    environment.pop("LD_PRELOAD", None)
    if tracked:
        environment |= {"LD_PRELOAD": str(Path(os.environ.get("TTMEM_BUILD_DIR", TREE / "build")) / "lib/libtt_alloc_hooks.so"), "TT_ALLOC_TRACKING_ENABLED": "1"}
    done = subprocess.run([sys.executable, "-c", HOST, str(args.count), str(args.buffers)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--buffers", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    best = {}
    with tempfile.TemporaryDirectory(dir="/dev/shm") as ledgers:
        for number in range(args.rounds):
            for tracked in (False, True) if number % 2 == 0 else (True, False):
                took = run(tracked, args, ledgers)
                best[tracked] = min(best.get(tracked, took["us"]), took["us"])
                print(f"{'tracked' if tracked else 'untracked':>10} {took['us']:9.1f} us of processor time a refusal, {took['wall_us']:9.1f} us from begin to end", flush=True)
    print(f"ratio {best[True] / best[False]:.3f} ({args.buffers} live buffers, best of {args.rounds})")


if __name__ == "__main__":
    main()
