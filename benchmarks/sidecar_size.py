#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""How large the sidecar of a ledger gets with many distinct stacks, made on real ttnn (a mock N150), and what is dropped at its limit.

  benchmarks/sidecar_size.py [--build build] [--count 100000] [--limit BYTES …]

Two programs make so many stacks, 16 frames each: one calls through the same lines again and again, as layers of a model do, so that its stacks share all but their last frames; in the other
one each stack ends in a function, a line and every hundredth in a file of its own. Each runs with room for all of it, and with each limit (TT_ALLOC_STACK_BYTES; 16 MiB is the default).
Fails where the stacks that the sidecar has and those that the ledger counts as dropped are not as many as were made.
"""
import argparse
import collections
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ttnn_loops  # noqa: E402

FRAMES = 16
KINDS = {"shared": "lines of the same three functions", "own": "a function of its own each"}
ROOM_FOR_ALL = 1 << 30
DROPPED = 2  # kContextDropped
TEXT, FRAME, NODE, CONTEXT = 5, 6, 7, 8  # records of the sidecar
LOST_STACKS = 576 + 8 * 8  # in the ledger's header: lost[8]


def deeper(levels, function):
    return function() if levels == 0 else deeper(levels - 1, function)


def make_shared(empty, count):
    """Through `count` different ways: 100 lines, called from each of 100 lines, called from each of the rest."""
    space = {"empty": empty}
    source = "def inner():\n" + "    empty()\n" * 100 + "def middle():\n" + "    inner()\n" * 100 + "def outer():\n" + "    middle()\n" * (count // 10000) + "    return\n"
    exec(compile(source, "/models/decoder/attention.py", "exec"), space)
    deeper(FRAMES - 10, space["outer"])
    for number in range(count % 10000 // 100):  # the rest of a small count
        exec(compile("inner()\n", f"/models/decoder/{number}.py", "exec"), space)


def make_own(empty, count):
    for first in range(0, count, 100):
        space = {"empty": empty}
        source = "".join(f"def layer_{number}_forward():\n    empty()\n" for number in range(first, first + 100))
        exec(compile(source, f"/models/decoder/layers/block_{first // 100}/attention.py", "exec"), space)
        for number in range(first, first + 100):
            deeper(FRAMES - 8, space[f"layer_{number}_forward"])


def host(kind, count):
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    import ttnn

    device = ttnn.open_device(device_id=0)
    call, arguments = ttnn.empty, ([32, 32], ttnn.bfloat16, ttnn.TILE_LAYOUT, device, ttnn.DRAM_MEMORY_CONFIG)
    {"shared": make_shared, "own": make_own}[kind](lambda: call(*arguments), count)
    print("made", file=answers)
    sys.stdin.readline()
    ttnn.close_device(device)


def look(ledgers):
    """(bytes of the sidecar, {type: bytes}, stacks that it has, stacks that the ledger counts as dropped)"""
    (ledger,) = ledgers.rglob("*.ledger")
    with open(ledger, "rb") as file:
        header = file.read(4096)
    data = pathlib.Path(f"{ledger}.detail").read_bytes()
    at, used = struct.unpack_from("<I", data, 12)[0], struct.unpack_from("<Q", data, 24)[0]
    end = at + used
    sizes, stacks = collections.Counter(), 0
    while at < end:
        kind, _, size, _ = struct.unpack_from("<IIII", data, at)
        if kind == CONTEXT:
            stacks += sum(1 for each in range(0, size, 16) if not struct.unpack_from("<I", data, at + 16 + each + 12)[0] & DROPPED)
        sizes[kind] += 16 + (size + 7) // 8 * 8
        at += 16 + (size + 7) // 8 * 8
    return sum(sizes.values()), sizes, stacks, struct.unpack_from("<Q", header, LOST_STACKS)[0]


def run(options, kind, limit):
    ledgers = pathlib.Path(tempfile.mkdtemp(prefix="ttmem-sidecar.", dir="/dev/shm"))
    try:
        with tempfile.TemporaryDirectory(prefix="ttmem-sidecar.") as scratch:
            _, tracked = ttnn_loops.environments(options.build, ledgers, pathlib.Path(scratch), "python")
            command = [options.python, __file__, "--host", kind, "--count", str(options.count)]
            with subprocess.Popen(command, env=tracked | {"TT_ALLOC_STACK_BYTES": str(limit)}, cwd=scratch, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  text=True) as process:
                if process.stdout.readline() != "made\n":
                    sys.exit(f"the program ended with {process.wait()}")
                found = look(ledgers)
                process.communicate("\n", timeout=120)
            return found
    finally:
        shutil.rmtree(ledgers, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--python", default=os.environ.get("TTMEM_VENV", str(ttnn_loops.ROOT / ".venv")) + "/bin/python", help="an interpreter with ttnn")
    parser.add_argument("--build", type=pathlib.Path, default=ttnn_loops.ROOT / "build")
    parser.add_argument("--count", type=int, default=100_000, help="of distinct stacks; a multiple of 100")
    parser.add_argument("--limit", type=int, nargs="*", default=[16 << 20], metavar="BYTES")
    options = parser.parse_args()
    if options.host:
        return host(options.host, options.count)
    options.build = options.build.absolute()  # with its links: they lead around a space, which LD_PRELOAD does not take
    print("| distinct stacks | limit, bytes | sidecar, bytes | texts | frames | nodes of stacks | contexts | stacks kept | dropped, counted in `lost[8]` |\n|---|---|---|---|---|---|---|---|---|")
    wrong = 0
    for kind, title in KINDS.items():
        for limit in [ROOM_FOR_ALL, *options.limit]:
            total, sizes, stacks, dropped = run(options, kind, limit)
            parts = " | ".join(f"{sizes[each]:,}" for each in (TEXT, FRAME, NODE, CONTEXT))
            print(f"| {options.count:,}, {title} | {limit:,} | {total:,} | {parts} | {stacks:,} | {dropped:,} |", flush=True)
            # Opening the device may have made some stacks of its own.
            wrong += not options.count <= stacks + dropped <= options.count + 20 or total > limit + 8192 + 64 * dropped
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
