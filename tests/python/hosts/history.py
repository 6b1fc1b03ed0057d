# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""torch's names for a history: history.py FOLDER. Dumps one after some tensors came and went, a second one after more, and one of what is held alone."""
import json
import os
import sys

from truths import open_device, tensor, ttnn

import ttmem

folder = sys.argv[1]


def dump(name):
    path = os.path.join(folder, name)
    ttmem.memory._dump_snapshot(path)
    return path


def main():
    ttmem.memory._record_memory_history(max_entries=100_000, context="all", stacks="python")
    ttmem.memory._record_memory_history()  # goes on
    device = open_device()
    kept = [tensor(device, 64) for _ in range(3)]
    for _ in range(10):
        gone = tensor(device, 128)
        del gone
    first = dump("first.pickle")
    try:
        dump("first.pickle")
        raise AssertionError("a file was written over")
    except FileExistsError:
        pass
    kept.append(tensor(device, 32))
    second = dump("second.pickle")
    ttmem.memory._record_memory_history(enabled=None)
    third = dump("third.pickle")
    try:
        ttmem.memory._record_memory_history("some")
        raise AssertionError("a word that is none was taken")
    except ValueError:
        pass
    assert ttmem.get_memory_info(device) == ttmem.mem_get_info(device) and ttmem.memory.memory_allocated() == ttmem.memory_allocated()
    assert ttmem.max_memory_reserved(device, "l1") == ttmem.memory_reserved(device, "l1") > 0
    own = sorted((row.address, row.max_size_per_bank) for row in ttnn._ttnn.reports.get_buffers([device]))
    left = [name for name in os.listdir(os.environ["TMPDIR"]) if name.startswith("ttmem-history.")]
    print(json.dumps({"files": [first, second, third], "held": own, "left": left}))
    ttnn.close_device(device)


if __name__ == "__main__":
    main()
