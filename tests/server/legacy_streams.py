# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Byte streams of the proof of concept's protocol, written from its description (docs/legacy-protocol.md) with nothing of
the server's code, and the totals that they must give, worked out by hand.

  legacy_streams.py PROGRAM   runs PROGRAM (tests/server/legacy_replay.cpp) on each stream in each size; exit code 1 when
                              any way of splitting a stream gives anything but the totals below
"""
import random
import struct
import subprocess
import sys

ALLOC, FREE, QUERY, DUMP, DEVICE_INFO = 1, 2, 3, 5, 6
CB_ALLOC, CB_FREE, KERNEL_LOAD, KERNEL_UNLOAD = 8, 9, 10, 11
DRAM, L1, SYSTEM_MEMORY, L1_SMALL, TRACE = range(5)
MIB = 1 << 20


def message(bytes_each, kind, device=0, size=0, buffer_type=0, buffer_id=0, process=4242, time=1_700_000_000_000_000_000):
    """One message: B 3x i Q B 3x i Q Q, and zeros where an answer would be."""
    head = struct.pack("<B3xiQB3xiQQ", kind, device, size, buffer_type, process, buffer_id, time)
    assert len(head) == 40
    return head + bytes(bytes_each - len(head))


# name, messages, {device: (dram, l1, l1_small, trace, cb, kernel, buffers)}
STREAMS = [
    ("one of each kind", [
        (ALLOC, dict(size=1000, buffer_type=DRAM, buffer_id=0x1000)),
        (ALLOC, dict(size=200, buffer_type=L1, buffer_id=0x2000)),
        (ALLOC, dict(size=30, buffer_type=SYSTEM_MEMORY, buffer_id=0x3000)),
        (ALLOC, dict(size=4, buffer_type=L1_SMALL, buffer_id=0x4000)),
        (ALLOC, dict(size=5000, buffer_type=TRACE, buffer_id=0x5000)),
        (CB_ALLOC, dict(size=64 * 2048, buffer_id=1)),
        (KERNEL_LOAD, dict(size=64 * 512, buffer_type=0, buffer_id=1)),
        (KERNEL_LOAD, dict(size=1024, buffer_type=1, buffer_id=2)),
        (KERNEL_LOAD, dict(size=16, buffer_type=2, buffer_id=3)),
    ], {0: (1000, 200, 34, 5000, 131072, 33808, 5)}),
    ("begins with a question", [
        (QUERY, dict(device=3)),
        (ALLOC, dict(device=3, size=12 * MIB, buffer_type=DRAM, buffer_id=32)),
        (DEVICE_INFO, dict(device=-1)),
        (ALLOC, dict(device=3, size=2 * MIB, buffer_type=L1, buffer_id=64)),
    ], {3: (12582912, 2097152, 0, 0, 0, 0, 2)}),
    ("begins with a dump", [
        (DUMP, {}), (ALLOC, dict(size=1, buffer_id=1)), (DUMP, {}),
    ], {0: (1, 0, 0, 0, 0, 0, 1)}),
    ("begins with a free of nothing", [
        (FREE, dict(buffer_id=9)), (ALLOC, dict(size=77, buffer_type=TRACE, buffer_id=9)), (FREE, dict(buffer_id=8)),
    ], {0: (0, 0, 0, 77, 0, 0, 1)}),
    ("reference counts: three reports, two frees, then the key of another device", [
        (ALLOC, dict(size=4096, buffer_id=0x100)), (ALLOC, dict(size=4096, buffer_id=0x100)),
        (ALLOC, dict(size=9999, buffer_id=0x100)), (FREE, dict(buffer_id=0x100)), (FREE, dict(buffer_id=0x100)),
        (ALLOC, dict(device=1, size=500, buffer_id=0x100)), (FREE, dict(device=2, buffer_id=0x100)),
    ], {0: (4096, 0, 0, 0, 0, 0, 1), 1: (500, 0, 0, 0, 0, 0, 1)}),
    ("all gone: nothing is left of it", [
        (CB_ALLOC, dict(size=100, buffer_id=7)), (ALLOC, dict(size=4096, buffer_id=0x100)),
        (KERNEL_LOAD, dict(size=50, buffer_id=7)), (FREE, dict(buffer_id=0x100)), (CB_FREE, dict(size=100, buffer_id=7)),
        (KERNEL_UNLOAD, dict(size=50, buffer_id=7)), (FREE, dict(buffer_id=0x100)),
    ], {}),
    ("programs share a circular buffer's address: 1000 + 300 + 50 - 300", [
        (CB_ALLOC, dict(size=1000, buffer_id=0x1A000)), (CB_ALLOC, dict(size=300, buffer_id=0x1A000)),
        (CB_ALLOC, dict(size=50, buffer_id=0x1B000)), (CB_FREE, dict(size=300, buffer_id=0x1A000)),
    ], {0: (0, 0, 0, 0, 1050, 0, 0)}),
    ("kernels: 600 + 40 + 5 - 600", [
        (KERNEL_LOAD, dict(size=600, buffer_type=0, buffer_id=1)), (KERNEL_LOAD, dict(size=40, buffer_type=1, buffer_id=2)),
        (KERNEL_LOAD, dict(size=5, buffer_type=2, buffer_id=3)), (KERNEL_UNLOAD, dict(size=600, buffer_id=1)),
    ], {0: (0, 0, 0, 0, 0, 45, 0)}),
    ("types out of range are ignored", [
        (ALLOC, dict(size=1, buffer_type=5, buffer_id=1)), (ALLOC, dict(size=2, buffer_type=255, buffer_id=2)),
        (ALLOC, dict(size=4, buffer_type=L1, buffer_id=3)), (FREE, dict(buffer_id=1)),
        (KERNEL_LOAD, dict(size=9, buffer_type=3, buffer_id=4)), (99, dict(size=5)), (12, dict(size=5)),
    ], {0: (0, 4, 0, 0, 0, 0, 1)}),
    ("a hundred devices, sizes 1 to 100", [(ALLOC, dict(device=d, size=d + 1, buffer_id=d)) for d in range(100)],
     {d: (d + 1, 0, 0, 0, 0, 0, 1) for d in range(100)}),
    ("no time stamps, no process ids", [
        (ALLOC, dict(size=3, buffer_id=0, process=0, time=0)), (ALLOC, dict(size=4, buffer_type=L1, buffer_id=1, process=0, time=0)),
        (FREE, dict(buffer_id=0, process=0, time=0)),
    ], {0: (0, 4, 0, 0, 0, 0, 1)}),
    ("the largest numbers", [
        (ALLOC, dict(device=2**31 - 1, size=2**40, buffer_id=2**64 - 1, process=2**31 - 1, time=2**64 - 1)),
        (ALLOC, dict(device=2**31 - 1, size=2**40, buffer_type=L1, buffer_id=2**64 - 2, process=2**31 - 1, time=2**64 - 1)),
    ], {2**31 - 1: (1099511627776, 1099511627776, 0, 0, 0, 0, 2)}),
    ("more than any board has", [
        (ALLOC, dict(size=2**40 + 1, buffer_id=1)), (ALLOC, dict(size=5, buffer_id=2)), (ALLOC, dict(size=2**64 - 1, buffer_id=3)),
    ], {0: (5, 0, 0, 0, 0, 0, 1)}),
    ("a forked child writes on its parent's socket", [
        (ALLOC, dict(size=10, buffer_id=1, process=4242)), (ALLOC, dict(size=20, buffer_id=2, process=4300)),
        (ALLOC, dict(size=40, buffer_id=3, process=4242)),
    ], {0: (70, 0, 0, 0, 0, 0, 3)}),
]


def random_stream(seed):
    """Messages with no releases but of what lives, so that the totals are plain sums."""
    rng = random.Random(seed)
    messages, devices, live = [], {}, {}
    for step in range(rng.randrange(2, 9)):
        device = rng.randrange(0, 3)
        figures = devices.setdefault(device, [0] * 7)
        what = rng.choice([ALLOC, ALLOC, FREE, CB_ALLOC, KERNEL_LOAD, QUERY, DUMP, DEVICE_INFO])
        if what == ALLOC:
            kind, size = rng.randrange(5), rng.randrange(1, 1 << rng.randrange(1, 40))
            messages.append((ALLOC, dict(device=device, size=size, buffer_type=kind, buffer_id=step)))
            column = {DRAM: 0, L1: 1, SYSTEM_MEMORY: 2, L1_SMALL: 2, TRACE: 3}[kind]
            figures[column] += size
            figures[6] += 1
            live[step] = (device, column, size)
        elif what == FREE and live:
            key = rng.choice(sorted(live))
            of_device, column, size = live.pop(key)
            messages.append((FREE, dict(device=of_device, buffer_id=key)))
            devices[of_device][column] -= size
            devices[of_device][6] -= 1
        elif what in (CB_ALLOC, KERNEL_LOAD):
            size = rng.randrange(1, 1 << 20)
            messages.append((what, dict(device=device, size=size, buffer_type=0, buffer_id=step)))
            figures[4 if what == CB_ALLOC else 5] += size
        else:
            messages.append((what if what != FREE else QUERY, dict(device=device)))
    return f"random {seed}", messages, {d: tuple(f) for d, f in devices.items() if any(f)}


def expected(size, messages, devices):
    text = f"size {size}, messages {len(messages)}"
    for device in sorted(devices):
        names = ("dram", "l1", "l1_small", "trace", "cb", "kernel", "buffers")
        text += f"; device {device} " + " ".join(f"{n} {v}" for n, v in zip(names, devices[device]))
    return text


def main():
    failures = 0
    streams = STREAMS + [random_stream(seed) for seed in range(40)]
    for name, messages, devices in streams:
        for size in (112, 128, 144):
            stream = b"".join(message(size, kind, **fields) for kind, fields in messages)
            done = subprocess.run([sys.argv[1]], input=stream, capture_output=True, check=False)
            outcome = done.stdout.decode().strip()
            wanted = f"{len(stream) + 2} splits: {expected(size, messages, devices)}"
            if done.returncode != 0 or outcome != wanted:
                failures += 1
                print(f"FAIL {name}, {size} bytes\n  wanted {wanted}\n  got    {outcome}\n  {done.stderr.decode()}")
    print(f"{len(streams) * 3 - failures} of {len(streams) * 3} streams give the totals worked out by hand")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
