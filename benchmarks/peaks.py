#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""The cost of pictures of peaks: a program whose peak rises all the time while it has more and more live tensors, each beside a temporary one.

Usage: peaks.py [--tensors N] [--rounds N] [--peer] [--write] (with the Python that has ttnn). In turn and each in a process of its own: untracked, tracked by this tree, and with
--peer tracked by the hooks of the build folder TTMEM_PEER_BUILD_DIR, for example one of before pictures of peaks. Prints processor time from the first tensor to the last, the ratios of the best
rounds, how many pictures were taken, and the longest pause: the most processor time that one deallocation took. --write makes it a section of RESULTS.md. Mock device; see
docs/why.md.
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sections  # noqa: E402

HEADING = "## Pictures of peaks"
TREE = Path(__file__).resolve().parents[1]
PICTURE_COUNT = 728  # in the ledger's header: docs/ledger-format.md

HOST = """
import gc, json, sys, time
import ttnn
tensors = int(sys.argv[1])
device = ttnn.open_mesh_device(ttnn.MeshShape(1, 1))
empty = lambda rows: ttnn.empty((rows, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
for _ in range(50):
    ttnn.deallocate(empty(32))
gc.disable()
longest = 0
begin = time.process_time()
held = []
for number in range(tensors):
    held.append(empty(32))
    temporary = empty(64)
    before = time.thread_time_ns()
    ttnn.deallocate(temporary)
    longest = max(longest, time.thread_time_ns() - before)
took = time.process_time() - begin
print(json.dumps({"seconds": took, "longest_ms": longest / 1e6}), flush=True)
sys.stdin.readline()
"""


def run(library, args, ledgers):
    environment = os.environ | {"TT_METAL_MOCK_CLUSTER_DESC_PATH": str(TREE / "tests/support/clusters/n150.yaml"), "TT_LOGGER_LEVEL": "fatal", "TT_ALLOC_LEDGER_DIR": ledgers}
    environment.pop("LD_PRELOAD", None)
    if library:
        environment |= {"LD_PRELOAD": str(library), "TT_ALLOC_TRACKING_ENABLED": "1"}
    host = subprocess.Popen([sys.executable, "-c", HOST, str(args.tensors)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        said = next((line for line in host.stdout if line.startswith("{")), None)
        if said is None:
            raise SystemExit("the program ended early")
        found = json.loads(said)
        [ledger] = Path(ledgers).rglob(f"{host.pid}-*.ledger") if library else [None]
        if ledger:
            with ledger.open("rb") as file:
                file.seek(PICTURE_COUNT)
                [found["pictures"]] = struct.unpack("<Q", file.read(8))
        return found
    finally:
        host.communicate("\n")


def measure(args):
    ways = {"untracked": None, "tracked": Path(os.environ.get("TTMEM_BUILD_DIR", TREE / "build")) / "lib/libtt_alloc_hooks.so"}
    if args.peer:
        ways["peer"] = Path(os.environ["TTMEM_PEER_BUILD_DIR"]) / "lib/libtt_alloc_hooks.so"
    rounds = {way: [] for way in ways}
    with tempfile.TemporaryDirectory(dir="/dev/shm") as ledgers:
        for number in range(args.rounds):
            for way in ways if number % 2 == 0 else reversed(ways):
                rounds[way].append(run(ways[way], args, ledgers))
                print(f"{way}: {rounds[way][-1]}", file=sys.stderr, flush=True)
    best = {way: min(each["seconds"] for each in rounds[way]) for way in ways}
    print(f"Real ttnn on a mock N150: {args.tensors:,} tensors of 2 KiB that stay, beside each a temporary one, so that the peak rises all the time. Processor time from the first to the "
          f"last, best of {args.rounds}; longest pause: the most processor time of one `ttnn.deallocate`, the smallest of the rounds.\n")
    print("| | seconds | tracked / this | longest pause, ms | pictures |\n|---|---|---|---|---|")
    for way in ways:
        pause = min(each["longest_ms"] for each in rounds[way])
        print(f"| {way} | {best[way]:.2f} | {best['tracked'] / best[way]:.3f} | {pause:.2f} | {max(each.get('pictures', 0) for each in rounds[way])} |")
    if args.peer:
        print("\n*peer*: the hooks of a build without pictures of peaks (TTMEM_PEER_BUILD_DIR).")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tensors", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    return sections.measured(HEADING, args.write, lambda: measure(args))


if __name__ == "__main__":
    raise SystemExit(main())
