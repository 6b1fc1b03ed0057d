# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""ttmem.why(peak=True) about this very process, against `ttmem why --peak` and ttnn's own figures. peak_answers.py TTMEM (the program)."""
import json
import os
import subprocess
import sys

from truths import memory_of, open_device, tensor, ttnn, view

import ttmem


def program(*words):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TT_ALLOC_TRACKING", "LD_"))} | {"LC_ALL": "C"}
    return subprocess.run([sys.argv[1], "why", str(os.getpid()), "--peak", *words], env=environment, capture_output=True, text=True, check=True).stdout


def without_times(answer):
    """Two readers measure the clock of a ledger each for itself."""
    if isinstance(answer, dict):
        return {name: without_times(value) for name, value in answer.items() if name not in ("time_ns", "allocated_at_ns")}
    return [without_times(each) for each in answer] if isinstance(answer, list) else answer


def refused(error, words, *arguments, **named):
    try:
        ttmem.why(*arguments, **named)
    except error as refusal:
        assert words in str(refusal), refusal
        return
    raise AssertionError(f"why took {arguments} {named}")


def main():
    refused(ttmem.NotTrackedError, "no picture of a peak", peak=True)
    device = open_device()
    refused(ttmem.NotTrackedError, "no picture of a peak of l1", peak=True, kind="l1")
    peaks = {}
    for kind in ("dram", "l1"):
        held = [tensor(device, 1024, memory_of(kind)) for _ in range(5)]
        peaks[kind] = view(device, kind)[0]
        assert ttmem.why(peak=True, kind=kind)["peak"] == {"bytes": peaks[kind], "shown_bytes": peaks[kind], "left_out_bytes": 0, "still_held": True}
        while held:
            ttnn.deallocate(held.pop())
    for kind in ("dram", "l1"):
        answer = ttmem.why(peak=True, kind=kind)
        assert answer["peak"] == {"bytes": peaks[kind], "shown_bytes": peaks[kind], "left_out_bytes": 0, "still_held": False}, answer
        assert answer["kind"] == kind and answer["pid"] == os.getpid() and sum(holder["bytes"] for holder in answer["holders"]) == peaks[kind]
        theirs = json.loads(program("--memory", kind, "--json"))
        assert theirs.pop("notices") == [] and without_times(answer) == without_times(theirs), (answer, theirs)
        assert ttmem.why_text(70, peak=True, kind=kind) == program("--memory", kind, "--width", "70")
    highest = without_times(ttmem.why(peak=True))
    assert highest["kind"] == "l1", "of a smaller memory it took more"
    assert highest == without_times({key: value for key, value in json.loads(program("--json")).items() if key != "notices"})
    assert ttmem.why()["peak"] is None, "the present is shown unless a peak is asked for"

    refused(ttmem.NotTrackedError, "no picture of a peak of l1_small", peak=True, kind="l1_small")
    refused(ValueError, "kind is 'dram'", peak=True, kind="l2")
    refused(ValueError, "kind is of a peak", kind="l1")
    refused(ValueError, "says by itself", "saved", peak=True)
    ttnn.close_device(device)
    assert ttmem.why(peak=True)["holders"] == highest["holders"], "of a device that is closed, too"
    print(json.dumps({"done": True}))


main()
