# SPDX-FileCopyrightText: © 2026 The ttmem authors
# SPDX-License-Identifier: Apache-2.0
"""Regions and peaks of asyncio's tasks, of blocks that overlap, and of a child that is forked in the middle of one."""
import asyncio
import json
import os
import threading

from truths import open_device, tensor, ttnn, view

import ttmem

kept = []


def keep():
    kept.append(tensor(device, 64))
    (name,) = [row["region"] for row in ttmem.memory_snapshot() if row["address"] == kept[-1].buffer_address() and row["kind"] == "dram"]
    return name


@ttmem.scope("inner")
async def inner(gate):
    assert keep() == "outer/inner"
    await gate.wait()
    assert keep() == "outer/inner"
    return 5


@ttmem.scope("outer")
async def outer(gate):
    assert keep() == "outer"
    found = await inner(gate)
    assert keep() == "outer"
    return found


@ttmem.scope("waits")
async def waits():
    try:
        await asyncio.sleep(1000)
    except asyncio.CancelledError:
        assert keep() == "waits"
        raise


@ttmem.scope("fails")
async def fails():
    await asyncio.sleep(0)
    raise KeyError("of the task")


@ttmem.peak()
async def measured(gate):
    await gate.wait()
    large = tensor(device, 1024)
    most = view(device)[0]
    del large
    return most


async def tasks():
    """Between the steps of tasks that have regions, this one has none."""
    gate = asyncio.Event()
    one, other, cancelled, most = [asyncio.ensure_future(each) for each in (outer(gate), outer(gate), waits(), measured(gate))]
    await asyncio.sleep(0)
    assert keep() is None
    gate.set()
    assert await asyncio.gather(one, other) == [5, 5]
    assert measured.peak.dram == await most
    cancelled.cancel()
    try:
        await cancelled
        raise AssertionError("it was cancelled")
    except asyncio.CancelledError:
        pass
    try:
        await fails()
        raise AssertionError("it fails")
    except KeyError:
        pass
    with ttmem.scope("around"):
        assert await outer_in_another()
    dropped = waits().__await__()
    dropped.send(None)
    dropped.close()
    assert keep() is None


@ttmem.scope("called")
async def outer_in_another():
    return keep() == "around/called"


def overlapping():
    """Blocks that end in another order than the reverse: what is open last names, and nothing stays behind."""
    first, second = ttmem.scope("first"), ttmem.scope("second")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert keep() == "first/second"
    second.__exit__(None, None, None)
    assert keep() is None
    with first, first:
        assert keep() == "first/first"
    thread = threading.Thread(target=first.__enter__)
    thread.start()
    thread.join()
    first.__exit__(None, None, None)  # of no effect here
    assert keep() is None


def forked():
    """A child goes on in the region that its parent's thread was in, with a ledger of its own and nothing of the parent's measurements."""
    with ttmem.scope("parent"), ttmem.peak() as most:
        before = most.dram
        child = os.fork()
        if child == 0:
            with ttmem.scope("child"):
                os._exit(0 if (ttmem.memory_allocated(), ttmem.memory_snapshot()) == (0, []) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert keep() == "parent" and most.dram > before
    assert keep() is None


device = open_device()
asyncio.run(tasks())
overlapping()
forked()
kept.clear()
ttnn.close_device(device)
print(json.dumps({"done": True}))
