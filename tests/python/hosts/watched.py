# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""ttmem.watch on real ttnn: thresholds of every form, what is short, what falls and rises again, headroom, and callbacks that fail."""
import contextlib
import io
import json
import sys
import threading

from truths import memory_of, open_device, tensor, ttnn, view

import ttmem

NEVER = 3600  # of the interval: looks happen only where the test asks


def watcher(alerts, **limits):
    return ttmem.watch(alerts.append, interval=NEVER, **limits)


def refused(error, **arguments):
    try:
        ttmem.watch(print, **arguments)
    except error:
        return
    raise AssertionError(f"watch took {arguments}")


def main():
    early = []
    before_device = watcher(early, dram="1 KiB")
    before_device.check()  # nothing is open: no alert, no error
    device = open_device()
    capacity = view(device)[1]
    assert early == []

    alerts = []
    with watcher(alerts, dram=3 * 1024 * 1024, l1="1 MiB") as watch:
        small = tensor(device, 256)
        watch.check()
        assert alerts == []
        large = tensor(device, 1024)
        held = view(device)[0] + 0
        large_too = tensor(device, 1024)
        held = view(device)[0]
        watch.check()
        watch.check()  # still above: said once
        assert [(alert.device, alert.kind, alert.bytes, alert.limit) for alert in alerts] == [(0, "dram", held, 3 * 1024 * 1024)], alerts
        assert "the limit is 3.0 MiB" in alerts[0].message and "GiB dram" in alerts[0].message or "dram" in alerts[0].message
        del large, large_too
        watch.check()  # the peak since the look before was above
        watch.check()  # and now it is not
        tensor(device, 2048)  # up and down between two looks
        watch.check()
        assert len(alerts) == 2 and alerts[1].bytes > alerts[0].bytes, alerts
        in_l1 = tensor(device, 1024, memory_of("l1"))
        watch.check()
        assert len(alerts) == 3 and alerts[2].kind == "l1" and alerts[2].bytes == view(device, "l1")[0]
        del in_l1
    before_device.check()
    assert len(early) == 1
    before_device.stop()
    before_device.stop()
    before_device.check()  # ended: nothing
    assert len(early) == 1

    part = []
    with watcher(part, dram=0.25):
        quarter = [tensor(device, 8192) for _ in range(capacity // 4 // (8192 * 8192 * 2) + 1)]
    assert [alert.kind for alert in part] == ["dram"] and part[0].limit == int(0.25 * capacity)  # the end of the block looks a last time
    del quarter

    # Headroom: circular buffers of a launch, with L1 buffers coming down to them.
    close = []
    with watcher(close, headroom="1 MiB") as watch:
        watch.check()
        ttnn.add(small, small)
        watch.check()
        roomy = len(close)
        filling = [tensor(device, 2048, memory_of("l1")) for _ in range(6)]
        ttnn.add(small, small)
        watch.check()
    assert len(close) == 1 and close[0].kind == "headroom" and close[0].bytes <= 1 << 20 and "circular buffers" in close[0].message, (close, roomy)
    del filling

    # The largest tensor so far: made and freed before the watcher or since, however long ago, it is asked for again, and ttnn agrees.
    most = view(device)
    tensor(device, 8192)
    largest = []
    lost = []
    with watcher(lost, largest_fits="dram") as watch:
        while not lost:
            largest.append(tensor(device, 8192))
            watch.check()
        watch.check()
        assert len(lost) == 1 and lost[0].condition == "largest_fits" and lost[0].kind == "dram" and "no longer fits" in lost[0].message, lost
        free = ttnn.get_memory_view(device, ttnn.BufferType.DRAM)
        assert lost[0].bytes == free.largest_contiguous_bytes_free_per_bank < lost[0].limit
        refused_at_once = False
        try:
            tensor(device, 8192)
        except RuntimeError as error:
            refused_at_once = f"each bank needs to store {lost[0].limit} B" in str(error)
        assert refused_at_once
        largest.pop()
        watch.check()  # it fits again
        largest.append(tensor(device, 8192))
        watch.check()
        assert len(lost) == 2
        del largest[:]
        tensor(device, 16384)  # a larger one, up and down between two looks
        for _ in range(5000):  # more than a ring of events holds
            tensor(device, 32)
        watch.check()
        largest = [tensor(device, 8192) for _ in range((most[1] - view(device)[0]) // (8192 * 8192 * 2) - 2)]
        watch.check()
        assert len(lost) == 3 and lost[2].limit >= 4 * lost[0].limit - 4096, lost
    del largest

    # Growth: five steps in a row, whatever comes and goes within each.
    grown, leaked = [], []
    growing = watcher(grown, growth=10**6)
    first = ttmem.step()  # what was before it is no whole step
    before_one = view(device)[0]
    leaked.append(tensor(device, 1024))
    each = view(device)[0] - before_one
    tensor(device, 2048)
    assert ttmem.step("second") == first + 1 and not grown
    for number in range(8):
        leaked.append(tensor(device, 1024))
        tensor(device, 2048)
        ttmem.step()
        growing.check()
        assert len(grown) == (number >= 5 - 1), (number, grown)
    assert grown[0].condition == "growth" and grown[0].limit == capacity and "grows by 2.0 MiB a step" in grown[0].message, grown
    left = int(grown[0].message.rpartition("full in ")[2].split()[0])
    assert left == (capacity - grown[0].bytes) // each
    ttmem.step()  # a step that held no more
    leaked += [tensor(device, 1024)]
    ttmem.step()
    assert len(grown) == 1
    growing.stop()
    few, many = [], []
    with watcher(few, growth=left // 2), watcher(many, growth=left):
        for _ in range(8):
            ttmem.step()
            leaked.append(tensor(device, 1024))
    assert few == [] and len(many) == 1, "it is full, but not that soon"
    leaked.append(tensor(device, 1024))
    ttmem.step()
    assert len(grown) == len(many) == 1, "they are stopped"
    del leaked

    # The thread looks by itself, and a callback that fails costs a message on stderr.
    came = threading.Event()

    def failing(alert):
        came.set()
        raise ValueError("of the callback")

    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), ttmem.watch(failing, dram=1, interval=0.01):
        assert came.wait(60)
    assert "the callback failed" in errors.getvalue() and "of the callback" in errors.getvalue()

    # A callback may stop its watcher.
    stopping = ttmem.watch(lambda alert: stopping.stop(), dram=1, interval=NEVER)
    stopping.check()

    # Two at once, and a peak block around them, do not take each other's figures.
    one, two = [], []
    with ttmem.peak() as most, watcher(one, dram="4 MiB") as first, watcher(two, dram="4 MiB") as second:
        tensor(device, 2048)
        first.check()
        second.check()
    assert len(one) == len(two) == 1 and one[0].bytes == two[0].bytes == most.dram

    refused(ValueError)
    refused(ValueError, dram=1.5)
    refused(ValueError, dram="many")
    refused(ValueError, dram="1 GiB", interval=0)
    refused(TypeError, dram=object())
    refused(ValueError, largest_fits="l2")
    refused(ValueError, growth=-1)
    refused(TypeError, growth="many")
    try:
        ttmem.watch(5, dram=1)
        raise AssertionError("5 was taken for a callback")
    except TypeError as error:
        assert "not 5" in str(error)
    print("still there at the end", ttmem.watch(print, dram=0.9), ttmem.peak().__enter__(), file=sys.stderr)  # says nothing of leaks
    del small
    ttnn.close_device(device)
    print(json.dumps({"done": True}))


main()
