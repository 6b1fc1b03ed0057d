# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Processes that a tracked program starts: family.py spawn|fork|subprocess. The child opens a device, allocates, and prints its figure and ttnn's."""
import json
import multiprocessing
import subprocess
import sys


def child(results=None):
    from truths import open_device, tensor, view

    import ttmem

    device = open_device()
    kept = tensor(device, 512)
    answer = {"told": ttmem.memory_allocated(), "own": view(device)[0], "tracking": ttmem.is_tracking()}
    del kept
    if results is None:
        print(json.dumps(answer))
    else:
        results.put(answer)


def main():
    way = sys.argv[1]
    if way == "child":
        child()
    elif way == "subprocess":
        print(subprocess.run([sys.executable, __file__, "child"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1])
    else:
        context = multiprocessing.get_context(way)
        results = context.Queue()
        process = context.Process(target=child, args=(results,))
        process.start()
        print(json.dumps(results.get(timeout=200)))
        process.join()


if __name__ == "__main__":
    main()
