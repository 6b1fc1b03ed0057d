#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Turns files into inputs of ledger_fuzz (see there): make_seeds.py FOLDER [FILE...]. Names ending in .detail are sidecars.

Without files: the golden ones, each also as a file that changes and one that shrinks while it is read.
"""
import sys
from pathlib import Path

SIDECAR, LIVE, SHRINKS = 2, 4, 8


def runs_of(data):
    """The parts of the file that are not zeros, in runs of at most 255 bytes; short gaps stay inside."""
    at = 0
    while at < len(data):
        if data[at] == 0:
            at += 1
            continue
        end = last = at
        while end < len(data) and end - at < 255 and end - last < 8:
            if data[end]:
                last = end
            end += 1
        yield at, data[at : last + 1]
        at = last + 1


def seed_of(data, flags):
    units = (len(data) + 15) // 16
    seed = bytearray([flags, units & 255, units >> 8])
    runs = list(runs_of(data))
    if flags & LIVE:  # what changes: the journals and positions are written again, one a copy
        runs += [run for run in runs if len(run[1]) > 4][-len(runs) :]
    for offset, payload in runs:
        seed += offset.to_bytes(3, "little") + bytes([len(payload)]) + payload
    return bytes(seed)


def main():
    folder, files = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    golden = Path(__file__).resolve().parents[1] / "golden"
    folder.mkdir(parents=True, exist_ok=True)
    for file in files or sorted([*golden.glob("*.bin"), *golden.glob("*.detail")]):
        kinds = {"": SIDECAR} if file.name.endswith(".detail") else {"": 0, "-live": LIVE, "-shrinks": SHRINKS | 0x30}
        for suffix, flags in kinds.items():
            (folder / f"{file.name}{suffix}").write_bytes(seed_of(file.read_bytes(), flags))


if __name__ == "__main__":
    main()
