#!/usr/bin/env python3
# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Puts a workload's own figures beside ttmem's: compare.py CHECKPOINT SNAPSHOT

CHECKPOINT is what demo/workload.py wrote from ttnn.get_memory_view while it held still; SNAPSHOT is what
`ttmem snapshot --json` said meanwhile. Ends with 1 when any figure differs, so that the demo shows nothing that is not so.
"""
import json
import sys

KINDS = ("dram", "l1", "l1_small", "trace")


def rows(checkpoint, snapshot):
    """(device, kind, bytes that ttnn says, bytes that ttmem says); None where a side has no figure."""
    process = next((p for p in snapshot["processes"] if p["pid"] == checkpoint["pid"]), None)
    seen = {d["id"]: d for d in process["devices"]} if process else {}
    for device in checkpoint["devices"]:
        for kind in KINDS:
            own = device["memory"].get(kind)
            yield device["id"], kind, own and own["allocated_bytes"], seen.get(device["id"], {}).get(f"{kind}_bytes")


def main():
    with open(sys.argv[1], encoding="utf-8") as own, open(sys.argv[2], encoding="utf-8") as ours:
        checkpoint, snapshot = json.load(own), json.load(ours)
    show = lambda value: "-" if value is None else f"{value:,}"
    print("\nThe workload's own figures (ttnn.get_memory_view, bytes) beside ttmem's:")
    print(f"{'device':>6}  {'kind':<8} {'ttnn':>18} {'ttmem':>18} {'difference':>12}")
    different = compared = 0
    for device, kind, own, seen in rows(checkpoint, snapshot):
        known = own is not None and seen is not None
        compared += known
        different += (known and own != seen) or (own is not None and seen is None)
        print(f"{device:>6}  {kind:<8} {show(own):>18} {show(seen):>18} {show(seen - own) if known else '-':>12}")
    print(f"{compared} figures compared, {different} differ")
    return 1 if different or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
