# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Tags what it allocates, in threads too, says by address what it called them, and stands still until the test ends it."""
import json
import sys
import threading

from truths import open_device, tensor, ttnn

import ttmem


def address(held):
    return held.buffer_address()


def main():
    device = open_device()
    names, kept = {}, []

    def keep(name):
        kept.append(tensor(device, 64))
        names[address(kept[-1])] = name

    @ttmem.scope("decorated")
    def decorated():
        keep("decorated")

    def of_thread():
        keep(None)  # another thread's block is not this one's
        with ttmem.scope("thread"):
            keep("thread")

    keep(None)
    with ttmem.scope("model"):
        keep("model")
        with ttmem.scope("attention ✓"):
            keep("model/attention ✓")
            thread = threading.Thread(target=of_thread)
            thread.start()
            thread.join()
        keep("model")
        decorated_name = "model/decorated"
        decorated()
        names[address(kept[-1])] = decorated_name
        try:
            with ttmem.scope("fails"):
                keep("model/fails")
                raise KeyError
        except KeyError:
            keep("model")
    decorated()
    for _ in range(300):  # many names
        with ttmem.scope(f"layer {_}"):
            keep(f"layer {_}")
    try:
        ttmem.scope("")
        raise AssertionError("a region without a name")
    except ValueError:
        pass
    with ttmem.scope("sums"):
        kept.append(ttnn.add(kept[0], kept[1]))
        names[address(kept[-1])] = "sums"
    own = {row["address"]: row["region"] for row in ttmem.memory_snapshot()}
    assert {key: own[key] for key in names} == names
    print(json.dumps({"names": names}), flush=True)
    sys.stdin.readline()
    kept.clear()
    ttnn.close_device(device)


main()
