# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Runs an unchanged script and asks ttnn's allocator after every operation what it holds. Prints the highest answers as JSON, for comparison with a dry run.

usage: dry_watch.py [--ballast BYTES --at OPERATION] SCRIPT [ARGUMENT…]: with a ballast, this many more bytes of each chip's DRAM are taken after that
operation (its number, from a run without ballast) and given back at once.
"""
import argparse
import json
import pathlib
import runpy
import sys

import ttnn

import dry_peaks


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ballast", type=int, default=0)
    parser.add_argument("--at", type=int, default=0)
    parser.add_argument("script")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    words = parser.parse_args()
    devices, peaks = [], dry_peaks.Peaks()
    original = ttnn.decorators.FastOperation.__call__

    def call_and_look(operation, *arguments, **options):
        result = original(operation, *arguments, **options)
        if devices:
            peaks.look(devices[-1])
            if words.ballast and peaks.looks == words.at:
                dry_peaks.ballast(devices[-1], words.ballast)
        return result

    def remembered(opens):
        def opened(*arguments, **options):
            devices.append(opens(*arguments, **options))
            return devices[-1]
        return opened

    def forgotten(closes):
        def closed(device, *rest):
            devices.remove(device)
            closes(device, *rest)
        return closed

    for name in ("open_device", "open_mesh_device"):
        setattr(ttnn, name, remembered(getattr(ttnn, name)))
    for name in ("close_device", "close_mesh_device"):
        setattr(ttnn, name, forgotten(getattr(ttnn, name)))
    ttnn.decorators.FastOperation.__call__ = call_and_look
    sys.argv = [words.script, *words.arguments]
    sys.path[0] = str(pathlib.Path(words.script).resolve().parent)
    try:
        runpy.run_path(words.script, run_name="__main__")
    finally:
        print(json.dumps({"peaks": peaks.highest, "operations": peaks.looks, "most_dram_at": peaks.most_dram_at}), flush=True)


main()
