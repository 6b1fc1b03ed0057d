# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Lets ttnn's operations allocate, in regions, threads and failing ones, and says by address which operation and line it was; stands still until the test ends it.

Arguments: "switch" (the variables did it), "before" or "late" (ttmem.enable(operations="lines") before or after ttnn was imported and used).
"""
import contextlib
import inspect
import json
import os
import sys
import threading

import ttmem

WAY = sys.argv[1]
TOLD = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # tt-metal says on stdout what it refuses
if WAY == "before":
    ttmem.enable(operations="lines")

import ttnn  # noqa: E402


def line():
    return inspect.currentframe().f_back.f_lineno


def main():
    device = ttnn.open_device(device_id=0)
    tile = {"dtype": ttnn.bfloat16, "layout": ttnn.TILE_LAYOUT}
    names, kept = {}, []

    def keep(tensor, operation, at, region=""):
        kept.append(tensor)
        names[tensor.buffer_address()] = [region, operation, at]
        return tensor

    if WAY == "late":
        kept.append(ttnn.empty((32, 32), device=device, **tile))
        ttmem.enable(operations="lines")
        names[kept[-1].buffer_address()] = None
    a = keep(ttnn.empty((64, 64), device=device, **tile), "ttnn.empty", line())
    b = keep(ttnn.empty((64, 64), device=device, **tile), "ttnn.empty", line())
    keep(ttnn.add(a, b), "ttnn.add", line())
    keep(a + b, "ttnn.add", line())  # the tensor's own operator calls it from within ttnn
    keep(ttnn.ones((64, 64), device=device, **tile), "ttnn.ones", line())
    with ttmem.scope("decoder"):
        keep(ttnn.matmul(a, b), "ttnn.matmul", line(), "decoder/")
        with ttmem.scope("attention"):
            keep(ttnn.softmax(a, -1), "ttnn.softmax", line(), "decoder/attention/")
        try:
            ttnn.empty((1 << 20, 1 << 20), device=device, **tile)
            raise AssertionError("there is room for 2 TiB")
        except RuntimeError:
            failed = line() - 3
    keep(ttnn.to_memory_config(a, ttnn.L1_MEMORY_CONFIG), "ttnn.to_memory_config", line())

    def in_a_thread():
        for _ in range(50):
            keep(ttnn.empty((32, 32), device=device, **tile), "ttnn.empty", line(), "side/" if ttmem_region else "")

    for ttmem_region in (None, ttmem.scope("side")):
        def run(region=ttmem_region):
            with region or contextlib.nullcontext():
                in_a_thread()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(json.dumps({"names": names, "failed": ["decoder/", "ttnn.empty", failed]}), file=TOLD, flush=True)
    if sys.stdin.readline().strip() == "off":
        ttmem.enable(operations=False)
        unnamed = ttnn.empty((64, 64), device=device, **tile)
        ttmem.enable(operations=True)
        kept += [unnamed, ttnn.empty((64, 64), device=device, **tile)]
        print(json.dumps([tensor.buffer_address() for tensor in kept[-2:]]), file=TOLD, flush=True)
        sys.stdin.readline()
        ttmem.disable()
    kept.clear()
    ttnn.close_device(device)


main()
